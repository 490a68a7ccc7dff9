import type { MessageRef } from '../core/address.ts';
import type { ApprovalAnswer } from '../core/agent-event.ts';
import type {
  AccountId,
  ApprovalId,
  InputId,
  NativeId,
  ProjectName,
  SessionId,
  TurnId,
} from '../core/ids.ts';
import type { PreviewRef } from '../core/platform.ts';
import { type HistoryEntry, outboxTransactions } from './outbox-transactions.ts';
import { sweep } from './retention.ts';
import { finishTurnIfDelivered, type Riders, ride } from './riders.ts';
import type {
  ActivityRow,
  ApprovalRow,
  InputRow,
  InputState,
  PairingRow,
  PreferenceRow,
  PreviewEnding,
  PreviewRow,
  ProcessRow,
  ProgressCardRow,
  ProgressSteps,
  SessionRow,
  TurnRow,
  TurnState,
} from './rows.ts';
import { deactivate, type SessionChange, sessionChanges } from './session-changes.ts';
import type { TableAccess } from './table-access.ts';

export type { SessionChange } from './session-changes.ts';

/**
 * Every change the daemon makes to its state, by name. Each runs whole or not at all; the names are also the
 * failpoints of the torture run. Arguments and results are plain data: they cross to the writer thread.
 */
