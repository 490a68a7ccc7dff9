import { AppError } from '../core/errors.ts';
import { isOpen, type Pairing as ProjectPairing } from '../engine/pairing.ts';
import type { Project } from '../engine/project.ts';
import { normalizeCode } from '../kit/ids.ts';
import type { DoctorFinding, Pairing } from '../servers/local/backend.ts';
import type { Queries } from '../store/queries.ts';
import type { PairingRow } from '../store/rows.ts';

/**
 * The people at the bots of all projects, for the owner's commands. A name that fits several of them is refused: ids are
 * equal at all bots of a platform, and access must never be taken from the wrong one.
 */
export class People {
  private readonly queries: Pick<Queries, 'pairings' | 'pairingByCode'>;
  private readonly pairingIn: (project: string) => ProjectPairing | undefined;

  constructor(
    queries: Pick<Queries, 'pairings' | 'pairingByCode'>,
    pairingIn: (project: string) => ProjectPairing | undefined,
  ) {
    this.queries = queries;
    this.pairingIn = pairingIn;
  }

  /** All but expired requests. */
  list(): readonly Pairing[] {
    return this.rows().map(pairingOf);
  }

  /** `who` is an open code, or the listed id or user id of somebody who waits or whose access was taken back. */
  async approve(who: string): Promise<Pairing> {
    const coded = this.queries.pairingByCode(normalizeCode(who));
    const now = Date.now();
    const row = isOpen(coded, now)
      ? coded
      : // What people call themselves lets nobody in.
        one(
          who,
          this.rows().filter(({ state }) => state !== 'approved'),
          (each) => each.userId === who,
        );
    if (!row)
      throw new AppError('pair_unknown', `no open pairing request has the code ${who}`, {
        kind: 'not_found',
        advice:
          'codes expire after 15 minutes; "cc-connect pair list" shows the open ones, and the ids of revoked people',
      });
    return pairingOf(await this.of(row).approve(row.account, row.userId));
  }

  /** `who` is the listed id, else the user id or the name that only one has of all who are paired or wait. */
  async revoke(who: string): Promise<Pairing> {
    const called = (row: PairingRow) => row.userId === who || row.userName === who;
    const open = this.rows().filter(({ state }) => state !== 'revoked');
    const row = one(who, open, called);
    if (!row)
      throw new AppError('pair_unknown', `nobody called ${who} is paired`, {
        kind: 'not_found',
        advice: '"cc-connect pair list" shows who is',
      });
    return pairingOf(await this.of(row).revoke(row.account, row.userId));
  }

  private rows(): readonly PairingRow[] {
    const now = Date.now();
    return this.queries.pairings().filter((row) => row.state !== 'pending' || isOpen(row, now));
  }

  private of(row: PairingRow): ProjectPairing {
    const pairing = this.pairingIn(row.project);
    if (pairing) return pairing;
    throw new AppError('project_unknown', `the project ${row.project} is not running`, {
      kind: 'conflict',
      advice: '"cc-connect doctor" says why; nobody reaches it meanwhile',
    });
  }
}

/** What the owner of a project may not know about who gets in. */
export function accessFindings({ context, access }: Project): DoctorFinding[] {
  return [...context.links.keys()]
    .flatMap((account) => access.pairedBeside(account))
    .map((row) => ({
      area: 'access',
      level: 'warning',
      what: `${row.userId}${row.userName ? ` (${row.userName})` : ''} is not listed by id in allow_from, but was paired with ${row.project} and may still write to ${row.account}`,
      fix: `cc-connect pair revoke ${quoted(idOf(row))}, or add the id to allow_from`,
    }));
}

function quoted(id: string): string {
  return /^[\w./:@-]+$/.test(id) ? id : `'${id.replaceAll("'", "'\\''")}'`;
}

/** The row with this listed id, else the only one that fits. */
function one(
  who: string,
  rows: readonly PairingRow[],
  fits: (row: PairingRow) => boolean,
): PairingRow | undefined {
  const exact = rows.find((row) => idOf(row) === who);
  if (exact) return exact;
  const found = rows.filter(fits);
  if (found.length > 1)
    throw new AppError('pair_ambiguous', `several people are called ${who}`, {
      kind: 'conflict',
      advice: `name one by its id: ${found.map(idOf).join(', ')}`,
    });
  return found[0];
}

function idOf(row: PairingRow): string {
  return `${row.project}/${row.account}/${row.userId}`;
}

function pairingOf(row: PairingRow): Pairing {
  return {
    id: idOf(row),
    project: row.project,
    platform: row.account,
    userId: row.userId,
    userName: row.userName ?? undefined,
    state: row.state,
    code: row.code ?? undefined,
    since: row.approvedAt ?? row.createdAt,
    expiresAt: row.expiresAt ?? undefined,
  };
}
