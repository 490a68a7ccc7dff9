const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** How far around a position whole graphemes are looked for, in UTF-16 units. */
const WINDOW = 400;

/**
 * A good place to cut `text` at or before `max` (1 ≤ max ≤ length): after a
 * line or sentence in its later half, else after a space, else between
 * graphemes, and never inside a surrogate pair. Returns a position in
 * 1…max; only a pair that alone exceeds `max` gives 0.
 */
export function boundaryBefore(text: string, max: number): number {
  if (max >= text.length) return text.length;
  const half = Math.floor(max / 2);
  for (let at = max; at > half; at--) {
    if (isSentenceEnd(text, at)) return at;
  }
  const quarter = Math.floor(max / 4);
  for (let at = max; at > quarter; at--) {
    if (isSpace(text[at - 1]) || isSpace(text[at])) return at;
  }
  return graphemeBefore(text, max);
}

/** The last grapheme border at or before `max`; within a grapheme of endless length a code point border. */
export function graphemeBefore(text: string, max: number): number {
  if (max >= text.length) return text.length;
  const start = codePointBefore(text, Math.max(0, max - WINDOW));
  const window = text.slice(start, max + WINDOW);
  const at = start + (graphemes.segment(window).containing(max - start)?.index ?? 0);
  return at > start ? at : codePointBefore(text, max);
}

/** White space and characters without a shape of their own; services take a message of these for an empty one. */
const SHAPELESS = /^[\s\u2800\p{Default_Ignorable_Code_Point}]*$/u;

/** Whether there is nothing to be seen in a text. */
export function isBlank(text: string): boolean {
  return SHAPELESS.test(text);
}

function codePointBefore(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  const inside = unit >= 0xdc00 && unit <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
  return inside ? at - 1 : at;
}

function isSentenceEnd(text: string, at: number): boolean {
  const last = text[at - 1];
  if (last === '\n') return true;
  if (last === undefined) return false;
  if ('。！？'.includes(last)) return !'」』）”’。！？'.includes(text[at] ?? ' ');
  return isSpace(last) && '.!?…'.includes(text[at - 2] ?? ' ');
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\n' || char === '\t' || char === '\u3000';
}