export const transactions = {
  /**
   * False when this happening was stored before; then nothing is written. `activate`: the session becomes the
   * active one of its key.
   */
  acceptInput(
    t: TableAccess,
    a: { input: InputRow; session?: SessionRow; activate?: boolean; touch?: boolean } & Riders,
  ): boolean {
    if (!t.insert('inputs', a.input, 'ignore')) return false;
    if (a.session && a.activate) deactivate(t, a.session);
    if (a.session && !t.insert('sessions', a.session, 'ignore') && a.activate)
      t.update('sessions', { active: true }, { id: a.session.id });
    if (a.touch && a.input.sessionId) {
      t.update(
        'sessions',
        { lastUserAt: a.input.receivedAt, updatedAt: a.input.receivedAt, address: a.input.body.address },
        { id: a.input.sessionId },
      );
    }
    ride(t, a.input.receivedAt, a, { subject: a.input.id, event: `input.${a.input.state}` });
    return true;
  },

  /** Moves inputs on; `done`, `refused`, `dropped` and `quarantined` finish them. Returns how many changed. */
  settleInputs(
    t: TableAccess,
    a: {
      ids: readonly InputId[];
      state: InputState;
      from?: readonly InputState[];
      detail?: string;
      body?: InputRow['body'];
      sessionId?: SessionId | null;
      agent?: string | null;
      at: number;
    } & Riders,
  ): number {
    const finished =
      a.state === 'done' || a.state === 'refused' || a.state === 'dropped' || a.state === 'quarantined';
    const set = {
      state: a.state,
      detail: a.detail,
      body: a.body,
      sessionId: a.sessionId,
      agent: a.agent,
      finishedAt: finished ? a.at : undefined,
    };
    const changed = t.update('inputs', set, { id: a.ids, ...(a.from ? { state: a.from } : {}) });
    ride(t, a.at, a, ...a.ids.map((id) => ({ subject: id, event: `input.${a.state}`, detail: a.detail })));
    return changed;
  },

  beginTurn(
    t: TableAccess,
    a: {
      turn: TurnRow;
      inputs: readonly InputId[];
      preview?: PreviewRow;
      history?: readonly HistoryEntry[];
    } & Riders,
  ): void {
    t.insert('turns', a.turn);
    t.update(
      'inputs',
      { state: 'running', turnId: a.turn.id, sessionId: a.turn.sessionId },
      { id: a.inputs },
    );
    if (a.preview) t.insert('previews', a.preview);
    for (const entry of a.history ?? []) t.insert('history', entry);
    ride(t, a.turn.startedAt, a, { subject: a.turn.id, event: 'turn.starting', detail: a.inputs.join(' ') });
  },

  /** The agent has accepted the prompt; one without a transcript is about to get it, for then only this row tells. */
  turnHanded(t: TableAccess, a: { id: TurnId; at: number }): void {
    t.update('turns', { state: 'handed', handedAt: a.at }, { id: a.id, state: ['queued', 'starting'] });
    t.update('turns', { handedAt: a.at }, { id: a.id, handedAt: null });
    ride(t, a.at, {}, { subject: a.id, event: 'turn.handed' });
  },

  markTurn(
    t: TableAccess,
    a: { id: TurnId; state?: TurnState; nativeId?: NativeId; partial?: string; detail?: string; at: number },
  ): void {
    t.update(
      'turns',
      { state: a.state, nativeId: a.nativeId, partial: a.partial, detail: a.detail },
      { id: a.id },
    );
    if (a.state) ride(t, a.at, {}, { subject: a.id, event: `turn.${a.state}`, detail: a.detail });
  },

  /** An input joins a running turn (steer, fold, collect). */
  joinTurn(
    t: TableAccess,
    a: { turnId: TurnId; inputs: readonly InputId[]; history?: readonly HistoryEntry[]; at: number },
  ): void {
    t.update('inputs', { state: 'running', turnId: a.turnId }, { id: a.inputs });
    for (const entry of a.history ?? []) t.insert('history', entry);
    ride(t, a.at, {}, ...a.inputs.map((id) => ({ subject: id, event: 'input.joined', detail: a.turnId })));
  },

  /** An input whose turn never reached the agent goes back into the queue. `unseen`: nothing of it was shown. */
  requeue(
    t: TableAccess,
    a: {
      turnId: TurnId;
      inputs: readonly InputId[];
      detail: string;
      unseen: boolean;
      at: number;
    } & Riders,
  ): void {
    t.update(
      'turns',
      { state: 'failed', detail: a.detail, endedAt: a.at, finishedAt: a.at },
      { id: a.turnId },
    );
    t.update('inputs', { state: 'queued', turnId: null }, { id: a.inputs });
    // It is told when it runs: a recap before that would let the agent do it twice.
    t.statement(
      'DELETE FROM history WHERE turn_id = ? AND session_id = (SELECT session_id FROM turns WHERE id = ?)',
    ).run(a.turnId, a.turnId);
    if (a.unseen)
      t.update('previews', { state: 'discarded' }, { turnId: a.turnId, state: 'intent', ref: null });
    ride(t, a.at, a, { subject: a.turnId, event: 'turn.requeued', detail: a.detail });
  },

  /**
   * The end of a turn: its outcome, all parts to deliver, history and session changes at once. With nothing to
   * deliver it is finished here; otherwise when the last part is settled.
   */
  endTurn(
    t: TableAccess,
    a: {
      id: TurnId;
      outcome: 'done' | 'failed' | 'interrupted';
      detail?: string;
      inputState?: InputState;
      /** Messages the agent took too late for this turn: they wait for one of their own. */
      released?: readonly InputId[];
      history?: readonly HistoryEntry[];
      session?: SessionChange & { id: SessionId };
      at: number;
    } & Riders,
  ): void {
    t.update(
      'turns',
      {
        state: 'delivering',
        detail: a.outcome === 'done' ? undefined : `${a.outcome}${a.detail ? `: ${a.detail}` : ''}`,
        endedAt: a.at,
        partial: null,
      },
      { id: a.id },
    );
    t.update('turns', { detail: a.outcome }, { id: a.id, detail: null });
    if (a.released && a.released.length > 0)
      t.update('inputs', { state: 'queued', turnId: null }, { id: a.released });
    if (a.inputState)
      t.update('inputs', { state: a.inputState, finishedAt: a.at }, { turnId: a.id, finishedAt: null });
    for (const entry of a.history ?? []) t.insert('history', entry);
    if (a.session) {
      const { id, ...change } = a.session;
      t.update('sessions', change, { id });
    }
    ride(t, a.at, a, { subject: a.id, event: 'turn.delivering', detail: a.outcome });
    finishTurnIfDelivered(t, a.id, a.at);
  },

  ...outboxTransactions,

  previewIntent(t: TableAccess, a: { preview: PreviewRow }): void {
    t.insert('previews', a.preview);
  },

  previewOpened(t: TableAccess, a: { id: string; ref: PreviewRef }): void {
    t.update('previews', { state: 'open', ref: a.ref }, { id: a.id });
  },

  previewClosed(t: TableAccess, a: PreviewEnding): void {
    t.update('previews', { state: a.state, ref: a.ref }, { id: a.id });
  },

  progressBegun(t: TableAccess, a: { row: ProgressCardRow }): void {
    t.insert('progress_cards', a.row);
  },

  progressShown(t: TableAccess, a: { id: string; ref: MessageRef; card: ProgressSteps }): void {
    t.update('progress_cards', { ref: a.ref, card: a.card }, { id: a.id });
  },

  progressEnded(t: TableAccess, a: { id: string }): void {
    t.remove('progress_cards', { id: a.id });
  },

  activityShown(t: TableAccess, a: { activity: ActivityRow }): void {
    t.insert('activities', a.activity, 'replace');
  },

  activityCleared(t: TableAccess, a: { id: string }): void {
    t.remove('activities', { id: a.id });
  },

  approvalOpened(t: TableAccess, a: { approval: ApprovalRow } & Riders): void {
    t.insert('approvals', a.approval);
    ride(t, a.approval.createdAt, a, {
      subject: a.approval.id,
      event: 'approval.open',
      detail: a.approval.turnId ?? undefined,
    });
  },

  approvalProgress(t: TableAccess, a: { id: ApprovalId; progress: ApprovalRow['progress'] }): boolean {
    return t.update('approvals', { progress: a.progress }, { id: a.id, state: 'open' }) > 0;
  },

  /** True for the first answer only: everyone else learns that it was stale. */
  approvalResolved(
    t: TableAccess,
    a: {
      id: ApprovalId;
      state: Exclude<ApprovalRow['state'], 'open'>;
      answer?: ApprovalAnswer;
      answeredBy?: string;
      at: number;
    } & Riders,
  ): boolean {
    const set = { state: a.state, answer: a.answer, answeredBy: a.answeredBy, resolvedAt: a.at };
    if (t.update('approvals', set, { id: a.id, state: 'open' }) === 0) return false;
    ride(t, a.at, a, { subject: a.id, event: `approval.${a.state}`, detail: a.answeredBy });
    return true;
  },

  ...sessionChanges,

  processStarted(t: TableAccess, a: { process: ProcessRow }): void {
    t.insert('processes', a.process, 'replace');
  },

  /** What a process does besides its turns. Emptied in the transaction that tells how it ended, so it is told once. */
  processBackground(
    t: TableAccess,
    a: { marker: string; background: readonly string[]; at: number } & Riders,
  ): void {
    t.update('processes', { background: a.background }, { marker: a.marker });
    ride(t, a.at, a);
  },

  processEnded(t: TableAccess, a: { marker: string }): void {
    t.remove('processes', { marker: a.marker });
  },

  pairing(t: TableAccess, a: { row: PairingRow } & Riders): void {
    t.insert('pairings', a.row, 'replace');
    ride(t, a.row.createdAt, a);
  },

  record(t: TableAccess, a: { at: number } & Riders): void {
    ride(t, a.at, a);
  },

  setPreference(
    t: TableAccess,
    a: { project: string; scope: string; name: string; value: string | null },
  ): void {
    if (a.value === null) t.remove('preferences', { project: a.project, scope: a.scope, name: a.name });
    else
      t.insert(
        'preferences',
        { project: a.project, scope: a.scope, name: a.name, value: a.value },
        'replace',
      );
  },

  /** What an adapter wants to know again after a restart. */
  remember(t: TableAccess, a: { account: AccountId; name: string; value: string; at: number }): void {
    t.insert('memory', { account: a.account, name: a.name, value: a.value, writtenAt: a.at }, 'replace');
  },

  staged(t: TableAccess, a: { folder: string; inputId: InputId; bytes: number; at: number }): void {
    t.insert('staged', { folder: a.folder, inputId: a.inputId, bytes: a.bytes, createdAt: a.at }, 'replace');
  },

  unstaged(t: TableAccess, a: { folders: readonly string[] }): void {
    t.remove('staged', { folder: a.folders });
  },

  /** An input that has no turn is acted on from now on: if that ends the daemon, it is counted. */
  beginInput(t: TableAccess, a: { id: InputId; at: number }): void {
    if (t.update('inputs', { state: 'running' }, { id: a.id, finishedAt: null }) > 0)
      ride(t, a.at, {}, { subject: a.id, event: 'input.running' });
  },

  /** The project is being stopped in order: what runs now did not end the daemon. */
  stoppedInOrder(t: TableAccess, a: { project: ProjectName }): void {
    t.insert('preferences', { ...stopSign(a.project), value: 'in order' }, 'replace');
  },

  /**
   * At the start, before anything runs: what was in flight when the last life crashed is counted. From then on nothing
   * is in flight but the inputs of turns: what is only stored begins anew, and counts again only if it does.
   */
  countCrash(t: TableAccess, a: { project: ProjectName }): void {
    const one = t.remove('preferences', stopSign(a.project)) > 0 ? 0 : 1;
    t.statement(
      "UPDATE inputs SET attempts = attempts + ? WHERE project = ? AND state = 'running' AND finished_at IS NULL",
    ).run(one, a.project);
    t.statement(
      "UPDATE inputs SET state = 'queued' WHERE project = ? AND state = 'running' AND turn_id IS NULL AND finished_at IS NULL",
    ).run(a.project);
    t.statement(
      "UPDATE outbox SET crashes = crashes + ?, next_at = 1 WHERE project = ? AND state = 'sending' AND next_at = 0",
    ).run(one, a.project);
  },

  importRows(
    t: TableAccess,
    a: {
      sessions: readonly SessionRow[];
      history: readonly HistoryEntry[];
      preferences: readonly PreferenceRow[];
    },
  ): number {
    let added = 0;
    for (const session of a.sessions) if (t.insert('sessions', session, 'ignore')) added += 1;
    for (const entry of a.history) t.insert('history', entry);
    for (const row of a.preferences) t.insert('preferences', row, 'ignore');
    return added;
  },

  sweep,
} satisfies Record<string, (t: TableAccess, args: never) => unknown>;

/** Where a project says that it was stopped in order. */
function stopSign(project: ProjectName) {
  return { project, scope: 'daemon', name: 'stopped' };
}

export type Transactions = typeof transactions;
export type TransactionName = keyof Transactions;
export type TransactionArgs<N extends TransactionName> = Parameters<Transactions[N]>[1];
export type TransactionResult<N extends TransactionName> = ReturnType<Transactions[N]>;
