import type { SessionKey } from '../core/ids.ts';
import type { SessionActor } from './actor.ts';

/** Actors hold little, but a busy bot meets many people. */
const manyActors = 500;

/** The actors of one project, one for each session key. */
export class Actors {
  private readonly make: (key: SessionKey) => SessionActor;
  private readonly byKey = new Map<SessionKey, SessionActor>();
  /** Keys of chats that got a new id in this life of the daemon: rows on their way still carry them. */
  private readonly renamed = new Map<SessionKey, SessionKey>();

  constructor(make: (key: SessionKey) => SessionActor) {
    this.make = make;
  }

  get all(): readonly SessionActor[] {
    return [...this.byKey.values()];
  }

  /** The key as it is now. */
  keyNow(key: SessionKey): SessionKey {
    return this.renamed.get(key) ?? key;
  }

  known(key: SessionKey): SessionActor | undefined {
    return this.byKey.get(this.keyNow(key));
  }

  of(key: SessionKey): SessionActor {
    const known = this.known(key);
    if (known) return known;
    this.forgetIdle();
    const now = this.keyNow(key);
    const actor = this.make(now);
    this.byKey.set(now, actor);
    return actor;
  }

  /** The chats of these keys moved: their actors go on under the new ones, with whatever runs and waits there. */
  rename(keys: ReadonlyMap<SessionKey, SessionKey>): void {
    for (const [old, now] of this.renamed) this.renamed.set(old, keys.get(now) ?? now);
    for (const [from, to] of keys) {
      this.renamed.set(from, to);
      const actor = this.byKey.get(from);
      if (!actor) continue;
      const there = this.byKey.get(to);
      // It keeps its old place until its turn is over; what waits goes on in the conversation of the new place.
      if (there && !there.isBlank) {
        // What a stop has held back is still for people to decide about.
        const { isHeld } = actor;
        for (const row of actor.take(actor.waiting.map(({ id }) => id)))
          there.enqueue(isHeld ? { ...row, state: 'held' } : row);
        if (actor.isBusy) there.join(actor);
      } else {
        this.byKey.delete(from);
        this.byKey.set(to, actor);
      }
    }
    for (const [key, actor] of this.byKey) actor.moved(key);
  }

  private forgetIdle(): void {
    if (this.byKey.size < manyActors) return;
    for (const [key, actor] of this.byKey) if (actor.idle) this.byKey.delete(key);
  }
}
