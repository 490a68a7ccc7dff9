import { asId, type InputId, type TurnId } from '../core/ids.ts';
import type { MessageInbound } from '../core/inbound.ts';
import type { Language } from '../i18n/languages.ts';
import { turnTexts } from '../i18n/texts/turn.ts';
import { translate } from '../i18n/translate.ts';
import { sortableId, uuidV5 } from '../kit/ids.ts';
import type { InputRow } from '../store/rows.ts';

/** The message that goes on with an interrupted turn; at most one per turn, however it is asked for. */
export function followUpOf(source: InputRow, turnId: TurnId, language: Language): InputRow {
  const now = Date.now();
  const id = asId<InputId>(sortableId(now));
  const body: MessageInbound = {
    kind: 'message',
    dedupeKey: `continue:${turnId}`,
    address: { ...source.body.address, replyTo: undefined },
    sender: source.body.sender,
    at: 0,
    message: source.id,
    text: translate(turnTexts.continuePrompt, language),
    addressed: true,
  };
  return {
    ...source,
    id,
    dedupeKey: body.dedupeKey,
    kind: 'message',
    state: 'queued',
    message: null,
    promptId: asId(uuidV5(id)),
    turnId: null,
    body,
    detail: null,
    attempts: 0,
    platformAt: 0,
    receivedAt: now,
    finishedAt: null,
  };
}
