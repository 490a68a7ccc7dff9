import type { Address } from '../../core/address.ts';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import type { DiscordApi } from './api.ts';
import { refusalCode } from './errors.ts';

const NAME = 100;
const MOST = 2_000;
/** A thread hides after this many minutes without a message; writing brings it back. */
const ARCHIVE_MINUTES = 1440;
const HAS_THREAD = 160004;

/** Threads of the bot: opened at the first answer, from the message that asked. */
export class Threads {
  readonly #api: DiscordApi;
  readonly #log: Log;
  /** Where messages for a place really go: its thread, or the channel where none may be opened. */
  readonly #places = new Map<string, Promise<string>>();
  /** First words of messages that may become threads, for their names. */
  readonly #titles = new Map<string, string>();

  constructor(api: DiscordApi, log: Log) {
    this.#api = api;
    this.#log = log;
  }

  /** The words a thread begun from this message is named by. */
  title(root: string, text: string): void {
    remember(this.#titles, root, text);
  }

  /** The channel to write to; opens the thread where the address asks for one that is not there yet. */
  async place(to: Address, signal: AbortSignal): Promise<string> {
    const root = to.extra?.root;
    const parent = to.extra?.parent;
    if (typeof root !== 'string' || typeof parent !== 'string') return to.chat;
    const known = this.#places.get(root);
    if (known) return known;
    const opening = this.#begin(parent, root, signal);
    remember(this.#places, root, opening);
    opening.catch(() => this.#places.delete(root));
    return opening;
  }

  /** A thread of its own, without a message it begins from. */
  async open(to: Address, title: string, signal: AbortSignal): Promise<Address> {
    if (to.direct)
      throw new AppError('discord_no_threads', 'direct messages have no threads', { kind: 'validation' });
    const parent = typeof to.extra?.parent === 'string' ? to.extra.parent : to.chat;
    const made = await this.#api.call<{ id: string }>('POST', `/channels/${parent}/threads`, {
      kind: 'send',
      signal,
      body: { name: nameOf(title), type: 11, auto_archive_duration: ARCHIVE_MINUTES },
    });
    return {
      account: to.account,
      chat: made.id,
      thread: made.id,
      direct: false,
      ...(to.user === undefined ? {} : { user: to.user }),
      extra: { parent },
    };
  }

  async #begin(parent: string, root: string, signal: AbortSignal): Promise<string> {
    try {
      const made = await this.#api.call<{ id: string }>(
        'POST',
        `/channels/${parent}/messages/${root}/threads`,
        {
          // A message has one thread at most, so trying again is harmless.
          kind: 'repeatable',
          signal,
          body: { name: nameOf(this.#titles.get(root) ?? ''), auto_archive_duration: ARCHIVE_MINUTES },
        },
      );
      return made.id;
    } catch (error) {
      if (refusalCode(error) === HAS_THREAD) return root;
      const kind = error instanceof AppError ? error.kind : undefined;
      if (kind !== 'permission' && kind !== 'not_found' && kind !== 'validation') throw error;
      this.#log.warn(
        { parent, error: String(error) },
        'no thread can be opened here: answering in the channel',
      );
      return parent;
    }
  }
}

function nameOf(title: string): string {
  const line = title.replace(/\s+/g, ' ').trim();
  return [...line].slice(0, NAME).join('') || 'cc-connect';
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST) for (const old of map.keys()) if (map.delete(old)) break;
}
