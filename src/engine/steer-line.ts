import { describeError } from '../core/errors.ts';
import type { Log } from '../core/platform.ts';
import type { SessionActor } from './actor.ts';

/** Texts for running turns, one after another per conversation: what comes too late keeps its place. */
export class SteerLine {
  private readonly log: Log;
  private readonly lines = new Map<SessionActor, Promise<void>>();

  constructor(log: Log) {
    this.log = log;
  }

  busy(actor: SessionActor): boolean {
    return this.lines.has(actor);
  }

  /** Runs `work` after what was added before; `otherwise` when it fails, so that no message is left lying. */
  add(actor: SessionActor, work: () => Promise<void>, otherwise: () => void): Promise<void> {
    const before = this.lines.get(actor) ?? Promise.resolve();
    const mine = before.then(work).catch((error: unknown) => {
      this.log.warn(
        { session: actor.key, error: describeError(error) },
        'text not taken by the running turn',
      );
      otherwise();
    });
    this.lines.set(actor, mine);
    return mine.finally(() => {
      if (this.lines.get(actor) === mine) this.lines.delete(actor);
    });
  }
}
