/** The rows of the store as the rest of the program reads and writes them. */
import type { Address, MessageRef } from '../core/address.ts';
import type { ApprovalAnswer, ApprovalRequest } from '../core/agent-event.ts';
import type {
  AccountId,
  ApprovalId,
  InputId,
  NativeId,
  OutboxId,
  ProjectName,
  PromptId,
  SessionId,
  SessionKey,
  TurnId,
} from '../core/ids.ts';
import type { Action, Inbound } from '../core/inbound.ts';
import type { Part } from '../core/outgoing.ts';
import type { ActivityRef, PreviewRef } from '../core/platform.ts';

/**
 * queued → running → done; refused and dropped were told or asked for; deferred and held wait for a button;
 * quarantined rows crashed the daemon too often.
 */
export type InputState =
  | 'queued'
  | 'deferred'
  | 'held'
  | 'running'
  | 'done'
  | 'refused'
  | 'dropped'
  | 'quarantined';

export interface InputRow {
  readonly id: InputId;
  readonly project: ProjectName;
  readonly account: AccountId;
  readonly dedupeKey: string;
  readonly sessionKey: SessionKey;
  /** The conversation this input was meant for when it arrived. */
  readonly sessionId: SessionId | null;
  /** The agent this message was addressed to by name; null: the one the conversation speaks with. */
  readonly agent: string | null;
  readonly kind: Inbound['kind'] | 'action';
  readonly state: InputState;
  /** The platform's message id, for recalls, edits and quotes. */
  readonly message: string | null;
  readonly promptId: PromptId | null;
  readonly turnId: TurnId | null;
  readonly body: Inbound | Action;
  readonly detail: string | null;
  readonly attempts: number;
  readonly platformAt: number;
  readonly receivedAt: number;
  readonly finishedAt: number | null;
}

export interface SessionRow {
  readonly id: SessionId;
  readonly project: ProjectName;
  readonly sessionKey: SessionKey;
  /** Name of the agent it is held with, as configured; with the type it says whose native conversation this is. */
  readonly agent: string;
  readonly agentType: string;
  readonly nativeId: NativeId | null;
  readonly pastIds: readonly NativeId[];
  readonly name: string | null;
  readonly workDir: string | null;
  readonly mode: string | null;
  readonly model: string | null;
  readonly effort: string | null;
  readonly active: boolean;
  /** The agent lost the conversation: the next prompt carries a recap. */
  readonly recap: boolean;
  /** The next prompt carries the last messages of this other conversation. */
  readonly recapFrom: SessionId | null;
  /** Where this session was last spoken to. */
  readonly address: Address | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUserAt: number;
}

export type TurnState =
  | 'queued'
  | 'starting'
  | 'handed'
  | 'running'
  | 'stopping'
  | 'delivering'
  | 'done'
  | 'failed'
  | 'interrupted';

export interface TurnRow {
  readonly id: TurnId;
  readonly project: ProjectName;
  readonly sessionKey: SessionKey;
  readonly sessionId: SessionId;
  readonly origin: 'prompt' | 'background';
  readonly state: TurnState;
  readonly promptId: PromptId | null;
  readonly nativeId: NativeId | null;
  readonly address: Address;
  /** Text said so far, saved now and then: second evidence after a crash. */
  readonly partial: string | null;
  readonly detail: string | null;
  readonly startedAt: number;
  readonly handedAt: number | null;
  readonly endedAt: number | null;
  /** Set when the last part reached the chat. */
  readonly finishedAt: number | null;
}

export type ApprovalState = 'open' | 'answered' | 'withdrawn' | 'expired' | 'gone';

export interface ApprovalRow {
  readonly id: ApprovalId;
  readonly project: ProjectName;
  readonly sessionKey: SessionKey;
  readonly sessionId: SessionId;
  readonly turnId: TurnId | null;
  readonly wireId: string;
  readonly request: ApprovalRequest;
  /** Answers given so far to a request of several questions, by question id. */
  readonly progress: Readonly<Record<string, readonly string[]>>;
  readonly state: ApprovalState;
  readonly answer: ApprovalAnswer | null;
  readonly answeredBy: string | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly resolvedAt: number | null;
}

