import {
  choiceOption,
  commandOf,
  envOption,
  invalid,
  stringOption,
  workDirOf,
} from '../../kit/command-line.ts';
import { modeOption } from '../../kit/modes.ts';
import { MODES } from './modes.ts';

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

type Raw = Readonly<Record<string, unknown>>;

/** Parses the open options record; throws `options_invalid` naming the key. */
export function parseOptions(raw: Raw, baseDir: string): CodexOptions {
  const program = commandOf(raw);
  const env = envOption(raw, 'env');
  return {
    workDir: workDirOf(raw, baseDir),
    backend: choiceOption(raw, 'backend', ['app_server', 'exec']),
    appServerUrl: urlOf(raw),
    command: program?.command ?? 'codex',
    args: program?.args ?? [],
    env,
    mode: modeOption(raw, MODES, 'suggest'),
    model: filled(raw, 'model'),
    effort: effortNamed(filled(raw, 'reasoning_effort') ?? filled(raw, 'effort')),
    modelProvider: filled(raw, 'model_provider'),
    codexHome: filled(raw, 'codex_home') ?? env.CODEX_HOME,
  };
}

/** The CLI's name for an effort; what is no known alias is passed on, since models differ in what they offer. */
export function effortNamed(name: string | undefined): string | undefined {
  const effort = name?.trim().toLowerCase();
  return effort === 'med' ? 'medium' : effort === 'max' ? 'xhigh' : effort || undefined;
}

function urlOf(raw: Raw): string | undefined {
  const url = filled(raw, 'app_server_url');
  // The older way to say that a process of our own is wanted.
  if (url === undefined || url.startsWith('stdio')) return undefined;
  if (!/^wss?:\/\//.test(url)) throw invalid('app_server_url', 'must begin with ws:// or wss://');
  return url;
}

function filled(raw: Raw, key: string): string | undefined {
  return stringOption(raw, key) || undefined;
}
