import type { Address } from '../../core/address.ts';
import type { AccountId } from '../../core/ids.ts';
import type { Action, MessageInbound, RecallInbound, Sender } from '../../core/inbound.ts';
import { type Content, readContent } from './content.ts';
import { resolveMentions } from './mentions.ts';
import type { FeishuOptions } from './options.ts';
import { addressOf } from './place.ts';
import { list, record, timeOf, type Wire, word } from './wire.ts';

/** What reading an event needs to know besides the event. */
export interface InboundContext {
  readonly options: FeishuOptions;
  readonly account: AccountId;
  /** The bot's open_id; undefined when the service would not tell: then nothing counts as a mention. */
  readonly botOpenId: string | undefined;
  /** Whether a message is one of ours; undefined when neither memory nor the service has told. */
  isOwn(message: string): boolean | undefined;
  /** Whether the bot already works in this topic. */
  isActive(chat: string, root: string): boolean;
  isDirect(chat: string): boolean;
  nameOf(id: string): string | undefined;
}

/** An event, read. `ignored` says why nothing is to be handed over. */
export type ReadMessage =
  | { readonly kind: 'ignored'; readonly why: string }
  /** It is for the bot if the message it replies to is the bot's: ask, then read it again. */
  | { readonly kind: 'unsure'; readonly chat: string; readonly parent: string }
  | {
      readonly kind: 'message';
      readonly inbound: MessageInbound;
      /** Id of the message that must be fetched to know what was quoted. */
      readonly parent: string | undefined;
      /** Its parts must be fetched. */
      readonly forwarded: boolean;
      /** The topic's first message, under topic isolation. */
      readonly root: string | undefined;
    };

const ignored = (why: string): ReadMessage => ({ kind: 'ignored', why });

/** Reads `im.message.receive_v1`, flattened by the SDK. Pure; never throws. */
export function readMessage(event: Wire, context: InboundContext): ReadMessage {
  const { options } = context;
  const message = record(event.message);
  const sender = record(event.sender);
  const id = word(message.message_id);
  const chat = word(message.chat_id);
  const from = word(record(sender.sender_id).open_id) ?? word(record(sender.sender_id).union_id);
  if (id === undefined || chat === undefined || from === undefined) return ignored('incomplete event');
  const bot = sender.sender_type === 'app' || sender.sender_type === 'bot';
  if (from === context.botOpenId || from === options.appId || (bot && context.isOwn(id)))
    return ignored('own message');
  if (bot && context.botOpenId === undefined) return ignored('a bot, perhaps this one');
  const direct = message.chat_type === 'p2p';
  const refusal = wrongPlace(options, chat, direct);
  if (refusal !== undefined) return ignored(refusal);

  const content = readContent(word(message.message_type) ?? 'unknown', message.content, id);
  const mentions = resolveMentions(content.text, message.mentions, context.botOpenId);
  const root = options.threadIsolation && !direct ? (word(message.root_id) ?? id) : undefined;
  const parent = word(message.parent_id);
  const active = root !== undefined && root !== id && context.isActive(chat, root);
  const ours = parent === undefined ? false : context.isOwn(parent);
  const addressed =
    direct ||
    options.groupReplyAll ||
    mentions.bot ||
    (mentions.all && options.respondToAtAll) ||
    ours === true ||
    (active && mentions.text === '' && content.files.length > 0);
  if (!addressed && parent !== undefined && ours === undefined) return { kind: 'unsure', chat, parent };
  if (!addressed) return ignored('not addressed to the bot');

  const inbound: MessageInbound = {
    kind: 'message',
    dedupeKey: `m:${id}`,
    address: place(context, { chat, direct, root, user: from, message: id }),
    sender: person(context, from, bot),
    at: timeOf(message.create_time),
    message: id,
    text: mentions.text,
    files: content.files.length > 0 ? content.files : undefined,
    extra: extraOf(content),
    quoted: parent === undefined ? undefined : { message: parent, own: ours || undefined },
    addressed: true,
  };
  // In a running topic the first message is the parent of every other; the session knows it already.
  const wanted = parent !== undefined && !(active && parent === root);
  return {
    kind: 'message',
    inbound: wanted ? inbound : { ...inbound, quoted: undefined },
    parent: wanted ? parent : undefined,
    forwarded: content.forwarded === true,
    root,
  };
}

