/** A request for approval that is open, with its asker and the place where it is shown. */
import type { Address } from '../core/address.ts';
import type { ApprovalAnswer } from '../core/agent-event.ts';
import type { Sender } from '../core/inbound.ts';
import type { Language } from '../i18n/languages.ts';
import type { ApprovalRow } from '../store/rows.ts';

/** The agent's side of an open request. */
export interface Asker {
  answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'>;
  /** Grant the rest of this process's permissions unasked. `by`: who wanted that. */
  allowAll(by: string): void;
  /** Approvals open or settled: the turn's timers pause or go on. */
  changed(): void;
}

export interface OpenApproval {
  row: ApprovalRow;
  /** Another place once its chat got a new id. */
  to: Address;
  readonly language: Language;
  readonly asker: Asker;
  expiry: NodeJS.Timeout | undefined;
  /** It went on while its message was on its way out: that is drawn anew once it is there. */
  outdated: boolean;
}

/** For the audit log. */
export function describeAnswer(answer: ApprovalAnswer | undefined): string {
  if (!answer) return 'none';
  if (answer.kind === 'option') return answer.optionId;
  return answer.kind === 'deny' ? 'deny' : 'answers';
}

/** Whom the chat and the audit log name as having answered. */
export function nameOf(sender: Sender): string {
  return sender.name ?? sender.username ?? sender.id;
}
