import { clearScreenDown, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { Writable } from 'node:stream';
import { width } from '../table.ts';

type Out = Writable & { readonly columns?: number; readonly rows?: number };

/**
 * Lines that stay, above a few that change (the running text), above the line being typed. Everything that changes is
 * wiped and drawn again in one write, so that nothing flickers and a half-typed line is never torn.
 */
export class Screen {
  readonly #out: Out;
  readonly #input: Interface;
  #live: readonly string[] = [];
  #drawn = 0;
  #closed = false;

  constructor(out: Out, input: Interface) {
    this.#out = out;
    this.#input = input;
  }

  /** Adds lines that stay. */
  print(text: string): void {
    this.#redraw(text);
  }

  /** Replaces the changing lines; only their end is shown when they do not fit. */
  live(text: string): void {
    const rows = Math.max(3, (this.#out.rows ?? 24) - 6);
    const lines = text === '' ? [] : text.split('\n').flatMap((line) => fold(line, this.#columns));
    this.#live = lines.slice(-rows);
    this.#redraw(undefined);
  }

  /** Draws the prompt again, after it was changed. */
  refresh(): void {
    this.#redraw(undefined);
  }

  /** Leaves the cursor on a fresh line. */
  close(): void {
    this.#live = [];
    this.#wipe();
    this.#closed = true;
  }

  /** A line was entered: it moves above the changing lines and stays. */
  entered(line: string): void {
    const typed = this.#input.getPrompt() + line;
    const rows = Math.floor(width(typed) / this.#columns) + 1;
    moveCursor(this.#out, 0, -(rows + this.#drawn));
    cursorTo(this.#out, 0);
    clearScreenDown(this.#out);
    this.#drawn = 0;
    this.print(typed);
  }

  get #columns(): number {
    return Math.max(20, this.#out.columns ?? 80);
  }

  #redraw(permanent: string | undefined): void {
    if (this.#closed) return;
    this.#out.cork();
    this.#wipe();
    if (permanent !== undefined) this.#out.write(`${permanent}\n`);
    for (const line of this.#live) this.#out.write(`${line}\n`);
    this.#drawn = this.#live.length;
    // readline would go up to where it believes its line begins.
    (this.#input as unknown as { prevRows: number }).prevRows = 0;
    this.#input.prompt(true);
    process.nextTick(() => this.#out.uncork());
  }

  #wipe(): void {
    const { rows } = this.#input.getCursorPos();
    cursorTo(this.#out, 0);
    moveCursor(this.#out, 0, -(rows + this.#drawn));
    clearScreenDown(this.#out);
    this.#drawn = 0;
  }
}

/** Cuts a line into pieces that fit a row each. Styles must not be in it. */
export function fold(line: string, columns: number): readonly string[] {
  if (width(line) < columns) return [line];
  const rows: string[] = [];
  let row = '';
  let cells = 0;
  for (const character of line) {
    const wide = width(character);
    if (cells + wide >= columns) {
      rows.push(row);
      row = '';
      cells = 0;
    }
    row += character;
    cells += wide;
  }
  return [...rows, row];
}
