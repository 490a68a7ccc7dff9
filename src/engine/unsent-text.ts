/** Words without layout: splitting and rendering change the white space between them. */
const bare = (text: string): string => text.replace(/\s+/g, '');

/**
 * What of a text is not in the chat yet. Parts frozen during a turn keep their words as they were rendered, so the
 * beginning of the text that renders to the same words is the delivered one. The text may begin with any of them: an
 * agent's transcript often states only what was said last.
 */
export function unsentText(
  said: string,
  delivered: readonly string[],
  plainOf: (markdown: string) => string,
): string {
  const text = said.trim();
  const ends = [...text.matchAll(/\n{2,}/g)].map(({ index }) => index);
  const beginnings = [...ends, text.length].map((end) => ({ end, words: bare(plainOf(text.slice(0, end))) }));
  for (let first = 0; first < delivered.length; first += 1) {
    const words = bare(delivered.slice(first).join(''));
    const found = words && beginnings.find((one) => one.words === words);
    if (found) return text.slice(found.end).trimStart();
  }
  return text;
}
