import type { AccountId } from './ids.ts';
import type { JsonObject } from './json.ts';

/** A place a message can be sent to. Plain JSON: it is stored and must work after a restart. */
export interface Address {
  readonly account: AccountId;
  readonly chat: string;
  /** Topic or thread inside the chat. */
  readonly thread?: string;
  /** Direct chat or group: decides mention gating, pacing and who may answer. */
  readonly direct: boolean;
  /** The person this conversation is with, where the session is per user. */
  readonly user?: string;
  /** Message to quote or reply to; per turn, not part of the place's identity. */
  readonly replyTo?: string;
  /** What only the adapter understands (for example a context token); opaque to the engine. */
  readonly extra?: JsonObject;
}

/** Deliveries to one lane keep their order. */
export function laneOf(address: Address): string {
  return `${address.account}|${address.chat}|${address.thread ?? ''}`;
}

/** A message of ours on a platform. Plain JSON. */
export interface MessageRef {
  readonly chat: string;
  readonly message: string;
  readonly thread?: string;
  readonly extra?: JsonObject;
}
