import type { Io } from './io.ts';
import { madeFor, madeHelp } from './made-help.ts';

/**
 * The answer to a command line that asks for the help of a command and for nothing else. Undefined when commander has
 * to lay it out: anything else is said too, or the terminal is not of the usual width.
 */
export function helpAtOnce(
  argv: readonly string[],
  io: Io,
  texts: Readonly<Record<string, string>> = madeHelp,
): string | undefined {
  const flag = argv.at(-1);
  if (flag !== '--help' && flag !== '-h') return undefined;
  const words = argv.slice(0, -1).join(' ');
  if (!Object.hasOwn(texts, words) || io.columns !== madeFor) return undefined;
  return texts[words];
}
