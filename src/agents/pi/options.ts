import { PROGRAM_OPTIONS, type ProgramOptions, programOptions } from '../../kit/cli-options.ts';
import { type OptionReader, type RawOptions, readAgentOptions } from '../../kit/option-reader.ts';
import { MODES } from './modes.ts';

export const OPTIONS = [
  ...PROGRAM_OPTIONS,
  'backend',
  'rpc',
  'thinking',
  'reasoning_effort',
  'effort',
  'allowed_tools',
] as const;

type Options = OptionReader<(typeof OPTIONS)[number]>;

/** Options of the `pi` agent, read from `[projects.agent.options]`. Its model may be a pattern that the CLI resolves. */
export interface PiOptions extends ProgramOptions {
  /** One process per conversation, or one per turn. @default "rpc" */
  readonly backend: 'rpc' | 'json';
  readonly effort: string | undefined;
  /** Tools that are not asked about. */
  readonly allowedTools: readonly string[];
}

/** pi's thinking levels. */
export const EFFORTS: readonly string[] = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh'];

const EFFORT_ALIASES: Readonly<Record<string, string>> = {
  none: 'off',
  min: 'minimal',
  med: 'medium',
  max: 'xhigh',
};

/** Parses the open options record; throws `OptionsError`. */
export function parseOptions(raw: RawOptions, baseDir: string): PiOptions {
  return readAgentOptions(OPTIONS, raw, (options) => ({
    ...programOptions(options, baseDir, { command: 'pi', mode: 'default', modes: MODES }),
    backend: backendOf(options),
    effort: effortOf(options),
    allowedTools: (options.texts('allowed_tools', ',') ?? []).filter((name) => name !== ''),
  }));
}

/** The thinking level of this name; undefined when there is none. */
export function effortNamed(name: string | undefined): string | undefined {
  const wanted = name?.trim().toLowerCase() ?? '';
  const effort = Object.hasOwn(EFFORT_ALIASES, wanted) ? EFFORT_ALIASES[wanted] : wanted;
  return EFFORTS.find((known) => known === effort);
}

/** `rpc = false` is the older way to ask for one process per turn. */
function backendOf(options: Options): PiOptions['backend'] {
  const rpc = options.flag('rpc');
  if (options.word('backend') === undefined && rpc === false) return 'json';
  return options.choice('backend', ['rpc', 'json']);
}

function effortOf(options: Options): string | undefined {
  const keys = ['thinking', 'reasoning_effort', 'effort'] as const;
  const key = keys.find((name) => options.text(name) !== undefined);
  if (key === undefined) return undefined;
  const effort = effortNamed(options.text(key));
  return effort ?? options.wrong(key, `must be one of ${EFFORTS.join(', ')}`);
}
