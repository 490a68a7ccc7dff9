import { createHash } from 'node:crypto';
import type { Address, MessageRef } from '../../core/address.ts';
import { AppError, kindOf } from '../../core/errors.ts';
import type { Part } from '../../core/outgoing.ts';
import type { IlinkApi } from './api.ts';
import type { ContextTokens } from './context-tokens.ts';
import type { FileBody, TextBody } from './render.ts';
import type { SendBudget } from './send-budget.ts';
import type { Uploads } from './upload.ts';
import { itemType, type MessageItem, messageFinished, messageType } from './wire.ts';

export interface OutboundDeps {
  readonly api: IlinkApi;
  readonly tokens: ContextTokens;
  readonly budget: SendBudget;
  readonly uploads: Uploads;
  /** Milliseconds. */
  readonly callMs: number;
}

/** How the send budget looks at a part. */
export function howSent(to: Address, part: Part): { readonly answer: boolean; readonly further: boolean } {
  const answer = to.replyTo !== undefined;
  return { answer, further: (part.body as Partial<TextBody>).further === true };
}

/** The service lets a bot write only with the token of a message that came from this person. */
function notMet(to: Address): AppError {
  return new AppError(
    'weixin_not_met',
    `${to.chat} has not written to this Weixin bot yet, and it cannot begin a talk`,
    { kind: 'permission', advice: 'ask them to write to the bot once, then send again' },
  );
}

/** Sends one part as one message. */
export class Outbound {
  readonly #deps: OutboundDeps;

  constructor(deps: OutboundDeps) {
    this.#deps = deps;
  }

  /** Nothing can be sent there before the person has written. */
  unreachable(to: Address): AppError | undefined {
    const { tokens } = this.#deps;
    return tokens.loaded && tokens.get(to.chat) === undefined ? notMet(to) : undefined;
  }

  async send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    const { budget, tokens } = this.#deps;
    const how = howSent(to, part);
    const { answer } = how;
    budget.check(to.chat, how);
    const token = tokens.get(to.chat);
    // An answer whose token was lost with our files goes without: the service does not insist on it.
    if (token === undefined && !answer) throw notMet(to);
    const item = await this.#item(to, part, signal);
    // The service does not drop repeats, but the same id tells in its log and ours that it is one message.
    const clientId = `cc-${createHash('sha256').update(key).digest('hex').slice(0, 24)}`;
    await this.#post(to.chat, item, clientId, token, signal);
    budget.sent(to.chat, how);
    return { chat: to.chat, message: clientId };
  }

  async #post(
    person: string,
    item: MessageItem,
    clientId: string,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const message = {
      from_user_id: '',
      to_user_id: person,
      client_id: clientId,
      message_type: messageType.bot,
      message_state: messageFinished,
      item_list: [item],
      ...(token === undefined ? {} : { context_token: token }),
    };
    try {
      const { api, callMs } = this.#deps;
      await api.call('sendmessage', { msg: message }, { signal, timeoutMs: callMs });
    } catch (error) {
      if (kindOf(error) !== 'budget') throw error;
      const { budget } = this.#deps;
      const refused = budget.refused((error as AppError).message);
      await budget.idle(); // the pause must outlive us before anybody relies on it
      throw refused;
    }
  }

  async #item(to: Address, part: Part, signal: AbortSignal): Promise<MessageItem> {
    if (part.kind !== 'file')
      return { type: itemType.text, text_item: { text: (part.body as TextBody).text } };
    return this.#deps.uploads.upload(to.chat, part.body as FileBody, signal);
  }
}
