import type { PlatformMemory } from '../core/platform.ts';

/** A memory that ends with the process, for adapters that are only tried out. */
export class ScratchMemory implements PlatformMemory {
  readonly #texts: Map<string, string>;

  /** `texts`: what is known at the start, the last written one last. */
  constructor(texts: Iterable<readonly [string, string]> = []) {
    this.#texts = new Map(texts);
  }

  read(name: string): string | undefined {
    return this.#texts.get(name);
  }

  list(prefix: string): ReadonlyMap<string, string> {
    const found = [...this.#texts].filter(([name]) => name.startsWith(prefix));
    return new Map(found.map(([name, text]) => [name.slice(prefix.length), text]));
  }

  async write(name: string, text: string): Promise<void> {
    this.#texts.delete(name);
    this.#texts.set(name, text);
  }
}
