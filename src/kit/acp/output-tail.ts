/** The last bytes of an output, as text that begins with a whole character. Memory is bounded by twice the limit. */
export class OutputTail {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #dropped = false;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > 2 * this.#limit) this.#trim();
  }

  /** Something in front is missing. */
  get truncated(): boolean {
    return this.#dropped || this.#bytes > this.#limit;
  }

  toString(): string {
    this.#trim();
    const [all = Buffer.alloc(0)] = this.#chunks;
    return all.subarray(this.#dropped ? wholeCharacter(all) : 0).toString('utf8');
  }

  #trim(): void {
    const all = Buffer.concat(this.#chunks);
    const kept = all.length > this.#limit ? Buffer.from(all.subarray(all.length - this.#limit)) : all;
    this.#dropped ||= kept.length < all.length;
    this.#chunks = [kept];
    this.#bytes = kept.length;
  }
}

/** Index of the first byte that is no continuation of a UTF-8 character. */
function wholeCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at++;
  return at;
}
