/** Branded ids: strings that cannot be mixed up by accident. */

declare const brand: unique symbol;
type Branded<B extends string> = string & { readonly [brand]: B };

export type ProjectName = Branded<'ProjectName'>;
/** One connected bot, stable over config reordering: `<platform type>:<id the platform gives the bot>`. */
export type AccountId = Branded<'AccountId'>;
/** Where a conversation happens, compatible with the Go cc-connect: `<platform>:<chat>[:<user or thread>]`. */
export type SessionKey = Branded<'SessionKey'>;
/** A conversation with one agent; a session key owns many and one is active. */
export type SessionId = Branded<'SessionId'>;
export type InputId = Branded<'InputId'>;
export type TurnId = Branded<'TurnId'>;
/** Short (10 characters), because it travels in 64-byte button payloads. */
export type ApprovalId = Branded<'ApprovalId'>;
export type OutboxId = Branded<'OutboxId'>;
/** A UUID given to the agent with a prompt; derived from the input id, so it is known again after a crash. */
export type PromptId = Branded<'PromptId'>;
/** The id by which the agent itself resumes a conversation. */
export type NativeId = Branded<'NativeId'>;

type AnyId =
  | ProjectName
  | AccountId
  | SessionKey
  | SessionId
  | InputId
  | TurnId
  | ApprovalId
  | OutboxId
  | PromptId
  | NativeId;

/** The one place where a plain string becomes an id. */
export function asId<T extends AnyId>(value: string): T {
  return value as T;
}
