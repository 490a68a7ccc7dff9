import type { EditInbound, RecallInbound } from '../core/inbound.ts';
import type { InputRow } from '../store/rows.ts';
import type { ProjectContext } from './project-context.ts';

/** The stored messages that a recall or an edit is about. */
export function originalsOf(
  { queries, name }: ProjectContext,
  { address, message }: RecallInbound | EditInbound,
): InputRow[] {
  return queries
    .inputsByMessage(address.account, message)
    .filter((row) => row.project === name && row.body.address.chat === address.chat);
}
