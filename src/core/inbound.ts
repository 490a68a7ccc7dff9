import type { Address } from './address.ts';
import type { JsonObject } from './json.ts';

export interface Sender {
  readonly id: string;
  readonly name?: string;
  readonly username?: string;
  /** True for other bots; our own messages never reach the engine. */
  readonly bot?: boolean;
  /** The platform's language tag for this person, if it tells one (`de`, `zh-hans`). */
  readonly language?: string;
}

export type FileKind = 'image' | 'file' | 'audio' | 'voice' | 'video';

/** A file that still lies on the platform; downloaded after the input is committed. */
export interface RemoteFile {
  readonly kind: FileKind;
  /** What `Platform.files.download` needs to fetch it. Plain JSON. */
  readonly remote: JsonObject;
  readonly name?: string;
  readonly mime?: string;
  /** Bytes, when the platform tells. */
  readonly size?: number;
  /** Speech recognised by the platform itself. */
  readonly transcript?: string;
}

/** The message the person replied to. */
export interface Quoted {
  readonly message: string;
  readonly sender?: string;
  readonly text?: string;
  /** True when the quoted message is one of the bot's own. */
  readonly own?: boolean;
  readonly files?: readonly RemoteFile[];
}

interface InboundBase {
  /**
   * The same happening always carries the same key, also when redelivered under a new event id.
   * Unique together with the bot account; kept at least 7 days.
   */
  readonly dedupeKey: string;
  readonly address: Address;
  readonly sender: Sender;
  /** The platform's own clock, in ms since the epoch; 0 when it does not tell. */
  readonly at: number;
}

export interface MessageInbound extends InboundBase {
  readonly kind: 'message';
  readonly message: string;
  /** What the person wrote, bot mention stripped. */
  readonly text: string;
  readonly quoted?: Quoted;
  readonly files?: readonly RemoteFile[];
  /** Location, contact, sticker … described as text for the agent; not parsed as a command. */
  readonly extra?: string;
  /** Messages that the platform delivers singly but the person sent as one carry the same group. */
  readonly group?: { readonly id: string /** ms to wait for further members */; readonly windowMs: number };
  /** In groups: the bot was addressed (mention, reply to the bot, command). Adapters drop what is not addressed. */
  readonly addressed: boolean;
}

export interface EditInbound extends InboundBase {
  readonly kind: 'edit';
  readonly message: string;
  readonly text: string;
}

export interface RecallInbound extends InboundBase {
  readonly kind: 'recall';
  readonly message: string;
}

/** The platform's own Stop button was pressed. */
export interface StopInbound extends InboundBase {
  readonly kind: 'stop';
}

/** The chat got a new id (Telegram group → supergroup). `address` is the new place. */
export interface MigrateInbound extends InboundBase {
  readonly kind: 'migrate';
  readonly fromChat: string;
}

export type Inbound = MessageInbound | EditInbound | RecallInbound | StopInbound | MigrateInbound;

/** A button, select or form of ours was used. */
export interface Action extends InboundBase {
  readonly kind: 'action';
  /** The payload we put into the button, unchanged. */
  readonly data: string;
  /** The message that carries the button, if the platform tells. */
  readonly source?: MessageRefLike;
  /** Values of a submitted form or select, by field name. */
  readonly form?: Readonly<Record<string, string | readonly string[]>>;
}

interface MessageRefLike {
  readonly chat: string;
  readonly message: string;
  readonly thread?: string;
}

/** `accepted`: committed; `duplicate`: was known; `refused`: not allowed here. All three may be acknowledged. */
export type InputVerdict = 'accepted' | 'duplicate' | 'refused';
