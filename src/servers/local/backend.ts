import type { RouteDecision } from '../../engine/routing/rules.ts';
import type { TerminalAttachment, TerminalClient } from '../../platforms/terminal/frames.ts';

/**
 * What the local socket offers to `cc-connect` commands. Plain data both ways; failures are `AppError`s whose
 * `kind` becomes the HTTP status (validation 400, permission 403, not_found 404, conflict 409, else 500/503).
 */
export interface LocalBackend {
  /**
   * Puts a message into a chat. Resolves once every part is committed to the outbox and every file has been copied
   * (an uploaded one may be moved): the caller may delete its files right after.
   */
  send(request: SendRequest): Promise<SendResult>;
  /** Known conversations, last active first. */
  sessions(query: { readonly project?: string }): Promise<readonly SessionSummary[]>;
  /** One conversation by session id, `project:id`, or session key; `last` messages of its history. Rejects `not_found`. */
  session(query: { readonly id: string; readonly last: number }): Promise<SessionDetail>;
  /** The agent's own id of the active conversation; undefined when it has none yet. */
  agentSid(query: Target): Promise<string | undefined>;
  status(): Promise<DaemonStatus>;
  /** All that happened to one message. `id` is that of an input, a turn, a part or a message of the platform. Rejects `not_found`. */
  trace(id: string): Promise<Trace>;
  /** Who was let in, refused or turned out, and who answered what the agent asked; oldest first. */
  audit(query: AuditQuery): Promise<readonly AuditLine[]>;
  /** Applies the changed configuration; rejects with what is wrong in it and keeps the old one. */
  reload(): Promise<ReloadResult>;
  /** Which project gets what of each bot; for a place or person in the query also what would happen and why. */
  routes(query: RoutesQuery): Promise<RoutesReport>;
  pairings(): Promise<readonly Pairing[]>;
  /**
   * Lets in who got this code; or who has this id, also after the access was taken back. Rejects `not_found` for a wrong
   * or expired one, `conflict` where an id fits several.
   */
  approvePairing(who: string): Promise<Pairing>;
  /** Takes the access back from the one person with this id (as listed, or the platform's) or name. Rejects the same. */
  revokePairing(who: string): Promise<Pairing>;
  /** Agents, platforms, dead letters and the open store; what can be seen from outside the caller checks itself. */
  doctor(signal: AbortSignal): Promise<readonly DoctorFinding[]>;
  /** Connects a terminal to a project's chat. Rejects when the project is unknown or must be named. */
  attach(client: TerminalClient, where: AttachTarget): Promise<TerminalAttachment>;
  /** Begins the graceful end of the daemon and returns at once. */
  shutdown(reason: string): void;
}

/** Which chat is meant. With one project, and one session in it, both may be left out. */
export interface Target {
  readonly project?: string;
  /** Session key, e.g. `telegram:123:456`. */
  readonly session?: string;
}

/** A file of a `send`: a path on this machine, or bytes that were uploaded (the server has staged them already). */
export interface SendFile {
  readonly kind: 'image' | 'file' | 'audio' | 'video';
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  readonly mime: string;
  /** Bytes. */
  readonly size: number;
  /** True: a temporary file of this call, removed when `send` settles; move it instead of copying. */
  readonly uploaded: boolean;
}

export interface SendRequest extends Target {
  readonly message?: string;
  readonly files: readonly SendFile[];
  readonly atUsers: readonly string[];
  readonly atAll: boolean;
  /** Absolute. The chat's next session starts here when it differs from the current one. */
  readonly cwd?: string;
  /** Text to be spoken, where a voice is configured. */
  readonly ttsText?: string;
}

export interface SendResult {
  readonly project: string;
  readonly sessionKey: string;
}

export interface SessionSummary {
  readonly id: string;
  readonly project: string;
  readonly sessionKey: string;
  /** Platform type. */
  readonly platform: string;
  readonly name?: string;
  readonly user?: string;
  readonly chat?: string;
  /** Names, where they are known. */
  readonly userName?: string;
  readonly chatName?: string;
  readonly messages: number;
  /** ms since the epoch; 0 never. */
  readonly lastActivity: number;
  /** The one its session key speaks with now. */
  readonly active: boolean;
  /** A turn runs or waits. */
  readonly busy: boolean;
}

