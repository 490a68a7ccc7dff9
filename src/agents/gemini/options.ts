import { type CliOptions, cliOptions } from '../../kit/cli-options.ts';
import { choiceOption } from '../../kit/command-line.ts';
import { MODES } from './modes.ts';

/** Options of the `gemini` agent, read from `[projects.agent.options]`; the time limit holds with stream-json. */
export interface GeminiOptions extends CliOptions {
  readonly backend: 'acp' | 'stream-json';
}

/** Parses the open options record; throws `options_invalid` naming the key. */
export function parseOptions(raw: Readonly<Record<string, unknown>>, baseDir: string): GeminiOptions {
  return {
    ...cliOptions(raw, baseDir, { command: 'gemini', mode: 'default', modes: MODES }),
    backend: choiceOption(raw, 'backend', ['acp', 'stream-json']),
  };
}
