import type { ApprovalId, InputId, SessionId, SessionKey, TurnId } from '../core/ids.ts';
import { asId } from '../core/ids.ts';
import type { Action } from '../core/inbound.ts';
import type { ActionReply } from '../core/platform.ts';
import type { Language } from '../i18n/languages.ts';
import { queueTexts as texts } from '../i18n/texts/queue.ts';
import { translate } from '../i18n/translate.ts';
import type { InputRow } from '../store/rows.ts';
import { askAgainOf, followUpOf } from './follow-up.ts';
import { groupOf } from './input-gathering.ts';
import type { IntakeDeps } from './intake.ts';

/** Buttons of the queue and of interrupted turns: `i:` one deferred message, `h:` the held queue, `c:` continue, `e:` ask again. */
export class Buttons {
  private readonly deps: IntakeDeps;

  constructor(deps: IntakeDeps) {
    this.deps = deps;
  }

  /** Undefined when the payload belongs to nobody. */
  async press(
    key: SessionKey,
    row: InputRow,
    action: Action,
    language: Language,
  ): Promise<ActionReply | undefined> {
    const [family, verb, id] = action.data.split(':');
    if (family === 'i') return this.one(verb === 'run', asId<InputId>(id ?? ''), language);
    if (family === 'h') return this.held(verb === 'run', asId<InputId>(id ?? ''), language);
    if (family === 'c') return this.continue(asId<TurnId>(verb ?? ''), row, language);
    if (family === 'e') return this.askAgain(asId<ApprovalId>(verb ?? ''), row, language);
    return this.deps.parts.commands.press(this.deps.actorFor(key), row, action);
  }

  private async one(run: boolean, id: InputId, language: Language): Promise<ActionReply> {
    const { context } = this.deps;
    const at = Date.now();
    const state = run ? 'queued' : 'dropped';
    const ids = this.album(id);
    const changed = await context.store.commit('settleInputs', { ids, state, from: ['deferred'], at });
    if (changed === 0) return { toast: translate(texts.gone, language), toastKind: 'info' };
    for (const row of ids.flatMap((one) => context.queries.input(one) ?? []))
      if (run && row.state === 'queued') this.deps.actorFor(row.sessionKey).enqueue(row);
    return settled(translate(run ? texts.running : texts.dropped, language));
  }

  /** The message itself and the rest of its album: one decision for all. */
  private album(id: InputId): InputId[] {
    const { queries, name } = this.deps.context;
    const first = queries.input(id);
    const group = first && groupOf(first);
    if (!first || !group) return [id];
    const rest = queries
      .openInputs(name)
      .filter(
        (row) => row.sessionKey === first.sessionKey && row.state === 'deferred' && groupOf(row) === group,
      );
    return [...new Set([id, ...rest.map((row) => row.id)])];
  }

  private async held(run: boolean, id: InputId, language: Language): Promise<ActionReply> {
    const row = this.deps.context.queries.input(id);
    const actor = row ? this.deps.actorFor(row.sessionKey) : undefined;
    if (!actor?.isHeld) return { toast: translate(texts.gone, language), toastKind: 'info' };
    if (run) await actor.release();
    else await actor.dropWaiting();
    return settled(translate(run ? texts.running : texts.dropped, language));
  }

  /** Goes on with a turn that a restart interrupted: a new message in the same conversation. */
  private async continue(id: TurnId, row: InputRow, language: Language): Promise<ActionReply> {
    const { context } = this.deps;
    const turn = context.queries.turn(id);
    if (!turn) return { toast: translate(texts.gone, language), toastKind: 'info' };
    return this.queue(followUpOf(row, turn.id, language), turn, language);
  }

  /** Has the agent ask anew what nobody answered in time. */
  private async askAgain(id: ApprovalId, row: InputRow, language: Language): Promise<ActionReply> {
    const approval = this.deps.context.queries.approval(id);
    if (approval?.state !== 'expired') return { toast: translate(texts.gone, language), toastKind: 'info' };
    return this.queue(askAgainOf(row, approval, language), approval, language);
  }

  private async queue(
    message: InputRow,
    { sessionKey, sessionId }: { readonly sessionKey: SessionKey; readonly sessionId: SessionId },
    language: Language,
  ): Promise<ActionReply> {
    const input = { ...message, sessionKey, sessionId };
    if (!(await this.deps.context.store.commit('acceptInput', { input })))
      return { toast: translate(texts.gone, language), toastKind: 'info' };
    this.deps.actorFor(sessionKey).enqueue(input);
    return settled(translate(texts.running, language));
  }
}

function settled(text: string): ActionReply {
  return { toast: text, toastKind: 'success', card: { blocks: [{ kind: 'text', markdown: text }] } };
}