export interface SessionDetail extends SessionSummary {
  readonly agent: string;
  readonly nativeId?: string;
  readonly workDir: string;
  readonly history: readonly {
    readonly role: 'user' | 'assistant' | 'notice';
    readonly text: string;
    readonly at: number;
  }[];
}

export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** Absolute; empty when running without a file. */
  readonly configFile: string;
  readonly dataDir: string;
  readonly projects: readonly {
    readonly name: string;
    readonly agent: string;
    readonly platforms: readonly {
      readonly type: string;
      readonly account: string;
      readonly state: 'starting' | 'ready' | 'down' | 'denied';
      readonly detail?: string;
      /** Connections given up because nothing came from them. */
      readonly replaced: number;
      /** The other projects behind the same bot. */
      readonly sharedWith: readonly string[];
    }[];
    /** Why it does not run, if it does not. */
    readonly problem?: string;
  }[];
  readonly turnsRunning: number;
  readonly inputsQueued: number;
  readonly approvalsOpen: number;
  readonly outboxWaiting: number;
  readonly deadLetters: number;
  /** Configured features that this version does not carry yet. */
  readonly inactiveFeatures: readonly string[];
}

export interface Trace {
  readonly id: string;
  /** In the order it happened. */
  readonly entries: readonly {
    /** ms since the epoch. */
    readonly at: number;
    /** e.g. `input`, `turn`, `approval`, `outbox`, `sent`. */
    readonly what: string;
    readonly detail: string;
  }[];
}

export interface AuditQuery {
  readonly project?: string | undefined;
  /** The platform's id of a person, or `operator`. */
  readonly actor?: string | undefined;
  /** The newest so many. */
  readonly last: number;
}

export interface AuditLine {
  /** ms since the epoch. */
  readonly at: number;
  readonly project: string;
  readonly actor: string;
  /** e.g. `access.refused`, `pairing.approved`. */
  readonly action: string;
  readonly detail: string;
}

export interface RoutesQuery {
  /** Platform type or account. */
  readonly platform?: string | undefined;
  readonly chat?: string | undefined;
  readonly thread?: string | undefined;
  /** Id or user name; without one everybody counts as let in. */
  readonly user?: string | undefined;
}

export interface RoutesReport {
  /** False: from the configuration alone, without choices and paired people. */
  readonly live: boolean;
  readonly accounts: readonly {
    readonly account: string;
    /** Platform type. */
    readonly type: string;
    /** In the order of the file. */
    readonly projects: readonly {
      readonly name: string;
      /** Where it stands in the file. */
      readonly at: string;
      readonly chats: readonly string[];
      readonly threads: readonly string[];
      readonly users: readonly string[];
      readonly default: boolean;
      /** Why it does not run; what it claims is turned away. */
      readonly problem?: string;
    }[];
    /** What people chose with `/project`. */
    readonly choices: readonly {
      readonly chat: string;
      readonly thread?: string | undefined;
      readonly project: string;
    }[];
    readonly answer?: Omit<RouteDecision, 'allowed'> & {
      /** Of a named person. */
      readonly allowed?: boolean;
    };
  }[];
}

export interface ReloadResult {
  /** What changed, one line each. */
  readonly applied: readonly string[];
  /** What needs a restart, and warnings. */
  readonly notes: readonly string[];
}

export interface Pairing {
  /** Stable name for the commands. */
  readonly id: string;
  readonly project: string;
  readonly platform: string;
  readonly userId: string;
  readonly userName?: string;
  readonly state: 'pending' | 'approved' | 'revoked';
  /** Of a pending one; the owner types it. */
  readonly code?: string;
  /** ms since the epoch. */
  readonly since: number;
  /** ms since the epoch; of a pending one. */
  readonly expiresAt?: number;
}

export interface DoctorFinding {
  /** What was looked at, e.g. `agent`, `platform`, `store`. */
  readonly area: string;
  readonly level: 'ok' | 'warning' | 'error';
  readonly what: string;
  readonly fix?: string;
}

export interface AttachTarget {
  readonly project?: string;
  /** Name of the terminal conversation; its key is `terminal:<name>`. Default `default`. */
  readonly session?: string;
}
