import { commandOf, envOption, invalid, stringOption, workDirOf } from '../../kit/command-line.ts';
import { modeOption } from '../../kit/modes.ts';
import { MODES } from './modes.ts';

/** Options of the `gemini` agent, read from `[projects.agent.options]`. */
export interface GeminiOptions {
  /** Absolute. @default the base directory */
  readonly workDir: string;
  readonly backend: 'acp' | 'stream-json';
  /** @default "gemini" */
  readonly command: string;
  /** Arguments in front of all others. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** @default "default" */
  readonly mode: string;
  readonly model: string | undefined;
  /** A turn that takes longer is stopped, in ms; only with stream-json. @default no limit */
  readonly limitMs: number | undefined;
}

type Raw = Readonly<Record<string, unknown>>;

/** Parses the open options record; throws `options_invalid` naming the key. */
export function parseOptions(raw: Raw, baseDir: string): GeminiOptions {
  const program = commandOf(raw.cli_path === undefined ? raw : { command: raw.cli_path, ...raw });
  return {
    workDir: workDirOf(raw, baseDir),
    backend: backendOf(raw),
    command: program?.command ?? 'gemini',
    args: program?.args ?? [],
    env: envOption(raw, 'env'),
    mode: modeOption(raw, MODES, 'default'),
    model: stringOption(raw, 'model') || undefined,
    limitMs: limitOf(raw),
  };
}

function backendOf(raw: Raw): GeminiOptions['backend'] {
  const name = stringOption(raw, 'backend')?.toLowerCase().replace('_', '-');
  if (!name || name === 'acp') return 'acp';
  if (name === 'stream-json') return 'stream-json';
  throw invalid('backend', 'must be "acp" or "stream-json"');
}

function limitOf(raw: Raw): number | undefined {
  const minutes = raw.timeout_mins;
  if (minutes === undefined || minutes === 0) return undefined;
  if (typeof minutes !== 'number' || !(minutes > 0))
    throw invalid('timeout_mins', 'must be a number of minutes');
  return minutes * 60_000;
}
