import type { RootContent } from 'mdast';

/** A beginning of a growing text, with the blocks it consists of. */
export interface Beginning {
  /** Ends at a line's end, behind the last of the blocks. */
  readonly text: string;
  readonly blocks: readonly RootContent[];
  /** Where in the text each of the blocks begins. */
  readonly starts: readonly number[];
}

/** More texts than this do not grow at once. */
const kept = 256;

/**
 * By first line. What was parsed while a text grew need not be parsed again when it is whole: at that moment many
 * others want an answer too, and parsing is the longest thing that the daemon does in one go.
 */
const beginnings = new Map<string, Beginning>();

/** Remembers the beginning of a text that grows on. */
export function rememberBeginning(beginning: Beginning): void {
  const key = firstLine(beginning.text);
  beginnings.delete(key);
  beginnings.set(key, beginning);
  if (beginnings.size <= kept) return;
  for (const oldest of beginnings.keys()) {
    beginnings.delete(oldest);
    return;
  }
}

/** The beginning of this text if it is known; it is forgotten then, as a text is completed once. */
export function takeBeginning(text: string): Beginning | undefined {
  if (beginnings.size === 0) return undefined;
  const key = firstLine(text);
  const found = beginnings.get(key);
  if (found === undefined || !text.startsWith(found.text)) return undefined;
  beginnings.delete(key);
  return found;
}

/** The beginning of this text if it is known; it stays so. */
export function knownBeginning(text: string): Beginning | undefined {
  if (beginnings.size === 0) return undefined;
  const found = beginnings.get(firstLine(text));
  return found !== undefined && text.startsWith(found.text) ? found : undefined;
}

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}
