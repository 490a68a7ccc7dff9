import { kindOf } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import type { FeishuApi } from './api.ts';
import { list, record, type Wire, word } from './wire.ts';

const membersKeptMs = 10 * 60_000;
const mostPages = 10;

/** Names of people and members of chats, looked up beside the path of messages: who is not known yet has no name. */
export class People {
  readonly #api: FeishuApi;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #names = new BoundedMap<string, string>(5_000);
  readonly #asked = new BoundedMap<string, true>(5_000);
  readonly #members = new BoundedMap<string, { at: number; ids: ReadonlyMap<string, string> }>(200);
  #forbidden = false;

  constructor(api: FeishuApi, log: Log) {
    this.#api = api;
    this.#log = log;
  }

  nameOf(id: string): string | undefined {
    return this.#names.get(id);
  }

  learn(id: string, name: string): void {
    this.#names.set(id, name);
  }

  /** Looks a person up once, in the background. */
  wonder(id: string): void {
    if (this.#forbidden || this.#names.has(id) || this.#asked.has(id) || !id.startsWith('ou_')) return;
    this.#asked.set(id, true);
    this.#lookUp(id).catch((error: unknown) => {
      // Without the right to read names there is no sense in asking for each person.
      if (kindOf(error) === 'permission') this.#forbidden = true;
      this.#log.debug({ kind: kindOf(error) }, 'the name of a person could not be looked up');
    });
  }

  /** Ids of a chat's members by name; empty until known. */
  membersOf(chat: string): ReadonlyMap<string, string> {
    return this.#members.get(chat)?.ids ?? new Map();
  }

  /** Refreshes a chat's members in the background. */
  gather(chat: string): void {
    const known = this.#members.get(chat);
    if (known && Date.now() - known.at < membersKeptMs) return;
    this.#members.set(chat, { at: Date.now(), ids: known?.ids ?? new Map() });
    this.#fetchMembers(chat).then(
      (ids) => this.#members.set(chat, { at: Date.now(), ids }),
      (error: unknown) =>
        this.#log.debug({ kind: kindOf(error) }, 'the members of a chat could not be listed'),
    );
  }

  stop(): void {
    this.#stop.abort();
  }

  async #lookUp(id: string): Promise<void> {
    const data = await this.#api.call<Wire>(
      {
        op: 'looking up a person',
        method: 'GET',
        path: `/open-apis/contact/v3/users/${encodeURIComponent(id)}`,
        params: { user_id_type: 'open_id' },
      },
      this.#stop.signal,
    );
    const name = word(record(data.user).name);
    if (name !== undefined) this.#names.set(id, name);
  }

  async #fetchMembers(chat: string): Promise<Map<string, string>> {
    const ids = new Map<string, string>();
    let token: string | undefined;
    for (let page = 0; page < mostPages; page++) {
      const data = await this.#api.call<Wire>(
        {
          op: 'listing the members of a chat',
          method: 'GET',
          path: `/open-apis/im/v1/chats/${encodeURIComponent(chat)}/members`,
          params: {
            member_id_type: 'open_id',
            page_size: '100',
            ...(token === undefined ? {} : { page_token: token }),
          },
        },
        this.#stop.signal,
      );
      for (const item of list(data.items).map(record)) {
        const id = word(item.member_id);
        const name = word(item.name);
        if (id === undefined || name === undefined) continue;
        ids.set(name, id);
        this.#names.set(id, name);
      }
      token = word(data.page_token);
      if (data.has_more !== true || token === undefined) break;
    }
    return ids;
  }
}