function extraOf(content: Content): string | undefined {
  return content.extra ?? (content.forwarded ? '[forwarded messages]' : undefined);
}

function wrongPlace(options: FeishuOptions, chat: string, direct: boolean): string | undefined {
  if (direct && options.groupOnly) return 'direct messages are switched off';
  if (options.allowChat.length > 0 && !options.allowChat.includes(chat)) return 'chat is not in allow_chat';
  return undefined;
}

function person(context: InboundContext, id: string, bot: boolean): Sender {
  return { id, name: context.options.peerBots[id] ?? context.nameOf(id), bot: bot || undefined };
}

function place(
  context: InboundContext,
  at: { chat: string; direct: boolean; root: string | undefined; user: string; message: string },
): Address {
  const { options, account } = context;
  const perUser = at.root === undefined && !options.shareSession;
  return {
    account,
    chat: at.chat,
    thread: at.root,
    direct: at.direct,
    user: perUser ? at.user : undefined,
    replyTo: options.replyToTrigger || at.root !== undefined ? at.message : undefined,
  };
}

/** Reads `im.message.recalled_v1`. Undefined when it is not one. */
export function readRecall(event: Wire, context: InboundContext): RecallInbound | undefined {
  const message = word(event.message_id);
  const chat = word(event.chat_id);
  if (message === undefined || chat === undefined) return undefined;
  const { account } = context;
  return {
    kind: 'recall',
    dedupeKey: `r:${message}`,
    address: { account, chat, direct: context.isDirect(chat) },
    // The event does not say who took it back.
    sender: { id: '' },
    at: timeOf(event.recall_time),
    message,
  };
}

/** Reads `card.action.trigger`. Undefined when it is not one of our buttons. */
export function readAction(event: Wire, context: InboundContext): Action | undefined {
  const { account, options } = context;
  const action = record(event.action);
  const value = record(action.value);
  const data = word(value.d);
  const operator = word(record(event.operator).open_id) ?? word(record(event.operator).union_id);
  const where = record(event.context);
  const chat = word(where.open_chat_id) ?? word(event.open_chat_id);
  const message = word(where.open_message_id) ?? word(event.open_message_id);
  const key = word(event.event_id) ?? word(event.token);
  if (data === undefined || operator === undefined || chat === undefined || key === undefined)
    return undefined;
  if (wrongPlace(options, chat, value.p === 1) !== undefined) return undefined;
  const known = addressOf(options, account, word(value.k) ?? '', () => value.p === 1);
  const home = known?.chat === chat ? known : undefined;
  return {
    kind: 'action',
    dedupeKey: `a:${key}`,
    address: {
      account,
      chat,
      thread: home?.thread,
      direct: value.p === 1,
      user: home?.user,
      replyTo: home?.thread === undefined ? undefined : message,
    },
    sender: { id: operator, name: context.nameOf(operator) },
    at:
      timeOf(event.create_time) > 1e14
        ? Math.floor(timeOf(event.create_time) / 1000)
        : timeOf(event.create_time),
    data,
    source: message === undefined ? undefined : { chat, message, thread: home?.thread },
    form: formOf(record(action.form_value), record(value.c)),
  };
}

/** Values by field name; ticked boxes (`c`: box → [field, value]) are gathered under their field. */
function formOf(values: Wire, boxes: Wire): Action['form'] {
  const form: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(values)) {
    if (Object.hasOwn(boxes, name)) continue;
    if (Array.isArray(value)) form[name] = value.map(String);
    else if (word(value) !== undefined) form[name] = String(value);
  }
  for (const [box, target] of Object.entries(boxes)) {
    const [field, value] = list(target);
    if (typeof field !== 'string' || typeof value !== 'string') continue;
    const ticked = (form[field] ??= []);
    if (Array.isArray(ticked) && values[box] === true) ticked.push(value);
  }
  return Object.keys(form).length > 0 ? form : undefined;
}
