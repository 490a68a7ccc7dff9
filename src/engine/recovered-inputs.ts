import { describeError } from '../core/errors.ts';
import type { InputId, SessionKey } from '../core/ids.ts';
import type { Text } from '../i18n/languages.ts';
import { queueTexts } from '../i18n/texts/queue.ts';
import { translate } from '../i18n/translate.ts';
import type { InputRow } from '../store/rows.ts';
import type { SessionActor } from './actor.ts';
import { deferredNotice } from './deferred-notice.ts';
import { textOf } from './input-text.ts';
import { isStopping, persist } from './persist.ts';
import type { ProjectContext } from './project-context.ts';
import type { ProjectParts } from './project-parts.ts';
import { putAside, tooManyCrashes } from './put-aside.ts';
import { shorten } from './tool-format.ts';
import { formatDuration } from './turn-ending.ts';

export interface RecoveryDeps {
  readonly context: ProjectContext;
  readonly parts: ProjectParts;
  actorFor(key: SessionKey): SessionActor;
  dispatch(actor: SessionActor, row: InputRow): Promise<void> | undefined;
  /** Replays a durable control input (stop, recall, edit, migration, a pressed button). */
  control(row: InputRow): Promise<void>;
}

/** What an earlier life stored and did not finish, besides turns: each input is acted on now, in order. */
export class RecoveredInputs {
  private readonly deps: RecoveryDeps;
  /** Found in a transcript: they do not wait any more. */
  private readonly handed: ReadonlySet<InputId>;

  constructor(deps: RecoveryDeps, handed: ReadonlySet<InputId>) {
    this.deps = deps;
    this.handed = handed;
  }

  /** Chats that moved in the last life, before anything is read that points to them. */
  async moveChats(): Promise<void> {
    const { context } = this.deps;
    for (const row of context.queries.openInputs(context.name)) {
      // One that is put aside is so with all others: here it would be told, and what it says be found unsent again.
      if (row.kind === 'migrate' && !tooManyCrashes(context, row.attempts)) await this.act(row);
    }
  }

  /** Changes of what waits or ran: before any of it goes on, and before its turn is judged. */
  async amend(inputs: readonly InputRow[]): Promise<void> {
    for (const row of inputs) if (row.kind !== 'message' && row.kind !== 'action') await this.act(row);
  }

  /** What waits, and then the buttons that decide about it. */
  async run(inputs: readonly InputRow[]): Promise<void> {
    const presses = inputs.filter((row) => row.kind === 'action' && !this.commandOf(row));
    const waits = inputs.filter((row) => row.kind === 'message' || this.commandOf(row));
    for (const row of waits) await this.place(this.deps.context.queries.input(row.id) ?? row);
    for (const row of presses) await this.act(row);
  }

  private commandOf(row: InputRow) {
    return this.deps.parts.commands.commandOf(row);
  }

  /** What is over once it was acted on: one that fails is told in the log, one that ends the daemon is counted. */
  private async act(row: InputRow): Promise<void> {
    const { context } = this.deps;
    if (tooManyCrashes(context, row.attempts)) return putAside(this.deps, row);
    await persist(context, 'beginInput', { id: row.id, at: Date.now() });
    try {
      await this.deps.control(row);
    } catch (error) {
      if (isStopping(error)) throw error;
      context.log.error({ input: row.id, error: describeError(error) }, 'input failed');
    }
    await persist(context, 'settleInputs', { ids: [row.id], state: 'done', at: Date.now() });
  }

  private async place(row: InputRow): Promise<void> {
    const { context } = this.deps;
    if (this.handed.has(row.id) || row.finishedAt !== null) return;
    // Inputs of an open turn are settled with it.
    if (row.state === 'deferred' || (row.state === 'running' && row.turnId !== null)) return;
    const command = this.commandOf(row);
    if (command && tooManyCrashes(context, row.attempts)) return putAside(this.deps, row);
    const actor = this.deps.actorFor(row.sessionKey);
    if (row.state === 'held') return actor.enqueue(row);
    // It waits until the transcript has been asked about its words.
    if (command?.spec.steers) return actor.enqueue({ ...row, state: 'queued' });
    const { staleAfterMs } = context.settings;
    const age = Date.now() - (row.platformAt || row.receivedAt);
    if (staleAfterMs > 0 && age > staleAfterMs && row.body.kind === 'message' && !command)
      return this.askStale(row, age);
    await this.deps.dispatch(actor, { ...row, state: 'queued' });
  }

  private async askStale(row: InputRow, age: number): Promise<void> {
    const { context, parts } = this.deps;
    const language = this.deps.actorFor(row.sessionKey).languageOf(row);
    const say = (text: Text, values = {}) => translate(text, language, values);
    const told = say(queueTexts.stale, { age: formatDuration(age), text: shorten(textOf(row), 120) });
    const outbox = parts.commands.rowsFor(row, [deferredNotice(row, told, say)]);
    await persist(context, 'settleInputs', { ids: [row.id], state: 'deferred', outbox, at: Date.now() });
    context.delivery.add(outbox);
  }
}
