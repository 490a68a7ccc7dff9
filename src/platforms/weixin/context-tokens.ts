import type { KeptFile } from './kept-file.ts';

/**
 * The token that came with each person's latest message and goes back with every answer to them. Kept on disk, as one
 * JSON object by person, the form of the Go cc-connect.
 */
export class ContextTokens {
  readonly #file: KeptFile;
  #tokens = new Map<string, string>();
  #changed = false;
  #loaded = false;

  constructor(file: KeptFile) {
    this.#file = file;
  }

  async load(): Promise<void> {
    this.#tokens = new Map([...read(await this.#file.read()), ...this.#tokens]);
    this.#loaded = true;
  }

  /** What is not here is nowhere. */
  get loaded(): boolean {
    return this.#loaded;
  }

  get(person: string): string | undefined {
    return this.#tokens.get(person);
  }

  /** Somebody who has written, for a call that needs one. */
  get anyone(): string | undefined {
    return [...this.#tokens.keys()].at(-1);
  }

  note(person: string, token: string): void {
    if (this.#tokens.get(person) === token) return;
    this.#tokens.delete(person);
    this.#tokens.set(person, token);
    this.#changed = true;
  }

  /** Resolves when all that was noted is on disk. */
  async save(): Promise<void> {
    if (!this.#changed) return this.#file.idle();
    this.#changed = false;
    await this.#file.write(JSON.stringify(Object.fromEntries(this.#tokens), undefined, 2));
  }
}

function read(text: string | undefined): [string, string][] {
  if (text === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return [];
    return Object.entries(parsed).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  } catch {
    return []; // damaged: the tokens come again with the next messages
  }
}
