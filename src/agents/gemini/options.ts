import { ACP_OPTIONS } from '../../kit/acp/definition.ts';
import { type CliOptions, cliOptions } from '../../kit/cli-options.ts';
import { type OptionReader, type RawOptions, readAgentOptions } from '../../kit/option-reader.ts';
import { MODES } from './modes.ts';

export const OPTIONS = ['backend', ...ACP_OPTIONS, 'timeout_mins'] as const;

/** Options of the `gemini` agent, read from `[projects.agent.options]`; the time limit holds with stream-json. */
export interface GeminiOptions extends CliOptions {
  readonly backend: 'acp' | 'stream-json';
}

/** What does not depend on the backend. */
export function ownOptions(options: OptionReader<(typeof OPTIONS)[number]>, baseDir: string): GeminiOptions {
  return {
    ...cliOptions(options, baseDir, { command: 'gemini', mode: 'default', modes: MODES }),
    backend: options.choice('backend', ['acp', 'stream-json']),
  };
}

/** Parses the open options record; throws `OptionsError`. */
export function parseOptions(raw: RawOptions, baseDir: string): GeminiOptions {
  return readAgentOptions(OPTIONS, raw, (options) => ownOptions(options, baseDir));
}
