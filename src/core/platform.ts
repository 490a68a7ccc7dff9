import type { Address, MessageRef } from './address.ts';
import type { PlatformCapabilities } from './capabilities.ts';
import type { Card } from './card.ts';
import type { AppError } from './errors.ts';
import type { AccountId, SessionKey } from './ids.ts';
import type { Action, Inbound, InputVerdict, RemoteFile, Sender } from './inbound.ts';
import type { JsonObject } from './json.ts';
import type { Outgoing, Part } from './outgoing.ts';

/** The answer to a button press; computed from committed state, inside the platform's deadline. */
export interface ActionReply {
  readonly toast?: string;
  readonly toastKind?: 'info' | 'success' | 'error';
  /** Replaces the message that carries the button. */
  readonly card?: Card;
}

/** A command that somebody is typing. */
export interface TypedCommand {
  readonly address: Address;
  readonly sender: Sender;
  /** Without the slash. */
  readonly command: string;
  /** What stands behind it so far. */
  readonly text: string;
}

/** What may stand behind a command: `value` is typed, `label` shown. */
export interface Suggestion {
  readonly value: string;
  readonly label: string;
}

/** What an adapter may call. Everything else flows the other way. */
export interface PlatformSink {
  /**
   * Hands one input over. Resolves after it is committed (or known, or refused): only then may the platform's
   * acknowledgement be sent. Rejects when nothing was stored: do not acknowledge, it will come again.
   * Calls made in one tick are committed in one transaction, in call order.
   */
  input(input: Inbound): Promise<InputVerdict>;
  /** Like `input`, for buttons; resolves with what to show at once. Rejects when nothing was stored. */
  action(action: Action): Promise<ActionReply>;
  /** What may stand behind a command, best first, from live data; within two seconds. Never rejects. */
  suggest?(typed: TypedCommand): Promise<readonly Suggestion[]>;
  /** Connection state, for `status`, `doctor` and the log. `denied`: needs a person (revoked token, missing right). */
  state(state: 'ready' | 'down' | 'denied', detail?: string): void;
}

export type SessionScope = 'user' | 'chat' | 'thread';

/** A preview message: a view of the running turn that is edited in place. Plain JSON, stored. */
export interface PreviewRef {
  readonly kind: string;
  readonly ref?: MessageRef;
  readonly extra?: JsonObject;
}

export interface PreviewView {
  /** Markdown so far, possibly unfinished. */
  readonly markdown: string;
  /** Short word on what is going on, shown below or in a status slot. */
  readonly status?: string;
}

export interface PreviewAbility {
  /** `key` makes the creation repeatable where the platform can key. */
  open(to: Address, view: PreviewView, key: string, signal: AbortSignal): Promise<PreviewRef>;
  /** `seq` rises with every update of this preview. Returns a changed ref if the platform needs it. */
  update(
    ref: PreviewRef,
    view: PreviewView,
    seq: number,
    signal: AbortSignal,
  ): Promise<PreviewRef | undefined>;
  /**
   * Turns the preview into its final text, idempotently. `resend`: the preview is gone or cannot become final
   * (and has been removed if it existed); send the part as a message of its own.
   */
  finish(ref: PreviewRef, part: Part, signal: AbortSignal): Promise<MessageRef | 'resend'>;
  /**
   * The preview that an `open` with this key made, also when its answer was lost; makes nothing new. Undefined when
   * there is none or it cannot be told. Asked again before it has ended, it finds the same one. `begunAt`: when it was
   * to be made, ms since the epoch.
   */
  find?(to: Address, key: string, signal: AbortSignal, begunAt: number): Promise<PreviewRef | undefined>;
  /** Removes the preview. Succeeds when it is already gone. */
  discard(ref: PreviewRef, signal: AbortSignal): Promise<void>;
}

/** A sign of life (typing, a reaction) that must never stay on. Plain JSON, stored. */
export interface ActivityRef {
  readonly kind: string;
  readonly chat: string;
  readonly message?: string;
  readonly extra?: JsonObject;
}

export interface ActivityAbility {
  /**
   * Shows that the message is being worked on. Undefined when there is nothing that needs clearing. A sign that stays
   * on by itself is `note`d before it is made: once that resolves, a crash does not leave it on.
   */
  show(
    to: Address,
    signal: AbortSignal,
    note: (ref: ActivityRef) => Promise<void>,
  ): Promise<ActivityRef | undefined>;
  /** Keeps an expiring sign alive; the engine calls it each `refreshMs` while the turn runs. */
  readonly refreshMs?: number;
  clear(ref: ActivityRef, outcome: 'done' | 'stopped' | 'failed', signal: AbortSignal): Promise<void>;
}

