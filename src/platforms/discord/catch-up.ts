import type { DiscordApi } from './api.ts';
import { isNewer, type Memory } from './memory.ts';
import { askPatiently, type Patience } from './patience.ts';
import { list, record } from './places.ts';

const PAGE = 100;
/** What is more than this many pages is left out, with a word in the log. */
const MOST_PAGES = 100;

type Wire = Readonly<Record<string, unknown>>;

export interface CatchUpSetup extends Patience {
  readonly api: DiscordApi;
  readonly memory: Memory;
}

/**
 * Reads what was written in a channel while no session told of it. How far that has come is kept with the channel, so
 * a life that is killed meanwhile leaves the rest to the next one, whatever session that one has.
 */
export class CatchUp {
  readonly #setup: CatchUpSetup;

  constructor(setup: CatchUpSetup) {
    this.#setup = setup;
  }

  /** Hands on each message of the gap, oldest first. */
  async read(channel: string, take: (message: Wire) => Promise<void>): Promise<void> {
    const { memory, log } = this.#setup;
    let count = 0;
    for (let page = 1; ; page++) {
      const known = memory.channel(channel);
      if (known?.gap === undefined) break;
      const { sessions } = memory;
      const messages = await this.#page(channel, known.gap);
      // A channel that is gone, or that we may not see any more.
      if (messages === undefined) return memory.forget(channel);
      const guild = known.guild ? { guild_id: known.guild } : {};
      for (const message of messages) await take({ ...message, channel_id: channel, ...guild });
      count += messages.length;
      const newest = String(messages.at(-1)?.id ?? known.gap);
      const over = messages.length < PAGE || page === MOST_PAGES;
      if (messages.length === PAGE && over)
        log.error({ channel, messages: count }, 'more was written meanwhile than is caught up with');
      // Another session that began meanwhile has widened the gap: there is one more page to ask for.
      memory.filled(channel, over && memory.sessions === sessions ? undefined : newest);
    }
    if (count > 0) log.info({ channel, messages: count }, 'caught up with what was written meanwhile');
  }

  /** Messages after `after`, oldest first; undefined where there is nothing to read. */
  async #page(channel: string, after: string): Promise<Wire[] | undefined> {
    const { api, signal } = this.#setup;
    const answer = await askPatiently(this.#setup, 'history', () =>
      api.call('GET', `/channels/${channel}/messages`, {
        kind: 'repeatable',
        signal,
        query: { after, limit: String(PAGE) },
      }),
    );
    if (answer === undefined) return undefined;
    const messages = list(answer).map(record);
    return messages.sort((a, b) => (isNewer(String(a.id), String(b.id)) ? 1 : -1));
  }
}
