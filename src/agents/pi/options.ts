import { type CliOptions, cliOptions } from '../../kit/cli-options.ts';
import { booleanOption, choiceOption, invalid, stringOption } from '../../kit/command-line.ts';
import { MODES } from './modes.ts';

/** Options of the `pi` agent, read from `[projects.agent.options]`. Its model may be a pattern that the CLI resolves. */
export interface PiOptions extends Omit<CliOptions, 'limitMs'> {
  /** One process per conversation, or one per turn. @default "rpc" */
  readonly backend: 'rpc' | 'json';
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
  const { limitMs: _, ...options } = cliOptions(raw, baseDir, {
    command: 'pi',
    mode: 'default',
    modes: MODES,
  });
  return {
    ...options,
    backend: backendOf(raw),
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
  if (!raw.backend && booleanOption(raw, 'rpc') === false) return 'json';
  return choiceOption(raw, 'backend', ['rpc', 'json']);
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
