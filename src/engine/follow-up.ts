import type { ApprovalRequest } from '../core/agent-event.ts';
import { asId, type InputId, type TurnId } from '../core/ids.ts';
import type { MessageInbound } from '../core/inbound.ts';
import type { Language } from '../i18n/languages.ts';
import { approvalTexts } from '../i18n/texts/approval.ts';
import { turnTexts } from '../i18n/texts/turn.ts';
import { translate } from '../i18n/translate.ts';
import { sortableId, uuidV5 } from '../kit/ids.ts';
import type { ApprovalRow, InputRow } from '../store/rows.ts';
import { shorten } from './tool-format.ts';

/** The message that goes on with an interrupted turn; at most one per turn, however it is asked for. */
export function followUpOf(source: InputRow, turnId: TurnId, language: Language): InputRow {
  return messageFrom(source, `continue:${turnId}`, translate(turnTexts.continuePrompt, language));
}

/** The message that has a request asked again which nobody answered in time; at most one per request. */
export function askAgainOf(source: InputRow, { id, request }: ApprovalRow, language: Language): InputRow {
  const what = shorten(wordsOf(request), 500);
  return messageFrom(source, `again:${id}`, translate(approvalTexts.askAgainPrompt, language, { what }));
}

function wordsOf(request: ApprovalRequest): string {
  if (request.kind === 'permission') return [request.tool, request.summary].filter(Boolean).join(': ');
  if (request.kind === 'question') return request.questions.map(({ text }) => text).join(' · ');
  return request.tool;
}

/** A message as if the person who pressed a button had written it. */
function messageFrom(source: InputRow, dedupeKey: string, text: string): InputRow {
  const now = Date.now();
  const id = asId<InputId>(sortableId(now));
  const body: MessageInbound = {
    kind: 'message',
    dedupeKey,
    address: { ...source.body.address, replyTo: undefined },
    sender: source.body.sender,
    at: 0,
    message: source.id,
    text,
    addressed: true,
  };
  return {
    ...source,
    id,
    dedupeKey,
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
