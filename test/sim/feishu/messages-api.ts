/** Messages, reactions, chats and people. */
import { createHash } from 'node:crypto';
import { checkCard, checkPost, isRecord } from './card-rules.ts';
import type { Call, Route } from './route.ts';
import { route } from './route.ts';
import type { Answers } from './sdk-types.ts';
import { Refusal, type SimChat, type SimMessage, type World } from './world.ts';

const textLimit = 150 * 1024;
const cardLimit = 30 * 1024;
const hour = 3_600_000;

function parse(content: unknown): Record<string, unknown> {
  if (typeof content !== 'string') throw new Refusal(230001, 'content must be a JSON string');
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new Refusal(230001, 'content is not a valid JSON string');
  }
  if (!isRecord(value)) throw new Refusal(230001, 'content is not a JSON object');
  return value;
}

/** Checks a message body; returns the card entity it refers to, if any. */
function checkContent(world: World, type: string, content: string): string | undefined {
  const value = parse(content);
  const size = Buffer.byteLength(content);
  if (size > (type === 'text' ? textLimit : cardLimit))
    throw new Refusal(230025, 'The length of the message content reaches its limit.');
  if (type === 'text') {
    if (typeof value.text !== 'string' || value.text === '') throw new Refusal(230001, 'text is empty');
    return undefined;
  }
  if (type === 'interactive') {
    if (value.type === 'card' && isRecord(value.data)) {
      const card = world.card(String(value.data.card_id));
      if (card.message !== undefined) throw new Refusal(200741, 'card entity was already sent');
      return card.id;
    }
    checkCard(value);
    return undefined;
  }
  if (type === 'post') {
    checkPost(value);
    return undefined;
  }
  if (type === 'image' || type === 'file' || type === 'audio' || type === 'media') {
    const key = value[type === 'image' ? 'image_key' : 'file_key'];
    const file = world.files.get(String(key));
    if (!file || (type === 'image') !== (file.kind === 'image'))
      throw new Refusal(230001, 'invalid file key');
    if (type === 'audio' && file.type !== 'opus') throw new Refusal(230055, 'file type is not opus');
    return undefined;
  }
  throw new Refusal(230001, `unknown msg_type ${type}`);
}

export function asWire(message: SimMessage, appId: string): Answers['message.create'] {
  return {
    message_id: message.id,
    root_id: message.root,
    parent_id: message.parent,
    thread_id: message.thread,
    msg_type: message.type,
    create_time: String(message.createdAt),
    update_time: String(message.updatedAt),
    deleted: message.deleted,
    updated: message.updates > 0,
    chat_id: message.chat,
    sender: message.own
      ? { id: appId, id_type: 'app_id', sender_type: 'app' }
      : { id: message.from, id_type: 'open_id', sender_type: 'user' },
    body: { content: message.content },
    mentions: message.mentions?.map(({ key, id, name }) => ({
      key,
      id: id.open_id,
      id_type: 'open_id',
      name,
    })),
  };
}

function store(call: Call, chat: SimChat, reply?: { to: SimMessage; thread: boolean }): SimMessage {
  const { world, body, appId } = call;
  const type = String(body.msg_type);
  const content = String(body.content);
  const uuid = body.uuid === undefined ? undefined : String(body.uuid);
  if (uuid !== undefined && uuid.length > 50) throw new Refusal(230001, 'uuid is longer than 50 characters');
  const known = uuid === undefined ? undefined : world.uuids.get(uuid);
  if (known && Date.now() - known.at < hour) {
    const message = world.messages.get(known.id);
    if (message) return message;
  }
  if (!chat.botIn) throw new Refusal(230002, 'Bot/User can NOT be out of the chat.');
  const cardId = checkContent(world, type, content);
  const at = world.now();
  const root = reply ? (reply.to.root ?? reply.to.id) : undefined;
  const message: SimMessage = {
    id: world.id('om_'),
    chat: chat.id,
    from: appId,
    own: true,
    type,
    content,
    createdAt: at,
    updatedAt: at,
    parent: reply?.to.id,
    root,
    thread: reply?.thread && root ? threadOf(root) : reply?.to.thread,
    uuid,
    cardId,
    deleted: false,
    updates: 0,
  };
  world.messages.set(message.id, message);
  if (uuid !== undefined) world.uuids.set(uuid, { id: message.id, at: Date.now() });
  const card = cardId === undefined ? undefined : world.cards.get(cardId);
  if (card) card.message = message.id;
  return message;
}

