import type { ProjectName } from '../core/ids.ts';
import type { Action, Inbound } from '../core/inbound.ts';
import type { AuditEntry } from '../store/rows.ts';
import { SlidingWindow } from './sliding-window.ts';

/** So that nobody fills the audit log by knocking. */
const perHour = 10;

/** What the audit log keeps of people who may not use a bot: who, where and what kind of thing, never the words. */
export class Refusals {
  private readonly noted = new SlidingWindow();

  /** What to write; nothing for what was never meant for the bot, or after ten of a person within an hour. */
  of(project: ProjectName, body: Inbound | Action): readonly AuditEntry[] {
    const { account, direct } = body.address;
    // In a group people also edit what they said to each other.
    if (body.kind === 'edit' && !direct) return [];
    const actor = body.sender.id;
    if (!this.noted.take(`${account}|${actor}`, perHour, 3_600_000)) return [];
    return [{ project, actor, action: 'access.refused', detail: `${account} ${whatOf(body)}` }];
  }
}

function whatOf(body: Inbound | Action): string {
  return body.kind === 'action' ? `button ${body.data.split(':')[0] ?? ''}` : body.kind;
}
