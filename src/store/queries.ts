import type {
  AccountId,
  ApprovalId,
  InputId,
  NativeId,
  OutboxId,
  ProjectName,
  SessionId,
  SessionKey,
  TurnId,
} from '../core/ids.ts';
import type { Database, Statement } from '../kit/sqlite.ts';
import { fromSql, type SqlValue } from './columns.ts';
import type {
  ActivityRow,
  ApprovalRow,
  AuditEntry,
  HistoryRow,
  InputRow,
  OutboxRow,
  PairingRow,
  PreviewRow,
  ProcessRow,
  ProgressCardRow,
  SessionRow,
  TurnRow,
} from './rows.ts';

/** Everything that is read back: small prepared queries over the reading connection. */
export class Queries {
  private readonly db: Database;
  private readonly prepared = new Map<string, Statement>();

  constructor(db: Database) {
    this.db = db;
  }

  private all<T>(sql: string, ...values: SqlValue[]): T[] {
    return this.statement(sql)
      .all(...values)
      .map((row) => fromSql<T>(row));
  }

  private one<T>(sql: string, ...values: SqlValue[]): T | undefined {
    const row = this.statement(sql).get(...values);
    return row === undefined ? undefined : fromSql<T>(row);
  }

  private statement(sql: string): Statement {
    const known = this.prepared.get(sql);
    if (known) return known;
    const made = this.db.prepare(sql);
    this.prepared.set(sql, made);
    return made;
  }

  // inputs
  input = (id: InputId) => this.one<InputRow>('SELECT * FROM inputs WHERE id = ?', id);
  inputByKey = (account: AccountId, key: string) =>
    this.one<InputRow>('SELECT * FROM inputs WHERE account = ? AND dedupe_key = ?', account, key);
  inputsByMessage = (account: AccountId, message: string) =>
    this.all<InputRow>(
      "SELECT * FROM inputs WHERE account = ? AND message = ? AND kind = 'message' ORDER BY id DESC LIMIT 10",
      account,
      message,
    );
  /** Every input of a project that is not finished, in the platform's order. */
  openInputs = (project: ProjectName) =>
    this.all<InputRow>(
      'SELECT * FROM inputs WHERE project = ? AND finished_at IS NULL ORDER BY platform_at, id',
      project,
    );
  inputsOfTurn = (turn: TurnId) =>
    this.all<InputRow>('SELECT * FROM inputs WHERE turn_id = ? ORDER BY platform_at, id', turn);
  recentInputs = (project: ProjectName, key: SessionKey, limit: number) =>
    this.all<InputRow>(
      'SELECT * FROM inputs WHERE project = ? AND session_key = ? ORDER BY received_at DESC, id DESC LIMIT ?',
      project,
      key,
      limit,
    );

  // sessions
  session = (id: SessionId) => this.one<SessionRow>('SELECT * FROM sessions WHERE id = ?', id);
  sessionsOf = (project: ProjectName, key: SessionKey) =>
    this.all<SessionRow>(
      'SELECT * FROM sessions WHERE project = ? AND session_key = ? ORDER BY updated_at DESC, id DESC',
      project,
      key,
    );
  activeSession = (project: ProjectName, key: SessionKey) =>
    this.one<SessionRow>(
      'SELECT * FROM sessions WHERE project = ? AND session_key = ? AND active = 1 ORDER BY id DESC LIMIT 1',
      project,
      key,
    );
  sessionsOfProject = (project: ProjectName) =>
    this.all<SessionRow>('SELECT * FROM sessions WHERE project = ? ORDER BY updated_at DESC', project);
  sessionByNative = (project: ProjectName, native: NativeId) =>
    this.one<SessionRow>(
      'SELECT * FROM sessions WHERE project = ? AND native_id = ? ORDER BY updated_at DESC LIMIT 1',
      project,
      native,
    );