/** `sending` may have arrived; with `nextAt` 0 it is in flight. */
export type OutboxState = 'pending' | 'sending' | 'held' | 'sent' | 'dead' | 'dropped';
/** Order of urgency inside a lane. */
export type OutboxClass = 'approval' | 'final';

export interface OutboxRow {
  readonly id: OutboxId;
  readonly project: ProjectName;
  readonly account: AccountId;
  readonly lane: string;
  readonly class: OutboxClass;
  readonly address: Address;
  readonly turnId: TurnId | null;
  readonly inputId: InputId | null;
  readonly approvalId: ApprovalId | null;
  /** This part becomes the final form of that preview. */
  readonly previewId: string | null;
  /** This part replaces an existing message. */
  readonly editRef: MessageRef | null;
  readonly part: Part;
  readonly state: OutboxState;
  readonly attempts: number;
  readonly nextAt: number;
  readonly ref: MessageRef | null;
  readonly error: string | null;
  /** It was sent with the mark of a repeat; of a row that waits: its next attempt will be, as an earlier one may have arrived. */
  readonly repeated: boolean;
  /** How often the daemon crashed while it was in flight. */
  readonly crashes?: number;
  /** The part that carries these words now; this row is settled with it. */
  readonly mergedInto?: OutboxId | null;
  /** The words of the part before others were merged into it. */
  readonly ownPlain?: string | null;
  readonly createdAt: number;
  readonly sentAt: number | null;
}

export interface PreviewRow {
  readonly id: string;
  readonly project: ProjectName;
  readonly account: AccountId;
  readonly turnId: TurnId;
  readonly address: Address;
  /** `closing`: on its way out of the chat; it may be gone already. */
  readonly state: 'intent' | 'open' | 'closing' | 'finished' | 'discarded';
  readonly ref: PreviewRef | null;
  readonly createdAt: number;
}

/** A step on a preview's way out; `ref` when it was learnt only now. */
export interface PreviewEnding {
  readonly id: string;
  readonly state: Exclude<PreviewRow['state'], 'intent' | 'open'>;
  readonly ref?: PreviewRef;
}

/** What a progress card shows, besides how the turn stands. */
export interface ProgressSteps {
  /** The newest steps, as Markdown. */
  readonly entries: readonly string[];
  /** Steps that no longer fit. */
  readonly earlier: number;
  readonly language: string;
}

/** A card that says a turn works; there until the chat has seen how the turn ended. */
export interface ProgressCardRow {
  readonly id: string;
  readonly project: ProjectName;
  readonly turnId: TurnId;
  readonly address: Address;
  readonly card: ProgressSteps;
  /** Null: its creation may be under way, or nobody heard what came of it. */
  readonly ref: MessageRef | null;
  readonly createdAt: number;
}

export interface ActivityRow {
  readonly id: string;
  readonly project: ProjectName;
  readonly account: AccountId;
  readonly ref: ActivityRef;
  readonly createdAt: number;
}

export interface ProcessRow {
  readonly marker: string;
  readonly project: ProjectName;
  readonly sessionId: SessionId;
  readonly pid: number;
  readonly startTime: string;
  readonly finishesOnEof: boolean;
  /** What it was started to do besides its turns, for people. */
  readonly background: readonly string[];
  readonly startedAt: number;
}

export interface PairingRow {
  readonly project: ProjectName;
  readonly account: AccountId;
  readonly userId: string;
  readonly userName: string | null;
  readonly state: 'pending' | 'approved' | 'revoked';
  readonly code: string | null;
  readonly address: Address | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly approvedAt: number | null;
}

export interface HistoryRow {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly at: number;
}

/** A choice that was made, or something learnt, about a place or a person. */
export interface PreferenceRow {
  readonly project: string;
  readonly scope: string;
  readonly name: string;
  readonly value: string;
}

/** Where the names of the `user` and the `chat` behind a session key are kept. */
export function nameScope(sessionKey: string): string {
  return `names:${sessionKey}`;
}

export interface AuditEntry {
  readonly project: ProjectName;
  readonly actor: string;
  readonly action: string;
  readonly detail: string;
}

export interface JournalEntry {
  /** Input, turn, approval or outbox id. */
  readonly subject: string;
  readonly event: string;
  readonly detail?: string;
}