export const threadOf = (root: string): string =>
  `omt_${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;

function receiver(call: Call): SimChat {
  const kind = call.query.get('receive_id_type');
  const id = String(call.body.receive_id ?? '');
  if (kind === 'chat_id') return call.world.chat(id);
  if (kind === 'open_id' && id.startsWith('ou_')) return call.world.direct(id);
  throw new Refusal(230001, `invalid receive_id for ${String(kind)}`);
}

function own(call: Call): SimMessage {
  const message = call.world.message(call.args[0] ?? '');
  if (!message.own) throw new Refusal(230071, 'operator is not the sender of the message');
  return message;
}

export const messageRoutes: readonly Route[] = [
  route('POST', '/open-apis/im/v1/messages', 'message.create', (call) =>
    asWire(store(call, receiver(call)), call.appId),
  ),
  route('POST', '/open-apis/im/v1/messages/:id/reply', 'message.reply', (call) => {
    const to = call.world.message(call.args[0] ?? '');
    const thread = call.body.reply_in_thread === true;
    return asWire(store(call, call.world.chat(to.chat), { to, thread }), call.appId);
  }),
  route('PATCH', '/open-apis/im/v1/messages/:id', 'message.patch', (call) => {
    const message = own(call);
    if (message.type !== 'interactive') throw new Refusal(230001, 'This message is NOT a card.');
    if (Date.now() - message.createdAt > 14 * 86_400_000) throw new Refusal(230031, 'message is too old');
    const content = String(call.body.content);
    checkContent(call.world, 'interactive', content);
    if (message.cardId) call.world.card(message.cardId).json = parse(content);
    call.edit(message, content);
    return {};
  }),
  route('PUT', '/open-apis/im/v1/messages/:id', 'message.update', (call) => {
    const message = own(call);
    const type = String(call.body.msg_type);
    if (type !== message.type || (type !== 'text' && type !== 'post'))
      throw new Refusal(230054, 'This operation is not supported for this message type.');
    if (message.updates >= 20) throw new Refusal(230072, 'The message has reached the edit limit.');
    const content = String(call.body.content);
    checkContent(call.world, type, content);
    call.edit(message, content);
    return asWire(message, call.appId);
  }),
  route('DELETE', '/open-apis/im/v1/messages/:id', 'message.delete', (call) => {
    const message = own(call);
    message.deleted = true;
    message.updatedAt = call.world.now();
    return {};
  }),
  route('GET', '/open-apis/im/v1/messages/:id', 'message.get', (call) => {
    const message = call.world.message(call.args[0] ?? '');
    const children =
      message.type === 'merge_forward'
        ? [...call.world.messages.values()].filter(
            (child) => child.parent === message.id && child.thread === '@',
          )
        : [];
    return {
      items: [message, ...children].map((item) => asWire(item, call.appId)),
    } satisfies Answers['message.get'];
  }),
  route('POST', '/open-apis/im/v1/messages/:id/reactions', 'reaction.create', (call) => {
    const message = call.world.message(call.args[0] ?? '');
    const type = call.body.reaction_type;
    const emoji = isRecord(type) ? String(type.emoji_type) : '';
    if (!/^[A-Za-z0-9_]{2,40}$/.test(emoji)) throw new Refusal(231001, 'reaction type is invalid');
    const known = [...call.world.reactions.values()].find(
      (reaction) => reaction.message === message.id && reaction.emoji === emoji,
    );
    const id = known?.id ?? call.world.id('rc_');
    call.world.reactions.set(id, { id, message: message.id, emoji, at: Date.now() });
    return {
      reaction_id: id,
      reaction_type: { emoji_type: emoji },
    } satisfies Answers['reaction.create'];
  }),
  route('GET', '/open-apis/im/v1/messages/:id/reactions', 'reaction.list', (call) => {
    const message = call.world.message(call.args[0] ?? '');
    const emoji = call.query.get('reaction_type');
    const items = [...call.world.reactions.values()]
      .filter((reaction) => reaction.message === message.id && (emoji === null || reaction.emoji === emoji))
      .map((reaction) => ({
        reaction_id: reaction.id,
        operator: { operator_id: call.appId, operator_type: 'app' as const },
        action_time: String(reaction.at),
        reaction_type: { emoji_type: reaction.emoji },
      }));
    return { items, has_more: false, page_token: '' } satisfies Answers['reaction.list'];
  }),
  route('DELETE', '/open-apis/im/v1/messages/:id/reactions/:reaction', 'reaction.delete', (call) => {
    call.world.message(call.args[0] ?? '');
    if (!call.world.reactions.delete(call.args[1] ?? '')) throw new Refusal(231010, 'reaction_id is invalid');
    return {};
  }),
  route('GET', '/open-apis/im/v1/chats/:id', 'chat.get', (call) => {
    const chat = call.world.chat(call.args[0] ?? '');
    return {
      name: chat.kind === 'p2p' ? '' : chat.name,
      chat_mode: chat.kind,
      chat_type: 'private',
    } satisfies Answers['chat.get'];
  }),
  route('GET', '/open-apis/im/v1/chats/:id/members', 'chat.members', (call) => {
    const chat = call.world.chat(call.args[0] ?? '');
    const items = [...chat.members].map((id) => ({
      member_id: id,
      member_id_type: 'open_id',
      name: call.world.people.get(id) ?? id,
    }));
    return { items, has_more: false, member_total: items.length } satisfies Answers['chat.members'];
  }),
  route('GET', '/open-apis/contact/v3/users/:id', 'user.get', (call) => {
    const name = call.world.people.get(call.args[0] ?? '');
    if (name === undefined) throw new Refusal(41050, 'no user authority');
    return { user: { open_id: call.args[0], name } } satisfies Answers['user.get'];
  }),
];
