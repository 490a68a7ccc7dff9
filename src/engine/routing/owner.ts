import type { AccountId, ApprovalId, InputId, ProjectName, TurnId } from '../../core/ids.ts';
import { asId } from '../../core/ids.ts';
import type { Action, Inbound } from '../../core/inbound.ts';
import type { Queries } from '../../store/queries.ts';
import { approvalPayload } from '../approval-card.ts';

/** The project that what happened belongs to already, if it is about something that exists. */
export function ownerOf(
  queries: Queries,
  account: AccountId,
  body: Inbound | Action,
): ProjectName | undefined {
  const before = queries.inputByKey(account, body.dedupeKey);
  if (before) return before.project;
  if (body.kind === 'action') return ofAction(queries, account, body);
  if (body.kind === 'recall' || body.kind === 'edit')
    return queries
      .inputsByMessage(account, body.message)
      .find((row) => row.body.address.chat === body.address.chat)?.project;
  if (body.kind === 'message' && body.quoted)
    return ofOpenRequest(queries, account, body.address.chat, body.quoted.message);
  return undefined;
}

/** Buttons carry the id of what they are about; the others belong to whose message they are on. */
function ofAction(queries: Queries, account: AccountId, action: Action): ProjectName | undefined {
  const approval = approvalPayload.exec(action.data)?.[2];
  if (approval) return queries.approval(asId<ApprovalId>(approval))?.project;
  const [family, verb, id] = action.data.split(':');
  if (family === 'i' || family === 'h') return queries.input(asId<InputId>(id ?? ''))?.project;
  if (family === 'c') return queries.turn(asId<TurnId>(verb ?? ''))?.project;
  const { source } = action;
  if (!source) return undefined;
  return queries.partsShownAs(account, source.message).find(({ ref }) => ref?.chat === source.chat)?.project;
}

/** A reply to a request that still waits is meant for who asked. */
function ofOpenRequest(
  queries: Queries,
  account: AccountId,
  chat: string,
  message: string,
): ProjectName | undefined {
  return queries
    .partsShownAs(account, message)
    .filter(({ ref }) => ref?.chat === chat)
    .flatMap(({ approvalId }) => (approvalId ? (queries.approval(approvalId) ?? []) : []))
    .find(({ state }) => state === 'open')?.project;
}
