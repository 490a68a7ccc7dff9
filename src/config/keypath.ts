/** Key paths: the dotted form people read (`projects[0].agent.type`) and the list form code walks. */

export type KeyPath = readonly (string | number)[];

const BARE = /^[A-Za-z0-9_-]+$/;

/** `['projects', 0, 'agent', 'my key']` → `projects[0].agent."my key"`. */
export function formatKey(path: KeyPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += (text === '' ? '' : '.') + (BARE.test(part) ? part : JSON.stringify(part));
  }
  return text;
}

/** The inverse of `formatKey`. Throws `SyntaxError` on text that is not a key path. */
export function parseKey(text: string): (string | number)[] {
  const parts: (string | number)[] = [];
  const token = /\.?(?:([A-Za-z0-9_-]+)|("(?:[^"\\]|\\.)*"))|\[(\d+)\]/y;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (!match) throw new SyntaxError(`not a key path: ${text} (at character ${at + 1})`);
    if (match[3] !== undefined) parts.push(Number(match[3]));
    else if (match[2] !== undefined) parts.push(String(JSON.parse(match[2])));
    else parts.push(match[1] ?? '');
  }
  return parts;
}

/** Whether `path` starts with `prefix` (or equals it). */
export function startsWith(path: KeyPath, prefix: KeyPath): boolean {
  return prefix.length <= path.length && prefix.every((part, index) => path[index] === part);
}
