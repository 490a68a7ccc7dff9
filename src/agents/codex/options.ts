import { PROGRAM_OPTIONS, programOptions } from '../../kit/cli-options.ts';
import { type OptionReader, type RawOptions, readAgentOptions } from '../../kit/option-reader.ts';
import { MODES } from './modes.ts';

export const OPTIONS = [
  ...PROGRAM_OPTIONS,
  'backend',
  'app_server_url',
  'reasoning_effort',
  'effort',
  'model_provider',
  'codex_home',
] as const;

/** Options of the `codex` agent, read from `[projects.agent.options]`. */
export interface CodexOptions {
  /** Absolute. @default the base directory */
  readonly workDir: string;
  readonly backend: 'app_server' | 'exec';
  /** WebSocket of an app-server that somebody else runs; none is started then. */
  readonly appServerUrl: string | undefined;
  /** @default "codex" */
  readonly command: string;
  /** Arguments in front of the subcommand. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** @default "suggest" */
  readonly mode: string;
  readonly model: string | undefined;
  readonly effort: string | undefined;
  /** Name of a provider in the person's own config.toml. */
  readonly modelProvider: string | undefined;
  /** Folder of config, login and sessions, instead of `~/.codex`. */
  readonly codexHome: string | undefined;
}

/** Parses the open options record; throws `OptionsError`. */
export function parseOptions(raw: RawOptions, baseDir: string): CodexOptions {
  return readAgentOptions(OPTIONS, raw, (options) => {
    const program = programOptions(options, baseDir, { command: 'codex', mode: 'suggest', modes: MODES });
    return {
      ...program,
      backend: options.choice('backend', ['app_server', 'exec']),
      appServerUrl: urlOf(options),
      effort: effortNamed(options.text('reasoning_effort') ?? options.text('effort')),
      modelProvider: options.text('model_provider'),
      codexHome: options.text('codex_home') ?? program.env.CODEX_HOME,
    };
  });
}

/** The CLI's name for an effort; what is no known alias is passed on, since models differ in what they offer. */
export function effortNamed(name: string | undefined): string | undefined {
  const effort = name?.trim().toLowerCase();
  return effort === 'med' ? 'medium' : effort === 'max' ? 'xhigh' : effort || undefined;
}

function urlOf(options: OptionReader<'app_server_url'>): string | undefined {
  const url = options.text('app_server_url');
  // The older way to say that a process of our own is wanted.
  if (url === undefined || url.startsWith('stdio')) return undefined;
  if (/^wss?:\/\//.test(url)) return url;
  return options.wrong('app_server_url', 'must begin with ws:// or wss://');
}
