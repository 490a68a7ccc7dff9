/** Longest name in bytes: below the 255 of common file systems, with room for a number. */
const MAX_BYTES = 200;

const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/i;

/**
 * A file name that is safe on every system, from whatever a chat sent: its
 * last path part (both slash kinds), without control, bidirectional and
 * reserved characters, never hidden, never empty, at most 200 bytes with its
 * extension kept.
 */
export function safeName(name: string, fallback = 'file'): string {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  const clean = base
    .normalize('NFC')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  const { stem, extension } = parts(clean === '' ? fallback : clean);
  const ruled = RESERVED.test(stem.split('.')[0]?.trim() ?? '') ? `_${stem}` : stem;
  return cutBytes(ruled, MAX_BYTES - Buffer.byteLength(extension)) + extension;
}

/**
 * `name`, or `name_1.ext`, `name_2.ext` …: the first that is not in `taken`,
 * to which it is added in lower case (some file systems ignore case).
 */
export function uniqueName(name: string, taken: Set<string>): string {
  const { stem, extension } = parts(name);
  let candidate = name;
  for (let number = 1; taken.has(candidate.toLowerCase()); number++)
    candidate = `${stem}_${number}${extension}`;
  taken.add(candidate.toLowerCase());
  return candidate;
}

function parts(name: string): { stem: string; extension: string } {
  const match = /^(.+?)((?:\.tar)?\.[\p{L}\p{N}_-]{1,16})$/u.exec(name);
  return match === null
    ? { stem: name, extension: '' }
    : { stem: match[1] ?? name, extension: match[2] ?? '' };
}

function cutBytes(text: string, max: number): string {
  let kept = '';
  let bytes = 0;
  for (const char of text) {
    bytes += Buffer.byteLength(char);
    if (bytes > max) return kept.trimEnd();
    kept += char;
  }
  return kept;
}