  // turns
  turn = (id: TurnId) => this.one<TurnRow>('SELECT * FROM turns WHERE id = ?', id);
  openTurns = (project: ProjectName) =>
    this.all<TurnRow>(
      'SELECT * FROM turns WHERE project = ? AND finished_at IS NULL ORDER BY started_at, id',
      project,
    );
  turnsOf = (session: SessionId, limit: number) =>
    this.all<TurnRow>(
      'SELECT * FROM turns WHERE session_id = ? ORDER BY started_at DESC LIMIT ?',
      session,
      limit,
    );

  // approvals
  approval = (id: ApprovalId) => this.one<ApprovalRow>('SELECT * FROM approvals WHERE id = ?', id);
  openApprovals = (project: ProjectName) =>
    this.all<ApprovalRow>(
      "SELECT * FROM approvals WHERE project = ? AND state = 'open' ORDER BY created_at, id",
      project,
    );

  approvalsOfTurn = (turn: TurnId) =>
    this.all<ApprovalRow>('SELECT * FROM approvals WHERE turn_id = ? ORDER BY created_at, id', turn);
  /** Settled ones whose message was never replaced by what became of them. */
  settledApprovalsStillShown = (project: ProjectName) =>
    this.all<ApprovalRow>(
      `SELECT * FROM approvals a WHERE project = ? AND state != 'open'
         AND EXISTS (SELECT 1 FROM outbox o WHERE o.approval_id = a.id AND o.edit_ref IS NULL
           AND o.state IN ('pending', 'sending', 'held', 'sent'))
         AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.approval_id = a.id AND o.edit_ref IS NOT NULL)`,
      project,
    );

  // outbox
  part = (id: OutboxId) => this.one<OutboxRow>('SELECT * FROM outbox WHERE id = ?', id);
  openParts = (project: ProjectName) =>
    this.all<OutboxRow>(
      `SELECT * FROM outbox WHERE project = ? AND state IN ('pending', 'sending', 'held') AND merged_into IS NULL
         ORDER BY id`,
      project,
    );
  /** Files of all projects that are still to be sent. */
  openFileParts = () =>
    this.all<OutboxRow>(
      "SELECT * FROM outbox WHERE state IN ('pending', 'sending', 'held') AND json_extract(part, '$.kind') = 'file'",
    );
  partsOfTurn = (turn: TurnId) =>
    this.all<OutboxRow>('SELECT * FROM outbox WHERE turn_id = ? ORDER BY id', turn);
  partsOfInput = (input: InputId) =>
    this.all<OutboxRow>('SELECT * FROM outbox WHERE input_id = ? ORDER BY id', input);
  partsOfApproval = (approval: ApprovalId) =>
    this.all<OutboxRow>('SELECT * FROM outbox WHERE approval_id = ? ORDER BY id', approval);
  deadParts = (project: ProjectName, limit: number) =>
    this.all<OutboxRow>(
      "SELECT * FROM outbox WHERE project = ? AND state = 'dead' ORDER BY id DESC LIMIT ?",
      project,
      limit,
    );
  /** What a message of the bot shows; ids may repeat from chat to chat. */
  partsShownAs = (account: AccountId, message: string) =>
    this.all<OutboxRow>(
      "SELECT * FROM outbox WHERE account = ? AND ref IS NOT NULL AND json_extract(ref, '$.message') = ? ORDER BY id DESC LIMIT 20",
      account,
      message,
    );
  /** The newest message ids we sent to a chat, newest first: ids with a known owner. */
  sentRefs = (account: AccountId, lane: string, limit: number) =>
    this.all<OutboxRow>(
      "SELECT * FROM outbox WHERE account = ? AND lane = ? AND state = 'sent' ORDER BY id DESC LIMIT ?",
      account,
      lane,
      limit,
    );

