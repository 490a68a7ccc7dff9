import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { openSqlite } from '../../src/kit/sqlite.ts';
import { type LedgerEntry, readLedger } from '../sim/agent/ledger.ts';

export interface StoredInput {
  readonly id: string;
  readonly message: string | null;
  readonly chat: string;
  readonly kind: string;
  readonly state: string;
  readonly turn: string | null;
  readonly finished: boolean;
  readonly sessionKey: string;
  /** Whether it is one of several messages that belong together. */
  readonly album: boolean;
  /** Times, ms since the epoch: sent by the platform's clock, taken in, its turn begun, over. */
  readonly platformAt: number;
  readonly receivedAt: number;
  readonly startedAt: number | null;
  /** When its turn was told to stop; 0 when that was before the agent had confirmed its prompt. */
  readonly stoppedAt: number | null;
  readonly finishedAt: number | null;
}

export interface StoredPart {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
  readonly turn: string | null;
  readonly approval: string | null;
  readonly repeated: boolean;
  readonly edits: boolean;
  /** The message it stands in. */
  readonly message: string | null;
  /** The message it answers. */
  readonly replyTo: string | null;
  /** The part that carries its words, when it waited too long to be a message of its own. */
  readonly mergedInto: string | null;
  readonly plain: string;
}

/** What the store says, read beside the daemon. */
export interface StoreView {
  readonly inputs: readonly StoredInput[];
  readonly parts: readonly StoredPart[];
  /** Anything that is not finished, in words; empty when all is settled. */
  readonly open: readonly string[];
  /** When each agent process that is still recorded was started, ms since the epoch. */
  readonly processes: readonly number[];
}

export function readStore(path: string): StoreView {
  if (!existsSync(path)) return { inputs: [], parts: [], open: ['no store yet'], processes: [] };
  const db = openSqlite(path, { readonly: true, timeout: 2000 });
  try {
    const inputs = (
      db
        .prepare(
          `SELECT inputs.id, message, kind, inputs.state, turn_id, inputs.finished_at, body, inputs.session_key,
             platform_at, received_at, turns.started_at,
             (SELECT CASE WHEN handed_at IS NULL THEN 0 ELSE min(at) END
              FROM journal WHERE subject = turn_id AND event = 'turn.stopping' HAVING count(*) > 0) AS stopped_at
           FROM inputs LEFT JOIN turns ON turns.id = turn_id ORDER BY inputs.id`,
        )
        .all() as Record<string, string | number | null>[]
    ).map((row) => ({
      id: String(row.id),
      message: text(row.message),
      chat: String((JSON.parse(String(row.body)) as { address: { chat: string } }).address.chat),
      kind: String(row.kind),
      state: String(row.state),
      turn: text(row.turn_id),
      finished: row.finished_at !== null,
      sessionKey: String(row.session_key),
      album: (parse(row.body) as { group?: object }).group !== undefined,
      platformAt: Number(row.platform_at),
      receivedAt: Number(row.received_at),
      startedAt: time(row.started_at),
      stoppedAt: time(row.stopped_at),
      finishedAt: time(row.finished_at),
    }));
    const parts = (
      db
        .prepare(
          'SELECT id, state, error, turn_id, approval_id, repeated, edit_ref, ref, address, merged_into, part FROM outbox ORDER BY id',
        )
        .all() as Record<string, string | number | null>[]
    ).map((row) => ({
      id: String(row.id),
      state: String(row.state),
      error: row.error === null ? null : String(row.error),
      turn: row.turn_id === null ? null : String(row.turn_id),
      approval: row.approval_id === null ? null : String(row.approval_id),
      repeated: row.repeated === 1,
      edits: row.edit_ref !== null,
      message: (parse(row.ref) as { message?: string }).message ?? null,
      replyTo: (parse(row.address) as { replyTo?: string }).replyTo ?? null,
      mergedInto: row.merged_into === null ? null : String(row.merged_into),
      plain: (parse(row.part) as { plain?: string }).plain ?? '',
    }));
    const list = (sql: string) => db.prepare(sql).pluck().all() as string[];
    const open = [
      ...inputs.filter(({ finished }) => !finished).map(({ id, kind, state }) => `${kind} ${id} ${state}`),
      ...list("SELECT 'turn ' || id || ' ' || state FROM turns WHERE finished_at IS NULL"),
      ...list(
        "SELECT 'part ' || id || ' ' || state || ' ' || coalesce(error, '') FROM outbox WHERE state IN ('pending', 'sending', 'held')",
      ),
      ...list("SELECT 'approval ' || id FROM approvals WHERE state = 'open'"),
      ...list(
        "SELECT 'preview ' || id || ' ' || state FROM previews WHERE state IN ('intent', 'open', 'closing')",
      ),
      ...list("SELECT 'progress card of turn ' || turn_id FROM progress_cards"),
      ...list("SELECT 'activity ' || id FROM activities"),
    ];
    const processes = db.prepare('SELECT started_at FROM processes').pluck().all() as number[];
    return { inputs, parts, open, processes };
  } finally {
    db.close();
  }
}

function text(cell: string | number | null | undefined): string | null {
  return typeof cell === 'string' ? cell : null;
}

function time(cell: string | number | null | undefined): number | null {
  return typeof cell === 'number' ? cell : null;
}

function parse(json: string | number | null | undefined): object {
  return typeof json === 'string' ? (JSON.parse(json) as object) : {};
}

/** What the agents ran, by token. */
export interface Runs {
  readonly starts: readonly LedgerEntry[];
  readonly ends: readonly LedgerEntry[];
  /** Texts that are out and in the transcript. */
  readonly said: readonly LedgerEntry[];
}

const lists = { start: 'starts', end: 'ends', said: 'said' } as const;

export function readRuns(path: string): ReadonlyMap<string, Runs> {
  const entries = existsSync(path) ? readLedger(path) : [];
  const runs = new Map<string, { starts: LedgerEntry[]; ends: LedgerEntry[]; said: LedgerEntry[] }>();
  const tokens = new Map<string, string>();
  for (const entry of entries) {
    const token = tokens.get(entry.uuid) ?? /token: (\w+)/.exec(entry.text ?? '')?.[1];
    if (token === undefined) continue;
    tokens.set(entry.uuid, token);
    const known = runs.get(token) ?? { starts: [], ends: [], said: [] };
    known[lists[entry.event]].push(entry);
    runs.set(token, known);
  }
  return runs;
}

/** Processes with our owner's mark that belong to this home. */
export function ownedProcesses(home: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (!environ.includes('CC_CONNECT_OWNER=') || !environ.includes(home)) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()}`];
    } catch {
      return []; // gone meanwhile, or not ours to read
    }
  });
}
