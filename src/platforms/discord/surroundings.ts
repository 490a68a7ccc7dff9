import { AppError, describeError } from '../../core/errors.ts';
import type { DiscordApi } from './api.ts';
import { askPatiently, type Patience } from './patience.ts';
import { list, type Places, record, word } from './places.ts';

const ID = /^\d+$/;

export interface SurroundingsSetup extends Patience {
  readonly api: DiscordApi;
}

/**
 * What must be known around a message before it can be read: whether its channel is a thread and of whom, and which
 * roles mean the bot. A new session tells all of that; a process that resumes the session of the one before it asks.
 */
export class Surroundings {
  readonly #setup: SurroundingsSetup;
  readonly #places: Places;

  constructor(setup: SurroundingsSetup, places: Places) {
    this.#setup = setup;
    this.#places = places;
  }

  /** Resolves at once where everything is known, which is nearly always. */
  async learn(message: Readonly<Record<string, unknown>>): Promise<void> {
    const guild = word(message.guild_id);
    const channel = word(message.channel_id);
    if (guild === undefined || channel === undefined || !ID.test(guild) || !ID.test(channel)) return;
    if (this.#places.get(channel) === undefined) {
      const told = record(await this.#ask(`/channels/${channel}`));
      this.#places.learnChannel({ ...told, id: channel }, guild);
    }
    if (list(message.mention_roles).length > 0 && !this.#places.knowsRoles(guild))
      this.#places.learnRoles(guild, await this.#ask(`/guilds/${guild}/roles`));
  }

  async #ask(route: string): Promise<unknown> {
    const { api, signal, log } = this.#setup;
    try {
      return await askPatiently(this.#setup, route, () =>
        api.call('GET', route, { kind: 'repeatable', signal }),
      );
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'validation') throw error;
      // The message counts more than what stands around it.
      log.warn({ route, error: describeError(error) }, 'the place of a message could not be asked for');
      return undefined;
    }
  }
}
