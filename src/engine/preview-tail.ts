/** What a platform's preview holds. */
export interface PreviewRoom {
  readonly maxChars: number;
  /** Of the text in UTF-8; counts where messages are measured in bytes. */
  readonly maxBytes?: number | undefined;
}

/** What is left when the beginning of a tail moves on: everything between two such moves only grows at its end. */
const KEPT = 2 / 3;

/**
 * The end of a growing text, as much as a preview shows. Its beginning stays where it is until the text has outgrown
 * the room; then it gives up a third at once. A beginning that moved with every line would have the whole preview
 * parsed and drawn anew for each update.
 */
export class PreviewTail {
  #from = 0;
  /** The line that opened the fence the tail begins in. */
  #fence = '';

  of(text: string, room: PreviewRoom): string {
    if (text.length < this.#from) {
      this.#from = 0;
      this.#fence = '';
    }
    const most = charsFor(text, this.#from, room);
    if (text.length - this.#from > most) this.#move(text, text.length - Math.floor(most * KEPT));
    if (this.#from === 0) return text;
    return `…\n\n${this.#fence === '' ? '' : `${this.#fence}\n`}${text.slice(this.#from)}`;
  }

  /** Begins at the next paragraph, else at the next line if that is near, and learns whether that is in a fence. */
  #move(text: string, least: number): void {
    const gap = text.indexOf('\n\n', least);
    const lineEnd = text.indexOf('\n', least);
    const near = (at: number) => at !== -1 && at - least < (text.length - least) / 2;
    const to = near(gap) ? gap + 2 : near(lineEnd) ? lineEnd + 1 : afterPair(text, least);
    for (const line of text.slice(this.#from, to).split('\n')) {
      const mark = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/.exec(line)?.[1];
      if (mark === undefined) continue;
      if (this.#fence === '') this.#fence = line.trimStart().slice(0, 80);
      else if (mark.startsWith(/^(.)\1*/.exec(this.#fence)?.[0] ?? mark) && line.trim() === mark)
        this.#fence = '';
    }
    this.#from = to;
  }
}

/** The characters that fit, going by how many bytes those of this text have. */
function charsFor(text: string, from: number, { maxChars, maxBytes }: PreviewRoom): number {
  const chars = text.length - from;
  if (maxBytes === undefined || chars * 3 <= maxBytes) return maxChars;
  // No more of it than could matter: at least a byte each.
  const bytes = Buffer.byteLength(text.slice(Math.max(from, text.length - maxBytes - 1)));
  const counted = Math.min(chars, maxBytes + 1);
  return Math.min(maxChars, Math.floor((maxBytes * counted) / bytes));
}

/** Not between the halves of a character. */
function afterPair(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at + 1 : at;
}
