import type { AccountId } from '../core/ids.ts';
import type { PlatformMemory } from '../core/platform.ts';
import type { Queries } from './queries.ts';
import type { Store } from './store.ts';

/** The memory of one bot account, in the store. */
export class StoreMemory implements PlatformMemory {
  readonly #store: Store;
  readonly #queries: Queries;
  readonly #account: AccountId;

  constructor(store: Store, queries: Queries, account: AccountId) {
    this.#store = store;
    this.#queries = queries;
    this.#account = account;
  }

  read(name: string): string | undefined {
    return this.#queries.memory(this.#account, name);
  }

  list(prefix: string): ReadonlyMap<string, string> {
    const rows = this.#queries.memories(this.#account, prefix);
    return new Map(rows.map(({ name, value }) => [name.slice(prefix.length), value]));
  }

  async write(name: string, text: string): Promise<void> {
    const change = { account: this.#account, name, value: text, at: Date.now() };
    await this.#store.commit('remember', change, 'in_company');
  }
}