  // previews, activities, processes
  openPreviews = (project: ProjectName) =>
    this.all<PreviewRow>(
      "SELECT * FROM previews WHERE project = ? AND state IN ('intent', 'open', 'closing') ORDER BY id",
      project,
    );
  preview = (id: string) => this.one<PreviewRow>('SELECT * FROM previews WHERE id = ?', id);
  /** Cards that say a turn works. */
  progressCards = (project: ProjectName) =>
    this.all<ProgressCardRow>('SELECT * FROM progress_cards WHERE project = ? ORDER BY id', project);
  /** Signs of a project at a bot; those without a project are from before bots were shared. */
  activities = (account: AccountId, project: ProjectName) =>
    this.all<ActivityRow>(
      "SELECT * FROM activities WHERE account = ? AND project IN (?, '')",
      account,
      project,
    );
  processes = (project: ProjectName) =>
    this.all<ProcessRow>('SELECT * FROM processes WHERE project = ?', project);

  // people
  pairings = (project?: ProjectName) =>
    project
      ? this.all<PairingRow>('SELECT * FROM pairings WHERE project = ? ORDER BY created_at', project)
      : this.all<PairingRow>('SELECT * FROM pairings ORDER BY created_at');
  pairingByCode = (code: string) => this.one<PairingRow>('SELECT * FROM pairings WHERE code = ?', code);
  audits = (project: ProjectName, limit: number) =>
    this.all<{ at: number; actor: string; action: string; detail: string }>(
      'SELECT at, actor, action, detail FROM audit WHERE project = ? ORDER BY id DESC LIMIT ?',
      project,
      limit,
    );
  /** The newest entries of all projects, or of those that fit, oldest of them first. */
  auditTrail = (where: { project: string | null; actor: string | null; limit: number }) =>
    this.all<AuditEntry & { readonly at: number }>(
      `SELECT at, project, actor, action, detail FROM audit
         WHERE project = COALESCE(?, project) AND actor = COALESCE(?, actor) ORDER BY id DESC LIMIT ?`,
      where.project,
      where.actor,
      where.limit,
    ).reverse();
  preference = (project: string, scope: string, name: string) =>
    this.one<{ value: string }>(
      'SELECT value FROM preferences WHERE project = ? AND scope = ? AND name = ?',
      project,
      scope,
      name,
    )?.value;

  preferencesIn = (project: string, scope: string) =>
    this.all<{ name: string; value: string }>(
      'SELECT name, value FROM preferences WHERE project = ? AND scope = ? ORDER BY name',
      project,
      scope,
    );

  // what adapters remember
  memory = (account: AccountId, name: string) =>
    this.one<{ value: string }>('SELECT value FROM memory WHERE account = ? AND name = ?', account, name)
      ?.value;

  /** Those whose names begin with this, the last written one last. */
  memories = (account: AccountId, prefix: string) =>
    this.all<{ name: string; value: string }>(
      'SELECT name, value FROM memory WHERE account = ? AND substr(name, 1, length(?)) = ? ORDER BY written_at, name',
      account,
      prefix,
      prefix,
    );

  // history and trace
  /** The newest entries, oldest of them first. */
  history = (session: SessionId, limit: number) =>
    this.all<HistoryRow>(
      'SELECT role, text, at FROM history WHERE session_id = ? ORDER BY id DESC LIMIT ?',
      session,
      limit,
    ).reverse();
  historyCount = (session: SessionId) =>
    this.one<{ n: number }>('SELECT COUNT(*) AS n FROM history WHERE session_id = ?', session)?.n ?? 0;
  firstUserText = (session: SessionId) =>
    this.one<{ text: string }>(
      "SELECT text FROM history WHERE session_id = ? AND role = 'user' ORDER BY id LIMIT 1",
      session,
    )?.text;
  journal = (subject: string) =>
    this.all<{ at: number; event: string; detail: string | null }>(
      'SELECT at, event, detail FROM journal WHERE subject = ? ORDER BY id',
      subject,
    );

  // staged files
  stagedOlderThan = (limit: number) =>
    this.all<{ folder: string; bytes: number; createdAt: number }>(
      'SELECT folder, bytes, created_at FROM staged WHERE created_at < ? ORDER BY created_at',
      limit,
    );
  staged = () =>
    this.all<{ folder: string; bytes: number; createdAt: number }>(
      'SELECT folder, bytes, created_at FROM staged ORDER BY created_at',
    );

  integrity = (): string => String(this.db.pragma('quick_check(1)', { simple: true }));
}
