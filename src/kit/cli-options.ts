import type { AgentMode, AgentProvider } from '../core/agent.ts';
import type { ModelInfo } from '../core/agent-event.ts';
import { commandOf, envOption, invalid, stringOption, workDirOf } from './command-line.ts';
import { modeOption } from './modes.ts';

/** The options every agent that is a command-line program takes. */
export interface CliOptions {
  /** Absolute. @default the base directory */
  readonly workDir: string;
  readonly command: string;
  /** In front of every other argument. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mode: string;
  readonly model: string | undefined;
  /** A turn that takes longer is ended, in ms; from `timeout_mins`. @default no limit */
  readonly limitMs: number | undefined;
}

/** Parses them; `command` and `mode` are the defaults. Throws `options_invalid` naming the key. */
export function cliOptions(
  raw: Readonly<Record<string, unknown>>,
  baseDir: string,
  defaults: { readonly command: string; readonly mode: string; readonly modes: readonly AgentMode[] },
): CliOptions {
  const program = commandOf(raw);
  const minutes = amountOption(raw, 'timeout_mins') ?? 0;
  return {
    workDir: workDirOf(raw, baseDir),
    command: program?.command ?? defaults.command,
    args: program?.args ?? [],
    env: envOption(raw, 'env'),
    mode: modeOption(raw, defaults.modes, defaults.mode),
    model: stringOption(raw, 'model') || undefined,
    limitMs: minutes > 0 ? minutes * 60_000 : undefined,
  };
}

/** A number of 0 or more. */
export function amountOption(raw: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = typeof raw[key] === 'bigint' ? Number(raw[key]) : raw[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw invalid(key, 'must be a number of 0 or more');
  return value;
}

/** What `/model` offers: the provider's list, with its names. */
export function providerModels(provider: AgentProvider | undefined): readonly ModelInfo[] {
  return (provider?.models ?? []).map(({ model, alias }) =>
    alias === undefined ? { id: model } : { id: model, label: alias },
  );
}
