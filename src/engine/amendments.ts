import type { EditInbound, MessageInbound, RecallInbound } from '../core/inbound.ts';
import { turnTexts } from '../i18n/texts/turn.ts';
import { translate } from '../i18n/translate.ts';
import type { InputRow } from '../store/rows.ts';
import type { SessionActor } from './actor.ts';
import { addressed } from './agent-mention.ts';
import type { IntakeDeps } from './intake.ts';
import { originalsOf } from './originals.ts';

/** Messages that were withdrawn or changed after they were sent. */
export class Amendments {
  private readonly deps: IntakeDeps;
  private readonly rowFor: (actor: SessionActor, body: MessageInbound) => InputRow;

  constructor(deps: IntakeDeps, rowFor: (actor: SessionActor, body: MessageInbound) => InputRow) {
    this.deps = deps;
    this.rowFor = rowFor;
  }

  /** A withdrawn message: removed while it waits, its turn ended quietly while it runs. */
  async recall(inbound: RecallInbound): Promise<void> {
    for (const original of originalsOf(this.deps.context, inbound)) {
      const actor = this.deps.actorFor(original.sessionKey);
      // Asked before the store: the row of a turn that has just begun may still be on its way there.
      if (runs(actor, original)) actor.stop('recall');
      else if (original.finishedAt === null && original.state !== 'running') {
        actor.take([original.id]);
        await this.deps.context.store.commit('settleInputs', {
          ids: [original.id],
          state: 'dropped',
          detail: 'recalled',
          at: Date.now(),
        });
      }
    }
  }

  /** An edited message: changed while it waits; told to the agent when its turn runs. */
  edit(actor: SessionActor, edit: InputRow, inbound: EditInbound): Promise<void> {
    return this.change(actor, edit, inbound, (original) => runs(actor, original));
  }

  /** The same when a daemon that was killed has stored the edit only: what ran in its life has begun. */
  replayEdit(actor: SessionActor, edit: InputRow, inbound: EditInbound): Promise<void> {
    const { queries } = this.deps.context;
    const began = ({ state, turnId }: InputRow) =>
      state === 'running' && turnId !== null && queries.turn(turnId)?.state !== 'delivering';
    return this.change(actor, edit, inbound, (original) => runs(actor, original) || began(original));
  }

  private async change(
    actor: SessionActor,
    edit: InputRow,
    inbound: EditInbound,
    hasBegun: (original: InputRow) => boolean,
  ): Promise<void> {
    const { context } = this.deps;
    for (const original of originalsOf(this.deps.context, inbound)) {
      if (original.body.kind !== 'message' || original.finishedAt !== null) continue;
      // Read like a new message: the words may name an agent, another one, or none any more.
      const { agent, text } = addressed(context.agents, inbound.text, Boolean(original.body.files?.length));
      const body: MessageInbound = { ...original.body, text };
      if (hasBegun(original)) await this.tellEdit(actor, edit, original, body);
      else if (original.state !== 'running') {
        const moved = agent === original.agent ? {} : { agent, sessionId: null };
        const ids = [original.id];
        const { state } = original;
        await context.store.commit('settleInputs', { ids, state, body, ...moved, at: Date.now() });
        actor.replace({ ...original, ...moved, body });
      }
    }
  }

  private async tellEdit(
    actor: SessionActor,
    edit: InputRow,
    original: InputRow,
    body: MessageInbound,
  ): Promise<void> {
    const follow: MessageInbound = {
      ...body,
      dedupeKey: `${edit.dedupeKey}:turn`,
      text: `${translate(turnTexts.edited, actor.languageOf(original))}\n${body.text}`,
      files: undefined,
      group: undefined,
    };
    const sessionId = actor.turn?.sessionId ?? original.sessionId;
    const next: InputRow = { ...this.rowFor(actor, follow), sessionId, agent: original.agent, message: null };
    if (!(await this.deps.context.store.commit('acceptInput', { input: next }))) return;
    if ((await actor.steer(next)) !== 'taken') actor.enqueue(next);
  }
}

function runs(actor: SessionActor, row: InputRow): boolean {
  return actor.turn?.inputs.some(({ id }) => id === row.id) === true;
}
