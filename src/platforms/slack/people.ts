import { kindOf } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import type { SlackApi } from './api.ts';
import { record, word } from './wire.ts';

/** Names of people, looked up beside the path of messages: who is not known yet has no name. */
export class People {
  readonly #api: SlackApi;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #names = new BoundedMap<string, string>(5_000);
  readonly #asked = new BoundedMap<string, true>(5_000);
  #forbidden = false;

  constructor(api: SlackApi, log: Log, signal: AbortSignal) {
    this.#api = api;
    this.#log = log;
    this.#signal = signal;
  }

  nameOf(id: string): string | undefined {
    return this.#names.get(id);
  }

  /** Looks a person up once. Never rejects. */
  async wonder(id: string): Promise<void> {
    if (this.#forbidden || this.#asked.has(id)) return;
    this.#asked.set(id, true);
    try {
      const answer = await this.#api.call(
        'users.info',
        { user: id },
        { kind: 'repeatable', signal: this.#signal },
      );
      const user = record(answer.user);
      const profile = record(user.profile);
      const name = word(profile.display_name) ?? word(user.real_name) ?? word(user.name);
      if (name !== undefined) this.#names.set(id, name);
    } catch (error) {
      // Without the right to read names there is no sense in asking for each person.
      if (kindOf(error) === 'permission') this.#forbidden = true;
      this.#log.debug({ kind: kindOf(error) }, 'the name of a person could not be looked up');
    }
  }
}
