import { commandOf, envOption, invalid, stringOption, workDirOf } from '../../kit/command-line.ts';
import { modeOption } from '../../kit/modes.ts';
import { MODES } from './modes.ts';

/** Options of the `opencode` agent, read from `[projects.agent.options]`. */
export interface OpenCodeOptions {
  /** Absolute. @default the base directory */
  readonly workDir: string;
  readonly backend: 'acp' | 'run';
  /** @default "opencode" */
  readonly command: string;
  /** Arguments in front of the subcommand. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** @default "default" */
  readonly mode: string;
  /** `provider/model` */
  readonly model: string | undefined;
  readonly effort: string | undefined;
  /** One of OpenCode's own agents, e.g. from `opencode agent create`. */
  readonly agent: string | undefined;
}

type Raw = Readonly<Record<string, unknown>>;

/** Parses the open options record; throws `options_invalid` naming the key. */
export function parseOptions(raw: Raw, baseDir: string): OpenCodeOptions {
  const program = commandOf(raw.cli_path === undefined ? raw : { command: raw.cli_path, ...raw });
  return {
    workDir: workDirOf(raw, baseDir),
    backend: backendOf(raw),
    command: program?.command ?? 'opencode',
    args: program?.args ?? [],
    env: envOption(raw, 'env'),
    mode: modeOption(raw, MODES, 'default'),
    model: stringOption(raw, 'model') || undefined,
    effort: stringOption(raw, 'reasoning_effort') || stringOption(raw, 'effort') || undefined,
    agent: stringOption(raw, 'agent') || undefined,
  };
}

function backendOf(raw: Raw): OpenCodeOptions['backend'] {
  const name = stringOption(raw, 'backend')?.toLowerCase();
  if (!name || name === 'acp') return 'acp';
  if (name === 'run') return 'run';
  throw invalid('backend', 'must be "acp" or "run"');
}
