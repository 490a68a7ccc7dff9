/** A mark that opened something, and where it stands. */
interface Open {
  mark: string;
  at: number;
}

/**
 * Closes what is open at the end of one block of inline Markdown: code,
 * emphasis, strike-through, links. A mark with nothing behind it is dropped.
 */
export function danglingInline(block: string): string {
  const text = closeLink(block.replace(/(?<!\\)\\$/, ''));
  const { open, code } = scan(text);
  if (code !== undefined) {
    const empty = code.at + code.mark.length >= text.length;
    return empty ? danglingInline(text.slice(0, code.at)) : close(text, open) + code.mark;
  }
  const last = open.at(-1);
  if (last !== undefined && text.slice(last.at + last.mark.length).trim() === '') {
    return danglingInline(text.slice(0, last.at));
  }
  return close(text, open);
}

function close(text: string, open: readonly Open[]): string {
  if (open.length === 0) return text;
  // Closing marks must touch a word to count.
  const body = text.trimEnd();
  return (
    body +
    open
      .map(({ mark }) => mark)
      .reverse()
      .join('')
  );
}

/** Marks still open at the end; `code` when the end lies inside a code span. */
function scan(text: string): { open: Open[]; code?: Open } {
  const open: Open[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') {
      at++;
    } else if (char === '`') {
      const mark = runAt(text, at);
      const end = codeEnd(text, at + mark.length, mark.length);
      if (end < 0) return { open, code: { mark, at } };
      at = end - 1;
    } else if (char === '*' || char === '_' || char === '~') {
      const run = runAt(text, at);
      toggle(open, run, at, text);
      at += run.length - 1;
    }
  }
  return { open };
}

/** Opens or closes by a run of `*`, `_` or `~`, with the flanking rules in short. */
function toggle(open: Open[], run: string, at: number, text: string): void {
  const before = text.charAt(at - 1);
  const after = text.charAt(at + run.length);
  const canClose = before !== '' && !/\s/.test(before);
  const canOpen = after === '' ? at === 0 || /[\s\p{P}]/u.test(before) : !/\s/.test(after);
  const char = run.charAt(0);
  if (char === '_' && isWord(before) && isWord(after)) return;
  if (char === '~' && run.length !== 2) return;
  let rest = run.length;
  while (canClose && rest > 0) {
    const found = open.findLastIndex(({ mark }) => mark.charAt(0) === char && mark.length <= rest);
    if (found < 0) break;
    rest -= open[found]?.mark.length ?? rest;
    open.splice(found);
  }
  if (!canOpen || rest === 0 || rest > 3) return;
  if (rest === 3) open.push({ mark: char, at }, { mark: char.repeat(2), at: at + 1 });
  else open.push({ mark: char.repeat(rest), at: at + run.length - rest });
}

function isWord(char: string): boolean {
  return /[\p{L}\p{N}_]/u.test(char);
}

function runAt(text: string, at: number): string {
  const char = text.charAt(at);
  let end = at;
  while (text.charAt(end) === char) end++;
  return text.slice(at, end);
}

/** The position behind the run of exactly `length` backticks that closes a code span, or -1. */
function codeEnd(text: string, from: number, length: number): number {
  for (let at = text.indexOf('`', from); at >= 0; at = text.indexOf('`', at)) {
    const run = runAt(text, at);
    at += run.length;
    if (run.length === length) return at;
  }
  return -1;
}

/** A link cut off inside its address shows as its text, an image as its description. */
function closeLink(text: string): string {
  const match =
    /!?\[((?:[^[\]\\]|\\.)*)\]\((?:<[^<>\n]*|[^()\s<]*(?:\([^()\s]*(?:\)[^()\s]*)?)*(?:\s+["'(][^)]*)?)$/.exec(
      text,
    );
  if (match === null || insideCode(text, match.index)) return text;
  return text.slice(0, match.index) + (match[1] ?? '');
}

function insideCode(text: string, at: number): boolean {
  return scan(text.slice(0, at)).code !== undefined;
}
