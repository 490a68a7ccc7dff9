import type { NativeId } from '../../core/ids.ts';
import type { Flags } from '../../kit/cli-flags.ts';
import type { TurnCommand, TurnSettings } from '../../kit/turn-process/spec.ts';
import type { AntigravityMode } from './modes.ts';

export interface TurnPlace {
  readonly workDir: string;
  /** Folder to use instead of `~/.gemini`. */
  readonly geminiDir: string | undefined;
  /** The flags of this very program; undefined: nothing is known. */
  readonly known: Flags | undefined;
}

/** Whether it prints events; versions before 1.1.8 print the answer as text. */
export function speaksEvents(known: Flags | undefined): boolean {
  return known?.has('--output-format') ?? false;
}

/**
 * One turn. Versions that print events read the prompt from stdin, the older ones take it as the argument of `-p`,
 * which must come last.
 */
export function turnCommand(
  prompt: string,
  { mode, model }: TurnSettings<AntigravityMode>,
  conversation: NativeId | undefined,
  { workDir, geminiDir, known }: TurnPlace,
): TurnCommand {
  const has = (flag: string) => known?.has(flag) ?? false;
  const events = speaksEvents(known);
  const args = [
    ...(geminiDir === undefined ? [] : [`--gemini_dir=${geminiDir}`]),
    // It would end a turn after some minutes, also one that waits for a person.
    ...(known === undefined || has('--print-timeout') ? ['--print-timeout=24h'] : []),
    ...(has('--add-dir') ? ['--add-dir', workDir] : []),
    ...(model !== undefined && has('--model') ? ['--model', model] : []),
    ...mode.flags,
    ...(conversation === undefined ? [] : ['--conversation', conversation]),
  ];
  if (events) return { args: [...args, '--output-format', 'stream-json'], input: prompt };
  return { args: [...args, '-p', prompt], input: '' };
}
