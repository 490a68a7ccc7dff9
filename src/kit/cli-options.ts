/** The options every agent that is a command-line program takes. */
import type { AgentMode, AgentProvider } from '../core/agent.ts';
import type { ModelInfo } from '../core/agent-event.ts';
import { COMMAND_OPTIONS, commandOf, workDirOf } from './command-line.ts';
import { modeOption } from './modes.ts';
import type { OptionReader } from './option-reader.ts';

/** What every agent that is a command-line program can be told. */
export const PROGRAM_OPTIONS = [...COMMAND_OPTIONS, 'work_dir', 'env', 'mode', 'model'] as const;
/** The same for one whose turns are processes. */
export const CLI_OPTIONS = [...PROGRAM_OPTIONS, 'timeout_mins'] as const;

export interface ProgramOptions {
  /** Absolute. @default the base directory */
  readonly workDir: string;
  readonly command: string;
  /** In front of every other argument. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mode: string;
  readonly model: string | undefined;
}

export interface CliOptions extends ProgramOptions {
  /** A turn that takes longer is ended, in ms; from `timeout_mins`. @default no limit */
  readonly limitMs: number | undefined;
}

interface Defaults {
  readonly command: string;
  readonly mode: string;
  readonly modes: readonly AgentMode[];
}

/** `command` and `mode` of `defaults` count where the options have none. */
export function programOptions(
  options: OptionReader<(typeof PROGRAM_OPTIONS)[number]>,
  baseDir: string,
  defaults: Defaults,
): ProgramOptions {
  const program = commandOf(options);
  return {
    workDir: workDirOf(options, baseDir),
    command: program?.command ?? defaults.command,
    args: program?.args ?? options.texts('args') ?? [],
    env: options.table('env'),
    mode: modeOption(options, defaults.modes, defaults.mode),
    model: options.text('model'),
  };
}

/** As {@link programOptions}. */
export function cliOptions(
  options: OptionReader<(typeof CLI_OPTIONS)[number]>,
  baseDir: string,
  defaults: Defaults,
): CliOptions {
  const minutes = options.amount('timeout_mins') ?? 0;
  return {
    ...programOptions(options, baseDir, defaults),
    limitMs: minutes > 0 ? minutes * 60_000 : undefined,
  };
}

/** What `/model` offers: the provider's list, with its names. */
export function providerModels(provider: AgentProvider | undefined): readonly ModelInfo[] {
  return (provider?.models ?? []).map(({ model, alias }) =>
    alias === undefined ? { id: model } : { id: model, label: alias },
  );
}
