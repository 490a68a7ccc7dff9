import type { InputId, SessionKey, TurnId } from '../core/ids.ts';
import { asId } from '../core/ids.ts';
import type { Action } from '../core/inbound.ts';
import type { ActionReply } from '../core/platform.ts';
import type { Language } from '../i18n/languages.ts';
import { queueTexts as texts } from '../i18n/texts/queue.ts';
import { translate } from '../i18n/translate.ts';
import type { InputRow } from '../store/rows.ts';
import { followUpOf } from './follow-up.ts';
import type { IntakeDeps } from './intake.ts';

/** Buttons of the queue and of interrupted turns: `i:` one deferred message, `h:` the held queue, `c:` continue. */
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
    return this.deps.parts.commands.press(this.deps.actorFor(key), row, action);
  }

  private async one(run: boolean, id: InputId, language: Language): Promise<ActionReply> {
    const { context } = this.deps;
    const at = Date.now();
    const state = run ? 'queued' : 'dropped';
    const changed = await context.store.commit('settleInputs', { ids: [id], state, from: ['deferred'], at });
    const row = changed > 0 ? context.queries.input(id) : undefined;
    if (!row) return { toast: translate(texts.gone, language), toastKind: 'info' };
    if (run) this.deps.actorFor(row.sessionKey).enqueue(row);
    return settled(translate(run ? texts.running : texts.dropped, language));
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
    const input = {
      ...followUpOf(row, turn.id, language),
      sessionKey: turn.sessionKey,
      sessionId: turn.sessionId,
    };
    if (!(await context.store.commit('acceptInput', { input })))
      return { toast: translate(texts.gone, language), toastKind: 'info' };
    this.deps.actorFor(turn.sessionKey).enqueue(input);
    return settled(translate(texts.running, language));
  }
}

function settled(text: string): ActionReply {
  return { toast: text, toastKind: 'success', card: { blocks: [{ kind: 'text', markdown: text }] } };
}