export interface FilesAbility {
  /**
   * Streams a remote file to `target` (absolute path, parent exists), at most `maxBytes`.
   * Throws `validation` when larger, `not_found` when gone.
   */
  download(
    file: RemoteFile,
    target: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<{ bytes: number; mime?: string; name?: string }>;
}

export interface MenuEntry {
  readonly name: string;
  readonly description: string;
}

export interface MenuAbility {
  /** Publishes the command menu; entries beyond the platform's limit are cut from the end. */
  publish(entries: readonly MenuEntry[], signal: AbortSignal): Promise<void>;
}

/** Where `capabilities.budget` says that messages are counted. */
export interface BudgetAbility {
  /** Messages left when this part is about to be sent there; undefined: it is not counted. */
  left(to: Address, part: Part): number | undefined;
  /** Pure: parts that go to one chat one after the other as few parts as possible; words and their order stay. */
  merge(parts: readonly Part[]): readonly Part[];
}

export interface ThreadsAbility {
  open(to: Address, title: string, signal: AbortSignal): Promise<Address>;
}

export interface ChatDescription {
  readonly title?: string;
  readonly kind?: 'direct' | 'group' | 'channel';
}

/** One connected bot account. Calls take an `AbortSignal`; errors are `AppError`s with a kind that tells what to do next. */
export interface Platform {
  /** Registry name, e.g. the config's `type`. */
  readonly type: string;
  /** Known after `start` has reached the platform once, or from the options before (from the token's public part). */
  readonly account: AccountId;
  readonly capabilities: PlatformCapabilities;

  /**
   * Connects and keeps connected until `stop`; resolves once the loop runs (not necessarily ready: see sink.state).
   * Throws only for what no retry can cure.
   */
  start(sink: PlatformSink, signal: AbortSignal): Promise<void>;
  /** Ends polling and sockets; pending sends are aborted by their own signals. Resolves when nothing is left. */
  stop(): Promise<void>;
  /**
   * When the last sign of life came from the platform (poll answered, pong, event): by `performance.now()`, as the wall
   * clock may be set.
   */
  health(): {
    readonly lastProgressAt: number /** Without progress for this long it counts as deaf. */;
    readonly boundMs: number;
  };

  /** The session this place and person belong to under the configured scope. Compatible with the Go cc-connect's keys. */
  sessionKey(address: Address, sender: Sender): SessionKey;
  /** Rebuilds an address to write to from a key, for `send` and scheduled work. Undefined when not ours or impossible. */
  parseSessionKey(key: string): Address | undefined;

  /** Pure: dialect, limits, splitting. At least one part. */
  render(content: Outgoing, to: Address): readonly Part[];
  /** Sends one part. `key` identifies this part forever. */
  send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef>;
  /**
   * Why nothing that is no answer can reach this place, where that is known without asking: what to tell whoever wants
   * to send something there.
   */
  unreachable?(to: Address): AppError | undefined;
  /** The part as a repeat that says so (`↻` in front), where nobody can know whether the first send arrived. */
  marked?(part: Part): Part;
  /** After an ambiguous send: did it arrive? Must not harm anything. */
  probe?(
    to: Address,
    part: Part,
    key: string,
    signal: AbortSignal,
  ): Promise<MessageRef | 'absent' | 'unknown'>;
  /** Replaces a message of ours; idempotent. Throws `not_found` when it is gone. */
  edit?(ref: MessageRef, part: Part, signal: AbortSignal): Promise<void>;
  remove?(ref: MessageRef, signal: AbortSignal): Promise<void>;
  readonly preview?: PreviewAbility;
  readonly activity?: ActivityAbility;
  readonly files?: FilesAbility;
  readonly menu?: MenuAbility;
  readonly threads?: ThreadsAbility;
  readonly budget?: BudgetAbility;
  describe?(address: Address, signal: AbortSignal): Promise<ChatDescription>;
  /** For `doctor`: reach the platform, check token and rights. Each finding with its fix. */
  check?(signal: AbortSignal): Promise<readonly Finding[]>;
}

export interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  readonly what: string;
  readonly fix?: string;
  /** The credentials were refused or could not be tried, so nothing else about them is known. */
  readonly unconfirmed?: true;
}

/** A credential that `cc-connect <type> setup` asks for. */
export interface Credential {
  /** Its key in the options. The command's flag is the same with hyphens. */
  readonly option: string;
  /** Environment variable it is taken from when no flag gives it. */
  readonly env: string;
  /** As it is asked for; English. */
  readonly what: string;
}

/** What `cc-connect <type> setup` needs to know of a platform; data only, English. */
export interface SetupGuide {
  readonly name: string;
  /** How to get the credentials, in order. */
  readonly before: readonly string[];
  readonly credentials: readonly Credential[];
  /** Option that moves the API to another address. */
  readonly addressOption: string;
  /** What is left to do once the config is written, in order. */
  readonly after: readonly string[];
}

/**
 * What an adapter remembers over a restart, in the daemon's store: small texts by name. A change shares its commit with
 * the messages that are handed over in the same tick.
 */
export interface PlatformMemory {
  read(name: string): string | undefined;
  /** All texts whose names begin with this, by the rest of their names, the last written one last. */
  list(prefix: string): ReadonlyMap<string, string>;
  /** Resolves when the text is on disk. Rejects with an AppError when it cannot be stored now. */
  write(name: string, text: string): Promise<void>;
}

export interface PlatformContext {
  /** Already redacting; message text only at debug. */
  readonly log: Log;
  /** Folder for the adapter's own caches; created on demand by the adapter. */
  readonly cacheDir: string;
  /** The memory of one bot account. */
  memory(account: AccountId): PlatformMemory;
  readonly project: string;
}

/** The four levels every module logs with: structured fields first, then a short constant message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

/** What a platform folder exports, found through a one-line registry entry. */
export interface PlatformDefinition {
  readonly type: string;
  readonly setup?: SetupGuide;
  /** The names of the options it reads; all others are told as unknown. */
  readonly options: readonly string[];
  /** Parses the open options record; throws `OptionsError` with everything that is wrong. */
  create(options: Readonly<Record<string, unknown>>, context: PlatformContext): Platform;
}
