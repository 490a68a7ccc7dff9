import type { Address } from '../core/address.ts';
import { AppError } from '../core/errors.ts';
import type { AccountId } from '../core/ids.ts';
import type { Inbound } from '../core/inbound.ts';
import { accessTexts } from '../i18n/texts/access.ts';
import { translate } from '../i18n/translate.ts';
import { humanCode } from '../kit/ids.ts';
import type { AuditEntry, PairingRow } from '../store/rows.ts';
import type { Access } from './access.ts';
import { partsFor } from './parts.ts';
import { languageFor, linkOf, type ProjectContext } from './project-context.ts';

const validMs = 15 * 60_000;
/** A person who keeps writing gets the code again at most this often. */
const repeatMs = 60_000;
/** Open codes per project: a crowd of strangers cannot flood the owner. */
const maxPending = 20;

/** Strangers in a direct chat get a code; the owner approves it on the machine. */
export class Pairing {
  private readonly context: ProjectContext;
  private readonly access: Access;
  private readonly toldAt = new Map<string, number>();
  /** People who were let in or turned away by somebody: a request on its way to the disk must not undo that. */
  private readonly decided = new Set<string>();

  constructor(context: ProjectContext, access: Access) {
    this.context = context;
    this.access = access;
  }

  /** Answers a stranger: a code, the same code again, or nothing when too many are open. */
  async greet(inbound: Inbound): Promise<void> {
    const { account } = inbound.address;
    const { sender } = inbound;
    const now = Date.now();
    const key = `${account}|${sender.id}`;
    if (now - (this.toldAt.get(key) ?? 0) < repeatMs) return;
    const all = this.context.queries.pairings(this.context.name);
    if (this.decided.has(key)) return;
    if (all.some((row) => row.state !== 'pending' && row.account === account && row.userId === sender.id))
      return;
    const pending = all.filter((row) => isOpen(row, now));
    const own = pending.find((row) => row.account === account && row.userId === sender.id);
    if (!own && pending.length >= maxPending) {
      this.context.log.warn({ account }, 'too many pairing codes are open; a stranger got none');
      return;
    }
    this.toldAt.set(key, now);
    if (this.toldAt.size > 1000) this.toldAt.clear();
    const row: PairingRow = own ?? {
      project: this.context.name,
      account,
      userId: sender.id,
      userName: sender.name ?? sender.username ?? null,
      state: 'pending',
      code: humanCode(8),
      address: inbound.address,
      createdAt: now,
      expiresAt: now + validMs,
      approvedAt: null,
    };
    const minutes = Math.max(1, Math.round(((row.expiresAt ?? now) - now) / 60_000));
    const text = translate(
      accessTexts.pairing,
      languageFor(this.context, account, sender, inbound.kind === 'message' ? inbound.text : undefined),
      { code: row.code ?? '', minutes },
    );
    const outbox = this.message(inbound.address, text);
    const committed = this.context.store.commit('pairing', {
      row,
      outbox,
      audit: [{ project: row.project, actor: sender.id, action: 'pairing.asked', detail: account }],
    });
    this.context.delivery.reserve(outbox, committed);
    await committed;
  }

  /**
   * Lets a person in who has an open request, or whose access was taken back.
   * @throws AppError `pair_unknown` when there is no such person at this bot.
   */
  async approve(account: AccountId, userId: string): Promise<PairingRow> {
    const row = this.rowOf(account, userId);
    if (row?.state !== 'revoked' && !isOpen(row, Date.now())) throw this.nobody(userId, account, 'waits');
    return this.admit(row);
  }

  /**
   * Takes access back from a person at one bot; an open request ends with it. They are not asked to pair again.
   * @throws AppError `pair_unknown` when there is nothing to take back.
   */
  async revoke(account: AccountId, userId: string): Promise<PairingRow> {
    const row = this.rowOf(account, userId);
    if (!row || (row.state !== 'approved' && !isOpen(row, Date.now())))
      throw this.nobody(userId, account, 'is paired');
    this.decided.add(`${account}|${userId}`);
    const revoked: PairingRow = { ...row, state: 'revoked', code: null, expiresAt: null };
    await this.context.store.commit('pairing', { row: revoked, audit: [this.note(row, 'pairing.revoked')] });
    this.access.refresh();
    return revoked;
  }

  private async admit(row: PairingRow): Promise<PairingRow> {
    const now = Date.now();
    this.decided.add(`${row.account}|${row.userId}`);
    const approved: PairingRow = { ...row, state: 'approved', code: null, expiresAt: null, approvedAt: now };
    const text = translate(accessTexts.paired, languageFor(this.context, row.account, { id: row.userId }));
    const outbox = row.address ? this.message(row.address, text) : [];
    const audit = [this.note(row, 'pairing.approved')];
    const committed = this.context.store.commit('pairing', { row: approved, outbox, audit });
    this.context.delivery.reserve(outbox, committed);
    await committed;
    this.access.refresh();
    return approved;
  }

  private rowOf(account: AccountId, userId: string): PairingRow | undefined {
    return this.context.queries
      .pairings(this.context.name)
      .find((row) => row.account === account && row.userId === userId);
  }

  private note(row: PairingRow, action: string): AuditEntry {
    return { project: row.project, actor: 'operator', action, detail: `${row.account} ${row.userId}` };
  }

  private nobody(userId: string, account: AccountId, what: string): AppError {
    return new AppError('pair_unknown', `nobody called ${userId} ${what} at ${account}`, {
      kind: 'not_found',
      advice: '"cc-connect pair list" shows who is',
    });
  }

  private message(to: Address, markdown: string) {
    const link = linkOf(this.context, to);
    return link
      ? partsFor(link.platform, to, { kind: 'text', markdown }, { project: this.context.name }, Date.now())
      : [];
  }
}

/** A request whose code can still be used. */
export function isOpen(row: PairingRow | undefined, now: number): row is PairingRow {
  return row?.state === 'pending' && (row.expiresAt ?? 0) > now;
}
