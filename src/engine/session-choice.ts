import { turnTexts as texts } from '../i18n/texts/turn.ts';
import type { InputRow, SessionRow } from '../store/rows.ts';
import type { SessionActor } from './actor.ts';

/** The conversation an input was meant for; after a long silence of the person a new one. */
export async function sessionFor(actor: SessionActor, input: InputRow): Promise<SessionRow> {
  const { sessions, context } = actor;
  const { receivedAt, body } = input;
  const target = sessions.targetOf(input);
  const spoken = { lastUserAt: receivedAt, address: body.address };
  const quietMs = receivedAt - (target.lastUserAt || receivedAt);
  const limit = context.settings.resetOnIdleMs;
  const used = target.nativeId !== null || context.queries.historyCount(target.id) > 0;
  if (limit <= 0 || quietMs <= limit || !used || !sessions.isNewest(target.id)) {
    sessions.remember(target.id, spoken);
    return { ...target, ...spoken };
  }
  await actor.closeAgent({ of: target.id });
  const fresh = await sessions.create(body.address, { keepSettings: true, after: target });
  actor.parts.commands.tell(input, texts.idleReset, actor.languageOf(input), {
    minutes: Math.round(quietMs / 60_000),
  });
  await sessions.change(fresh.id, spoken);
  return { ...fresh, ...spoken };
}
