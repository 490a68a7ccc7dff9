import { setImmediate as laterThisTurn } from 'node:timers/promises';
import { Turnstile } from '../turnstile.ts';
import { MarkdownStream } from './stream.ts';

/** Fewer new characters than this are not worth a look if there is no blank line in them. */
const LEAST = 120;

/** All texts of this process share the event loop. */
const turnstile = new Turnstile();

/**
 * Parses a growing text block by block while it comes in, each time in a turn of the event loop of its own. When it is
 * shown, or whole, only its last block is left to parse: one long piece of work less for everybody who waits then.
 */
export class Ripening {
  readonly #stream = new MarkdownStream();
  #text = '';
  #settled = 0;
  /** Length of the text at the last look. */
  #looked = 0;
  #waiting = false;

  /** The text so far; one that does not go on from the last one begins anew. */
  grow(text: string): void {
    if (text.length < this.#text.length) this.drop();
    this.#text = text;
    if (this.#waiting || !this.#worthIt(text)) return;
    this.#waiting = true;
    // The words may be the last ones: then what follows at once has to parse the rest anyway.
    void laterThisTurn()
      .then(() => turnstile.pass())
      .then(() => this.#look());
  }

  /** The text is whole or gone: nothing of it is looked at any more. */
  drop(): void {
    this.#text = '';
    this.#settled = 0;
    this.#looked = 0;
  }

  #look(): void {
    this.#waiting = false;
    if (this.#text === '') return;
    this.#looked = this.#text.length;
    this.#settled = this.#stream.advance(this.#text);
  }

  /** A block has probably ended. One that does not, a long list or code, is looked at less and less often. */
  #worthIt(text: string): boolean {
    const unsettled = this.#looked - this.#settled;
    const fresh = text.length - this.#looked;
    if (fresh === 0 || fresh < unsettled / 2) return false;
    if (text.indexOf('\n\n', Math.max(0, this.#looked - 1)) >= 0) return true;
    return fresh >= LEAST && text.indexOf('\n', this.#looked) >= 0;
  }
}
