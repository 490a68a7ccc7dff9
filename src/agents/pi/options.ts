import {
  booleanOption,
  commandOf,
  envOption,
  invalid,
  stringOption,
  workDirOf,
} from '../../kit/command-line.ts';
import { modeOption } from '../../kit/modes.ts';
import { MODES } from './modes.ts';

/** Options of the `pi` agent, read from `[projects.agent.options]`. */
export interface PiOptions {
  /** Absolute. @default the base directory */
  readonly workDir: string;
  /** One process per conversation, or one per turn. @default "rpc" */
  readonly backend: 'rpc' | 'json';
  /** @default "pi" */
  readonly command: string;
  /** Arguments in front of all others. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** @default "default" */
  readonly mode: string;
  /** `provider/model`, or a pattern that the CLI resolves. */
  readonly model: string | undefined;
  readonly effort: string | undefined;
  /** Tools that are not asked about. */
  readonly allowedTools: readonly string[];
}

type Raw = Readonly<Record<string, unknown>>;

/** pi's thinking levels. */
export const EFFORTS: readonly string[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh'];

const EFFORT_ALIASES: Readonly<Record<string, string>> = {
  none: 'off',
  min: 'minimal',
  med: 'medium',
  max: 'xhigh',
};

/** Parses the open options record; throws `options_invalid` naming the key. */
export function parseOptions(raw: Raw, baseDir: string): PiOptions {
  const program = commandOf(raw.cli_path === undefined ? raw : { command: raw.cli_path, ...raw });
  return {
    workDir: workDirOf(raw, baseDir),
    backend: backendOf(raw),
    command: program?.command ?? 'pi',
    args: program?.args ?? [],
    env: envOption(raw, 'env'),
    mode: modeOption(raw, MODES, 'default'),
    model: stringOption(raw, 'model') || undefined,
    effort: effortOf(raw),
    allowedTools: toolsOf(raw),
  };
}

/** The thinking level of this name; undefined when there is none. */
export function effortNamed(name: string | undefined): string | undefined {
  const wanted = name?.trim().toLowerCase() ?? '';
  const effort = Object.hasOwn(EFFORT_ALIASES, wanted) ? EFFORT_ALIASES[wanted] : wanted;
  return EFFORTS.find((known) => known === effort);
}

/** `rpc = false` is the older way to ask for one process per turn. */
function backendOf(raw: Raw): PiOptions['backend'] {
  const name = stringOption(raw, 'backend')?.toLowerCase();
  if (name === undefined || name === '') return booleanOption(raw, 'rpc') === false ? 'json' : 'rpc';
  if (name !== 'rpc' && name !== 'json') throw invalid('backend', 'must be "rpc" or "json"');
  return name;
}

function effortOf(raw: Raw): string | undefined {
  const key = ['thinking', 'reasoning_effort', 'effort'].find((name) => raw[name] !== undefined);
  const given = key === undefined ? undefined : stringOption(raw, key);
  if (key === undefined || !given) return undefined;
  const effort = effortNamed(given);
  if (effort === undefined) throw invalid(key, `must be one of ${EFFORTS.join(', ')}`);
  return effort;
}

function toolsOf(raw: Raw): readonly string[] {
  const given = raw.allowed_tools;
  if (given === undefined) return [];
  const list = typeof given === 'string' ? given.split(',').map((name) => name.trim()) : given;
  if (!Array.isArray(list) || !list.every((name) => typeof name === 'string'))
    throw invalid('allowed_tools', 'must be a list of strings');
  return list.filter((name) => name !== '');
}
