import { ACP_OPTIONS } from '../../kit/acp/definition.ts';
import { type CliOptions, cliOptions } from '../../kit/cli-options.ts';
import { type OptionReader, type RawOptions, readAgentOptions } from '../../kit/option-reader.ts';
import { MODES } from './modes.ts';

export const OPTIONS = ['backend', 'agent', ...ACP_OPTIONS, 'timeout_mins'] as const;

/** Options of the `opencode` agent, read from `[projects.agent.options]`; the time limit holds with `run`. */
export interface OpenCodeOptions extends CliOptions {
  readonly backend: 'acp' | 'run';
  readonly effort: string | undefined;
  /** One of OpenCode's own agents, e.g. from `opencode agent create`. */
  readonly agent: string | undefined;
}

/** What does not depend on the backend. */
export function ownOptions(
  options: OptionReader<(typeof OPTIONS)[number]>,
  baseDir: string,
): OpenCodeOptions {
  return {
    ...cliOptions(options, baseDir, { command: 'opencode', mode: 'default', modes: MODES }),
    backend: options.choice('backend', ['acp', 'run']),
    effort: options.text('reasoning_effort') ?? options.text('effort'),
    agent: options.text('agent'),
  };
}

/** Parses the open options record; throws `OptionsError`. */
export function parseOptions(raw: RawOptions, baseDir: string): OpenCodeOptions {
  return readAgentOptions(OPTIONS, raw, (options) => ownOptions(options, baseDir));
}
