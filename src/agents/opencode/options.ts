import { type CliOptions, cliOptions } from '../../kit/cli-options.ts';
import { choiceOption, stringOption } from '../../kit/command-line.ts';
import { MODES } from './modes.ts';

/** Options of the `opencode` agent, read from `[projects.agent.options]`; the time limit holds with `run`. */
export interface OpenCodeOptions extends CliOptions {
  readonly backend: 'acp' | 'run';
  readonly effort: string | undefined;
  /** One of OpenCode's own agents, e.g. from `opencode agent create`. */
  readonly agent: string | undefined;
}

/** Parses the open options record; throws `options_invalid` naming the key. */
export function parseOptions(raw: Readonly<Record<string, unknown>>, baseDir: string): OpenCodeOptions {
  return {
    ...cliOptions(raw, baseDir, { command: 'opencode', mode: 'default', modes: MODES }),
    backend: choiceOption(raw, 'backend', ['acp', 'run']),
    effort: stringOption(raw, 'reasoning_effort') || stringOption(raw, 'effort') || undefined,
    agent: stringOption(raw, 'agent') || undefined,
  };
}
