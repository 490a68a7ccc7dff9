import type { AccountId } from '../core/ids.ts';
import type { Sender } from '../core/inbound.ts';
import type { PairingRow } from '../store/rows.ts';
import type { ProjectContext } from './project-context.ts';

/** Who may talk to a project's bots: listed ids, `*`, or people the owner has paired. */
export class Access {
  private readonly context: ProjectContext;
  private paired = new Map<string, PairingRow>();

  constructor(context: ProjectContext) {
    this.context = context;
    this.refresh();
  }

  /** After a pairing was approved or revoked. */
  refresh(): void {
    const rows = this.context.queries.pairings(this.context.name).filter(({ state }) => state === 'approved');
    this.paired = new Map(rows.map((row) => [`${row.account}|${row.userId}`, row]));
  }

  isAllowed(account: AccountId, sender: Sender): boolean {
    const link = this.context.links.get(account);
    if (!link) return false;
    if (link.trusted) return true;
    return listed(link.allowFrom, sender) || this.paired.has(`${account}|${sender.id}`);
  }

  /** Whether unknown people get a pairing code at this bot: yes unless the config lists who may. */
  pairs(account: AccountId): boolean {
    return (this.context.links.get(account)?.allowFrom.trim() ?? '') === '';
  }

  /**
   * Paired people who may write to this bot although its `allow_from` does not list their id. The name kept of them is
   * what they call themselves, and no user name that `allow_from` could mean.
   */
  pairedBeside(account: AccountId): readonly PairingRow[] {
    const { trusted, allowFrom } = this.context.links.get(account) ?? { trusted: true, allowFrom: '' };
    if (trusted || this.pairs(account)) return [];
    return [...this.paired.values()].filter(
      (row) => row.account === account && !listed(allowFrom, { id: row.userId }),
    );
  }

  /** `admin_from`; unset: the first person paired with this project, and the operator at the terminal. */
  isAdmin(account: AccountId, sender: Sender): boolean {
    if (this.context.links.get(account)?.trusted) return true;
    const { adminFrom } = this.context.settings;
    if (adminFrom.trim()) return this.isAllowed(account, sender) && listed(adminFrom, sender);
    const first = [...this.paired.values()].sort((a, b) => (a.approvedAt ?? 0) - (b.approvedAt ?? 0))[0];
    return first !== undefined && first.account === account && first.userId === sender.id;
  }
}

/** A comma-separated list of ids or user names, case-insensitive; `*` means everyone. */
export function listed(list: string, sender: Sender): boolean {
  const names = [sender.id, sender.username]
    .filter((name) => name !== undefined)
    .map((name) => name.toLowerCase());
  return list
    .split(',')
    .map((word) => word.trim().replace(/^@/, '').toLowerCase())
    .some((word) => word === '*' || (word !== '' && names.includes(word)));
}
