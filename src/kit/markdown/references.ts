/** Definitions and footnotes tie blocks together, so such a text is not taken apart. */
export function hasReferences(text: string): boolean {
  return /^[ \t>]*\[[^\]\n]+\]:/m.test(text);
}
