import type { PlatformMemory } from '../../core/platform.ts';
import { type EarlierFile, readEarlier } from './kept-text.ts';

const NAME = 'context_token:';

/** The token that came with each person's latest message and goes back with every answer to them. Kept in the store. */
export class ContextTokens {
  readonly #memory: PlatformMemory;
  readonly #earlier: EarlierFile;
  #tokens = new Map<string, string>();
  readonly #changed = new Set<string>();
  #loaded = false;

  /** `earlier`: one JSON object by person, the form of the Go cc-connect. */
  constructor(memory: PlatformMemory, earlier: EarlierFile) {
    this.#memory = memory;
    this.#earlier = earlier;
  }

  async load(): Promise<void> {
    const kept = this.#memory.list(NAME);
    const known = kept.size > 0 ? kept : read(await readEarlier(this.#earlier));
    // What came from the file is written to the store with the next message.
    if (kept.size === 0) for (const [person] of known) this.#changed.add(person);
    this.#tokens = new Map([...known, ...this.#tokens]);
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
    this.#changed.add(person);
  }

  /** Resolves when all that was noted is on disk. Rejects when some of it cannot be stored now. */
  async save(): Promise<void> {
    const people = [...this.#changed];
    this.#changed.clear();
    await Promise.all(people.map((person) => this.#saveOne(person)));
  }

  async #saveOne(person: string): Promise<void> {
    try {
      await this.#memory.write(NAME + person, this.#tokens.get(person) ?? '');
    } catch (error) {
      this.#changed.add(person);
      throw error;
    }
  }
}

function read(text: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined) return new Map();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return new Map();
    return new Map(
      Object.entries(parsed).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    );
  } catch {
    return new Map(); // damaged: the tokens come again with the next messages
  }
}
