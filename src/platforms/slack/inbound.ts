import type { Address } from '../../core/address.ts';
import type { AccountId } from '../../core/ids.ts';
import type {
  Action,
  EditInbound,
  FileKind,
  Inbound,
  MessageInbound,
  Quoted,
  RecallInbound,
  RemoteFile,
  Sender,
  StopInbound,
} from '../../core/inbound.ts';
import type { SlackOptions } from './options.ts';
import { isDirectChannel } from './place.ts';
import type { BotIdentity } from './receiver.ts';
import { mentions, readText, withoutMention } from './text.ts';
import { list, record, stamp, timeOf, type Wire, word } from './wire.ts';

/** What is known when a payload is read. */
export interface InboundContext {
  readonly account: AccountId;
  readonly bot: BotIdentity;
  readonly options: Pick<SlackOptions, 'scope' | 'groupReplyAll' | 'allowChat'>;
  nameOf(user: string): string | undefined;
  /** Whether the bot takes part in this thread already. */
  isActive(chat: string, thread: string): boolean;
}

export type Reading =
  | { readonly kind: 'input'; readonly input: Inbound }
  | { readonly kind: 'ignored'; readonly why: string };

const ignored = (why: string): Reading => ({ kind: 'ignored', why });

/** Subtypes of messages that people write. */
const written: ReadonlySet<string> = new Set(['file_share', 'thread_broadcast', 'me_message']);

/** Reads one event of the Events API (`message`, `app_mention`), or one message of a channel's history. */
export function readEvent(event: Wire, context: InboundContext): Reading {
  const type = word(event.type);
  if (type === 'agent_session_stopped') return readStop(event, context);
  if (type !== 'message' && type !== 'app_mention') return ignored(`event ${type ?? 'without type'}`);
  const chat = word(event.channel);
  if (chat === undefined) return ignored('no channel');
  const { allowChat } = context.options;
  if (allowChat.length > 0 && !allowChat.includes(chat)) return ignored('channel not allowed');
  const subtype = word(event.subtype);
  if (subtype === 'message_changed') return readEdit(event, chat, context);
  if (subtype === 'message_deleted') return readRecall(event, chat, context);
  if (subtype !== undefined && !written.has(subtype)) return ignored(`subtype ${subtype}`);
  return readMessage(event, chat, type === 'app_mention', context);
}

function readMessage(event: Wire, chat: string, mentioned: boolean, context: InboundContext): Reading {
  const ts = stamp(event.ts);
  const user = word(event.user);
  if (ts === undefined) return ignored('no ts');
  if (isOwn(event, context.bot)) return ignored('own message');
  if (user === undefined || word(event.bot_id) !== undefined) return ignored('another bot');
  const direct = isDirect(event, chat);
  const thread = stamp(event.thread_ts);
  const raw = word(event.text) ?? '';
  const addressed =
    direct ||
    mentioned ||
    mentions(raw, context.bot.userId) ||
    context.options.groupReplyAll ||
    (thread !== undefined &&
      (word(event.parent_user_id) === context.bot.userId || follows(chat, thread, context)));
  if (!addressed) return ignored('not addressed');
  const files = list(event.files).flatMap((file) => readFile(record(file)));
  const text = readText(withoutMention(raw, context.bot.userId));
  const shared = sharedMessage(event);
  const input: MessageInbound = {
    kind: 'message',
    dedupeKey: `m:${chat}:${ts}`,
    address: addressOf(context, { chat, direct, thread, ts, user }),
    sender: senderOf(event, user, context),
    at: timeOf(ts),
    message: ts,
    text,
    addressed: true,
    ...(files.length > 0 ? { files } : {}),
    ...(shared ? { quoted: shared } : {}),
  };
  if (text === '' && files.length === 0 && !shared && !mentioned && !mentions(raw, context.bot.userId))
    return ignored('empty');
  return { kind: 'input', input };
}

/** In sessions per thread everything said in a thread of ours is for us. */
const follows = (chat: string, thread: string, context: InboundContext): boolean =>
  context.options.scope === 'thread' && context.isActive(chat, thread);

function readEdit(event: Wire, chat: string, context: InboundContext): Reading {
  const message = record(event.message);
  const before = record(event.previous_message);
  const ts = stamp(message.ts);
  const user = word(message.user);
  if (ts === undefined || user === undefined) return ignored('an edit without message');
  if (isOwn(message, context.bot) || word(message.bot_id) !== undefined) return ignored('own edit');
  const edited = stamp(record(message.edited).ts);
  // Previews of links and files change messages too.
  if (edited === undefined || message.text === before.text) return ignored('a change nobody wrote');
  const direct = isDirect(event, chat);
  const input: EditInbound = {
    kind: 'edit',
    dedupeKey: `e:${chat}:${ts}:${edited}`,
    address: addressOf(context, { chat, direct, thread: stamp(message.thread_ts), ts, user }),
    sender: senderOf(message, user, context),
    at: timeOf(edited),
    message: ts,
    text: readText(withoutMention(word(message.text) ?? '', context.bot.userId)),
  };
  return { kind: 'input', input };
}

function readRecall(event: Wire, chat: string, context: InboundContext): Reading {
  const before = record(event.previous_message);
  const ts = stamp(event.deleted_ts) ?? stamp(before.ts);
  const user = word(before.user);
  if (ts === undefined || user === undefined) return ignored('a deletion without message');
  if (isOwn(before, context.bot)) return ignored('own deletion');
  const input: RecallInbound = {
    kind: 'recall',
    dedupeKey: `d:${chat}:${ts}`,
    address: addressOf(context, {
      chat,
      direct: isDirect(event, chat),
      thread: stamp(before.thread_ts),
      ts,
      user,
    }),
    sender: senderOf(before, user, context),
    at: timeOf(stamp(event.event_ts)),
    message: ts,
  };
  return { kind: 'input', input };
}

/** The Stop button of an agent session. */
function readStop(event: Wire, context: InboundContext): Reading {
  const chat = word(event.channel_id) ?? word(event.channel);
  const thread = stamp(event.thread_ts);
  const user = word(event.user_id) ?? word(event.user);
  const at = stamp(event.event_ts);
  if (chat === undefined || thread === undefined || user === undefined)
    return ignored('a stop without place');
  const input: StopInbound = {
    kind: 'stop',
    dedupeKey: `x:${chat}:${thread}:${at ?? ''}`,
    address: addressOf(context, { chat, direct: isDirectChannel(chat), thread, ts: thread, user }),
    sender: { id: user },
    at: timeOf(at),
  };
  return { kind: 'input', input };
}

/** A slash command: `/cc new x` and `/new x` both say `/new x`. */
export function readCommand(body: Wire, context: InboundContext): Reading {
  const chat = word(body.channel_id);
  const user = word(body.user_id);
  const trigger = word(body.trigger_id);
  const command = word(body.command);
  if (!chat || !user || !trigger || !command) return ignored('a command without its parts');
  const { allowChat } = context.options;
  if (allowChat.length > 0 && !allowChat.includes(chat)) return ignored('channel not allowed');
  const rest = readText((word(body.text) ?? '').trim());
  const name = word(body.user_name);
  const url = word(body.response_url);
  const thread = stamp(body.thread_ts);
  const input: MessageInbound = {
    kind: 'message',
    dedupeKey: `s:${chat}:${trigger}`,
    address: {
      account: context.account,
      chat,
      direct: isDirectChannel(chat),
      user,
      ...(thread ? { thread } : {}),
      ...(url ? { extra: { respond: url } } : {}),
    },
    sender: { id: user, ...(name ? { username: name } : {}) },
    at: 0,
    message: `command-${trigger}`,
    text: commandText(command, rest),
    addressed: true,
  };
  return { kind: 'input', input };
}

function commandText(command: string, rest: string): string {
  if (!/^\/cc(-connect)?$/.test(command)) return rest === '' ? command : `${command} ${rest}`;
  if (rest === '') return '/help';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** A press, a choice or a submitted form. Undefined when it is not of ours. */
export function readAction(body: Wire, context: InboundContext): Action | undefined {
  const action = record(list(body.actions)[0]);
  const container = record(body.container);
  const message = record(body.message);
  const chat = word(record(body.channel).id) ?? word(container.channel_id);
  const source = stamp(container.message_ts) ?? stamp(message.ts);
  const user = record(body.user);
  const id = word(user.id);
  const data = word(action.value) ?? word(record(action.selected_option).value);
  // Choices inside a form count when it is submitted.
  if (word(action.type) !== 'button' || !chat || !source || !id || data === undefined) return undefined;
  const thread = stamp(message.thread_ts) ?? stamp(container.thread_ts);
  const name = word(user.name) ?? word(user.username);
  const form = readForm(record(record(body.state).values));
  const at = stamp(action.action_ts);
  return {
    kind: 'action',
    dedupeKey: `a:${chat}:${source}:${id}:${at ?? word(body.trigger_id) ?? data}`,
    address: {
      account: context.account,
      chat,
      direct: isDirectChannel(chat),
      user: id,
      ...(thread ? { thread } : {}),
    },
    sender: { id, ...(name ? { name } : {}) },
    at: timeOf(at),
    data,
    source: { chat, message: source, ...(thread ? { thread } : {}) },
    ...(Object.keys(form).length > 0 ? { form } : {}),
  };
}

/** The values of all inputs of a message, by the name that was given as action id. */
function readForm(values: Wire): Record<string, string | readonly string[]> {
  const form: Record<string, string | readonly string[]> = {};
  for (const block of Object.values(values))
    for (const [name, raw] of Object.entries(record(block))) {
      const field = record(raw);
      const value = word(field.value) ?? word(record(field.selected_option).value);
      if (Array.isArray(field.selected_options))
        form[name] = field.selected_options.flatMap((option) => word(record(option).value) ?? []);
      else if (value !== undefined) form[name] = value;
    }
  return form;
}

interface Place {
  readonly chat: string;
  readonly direct: boolean;
  readonly thread: string | undefined;
  readonly ts: string;
  readonly user: string;
}

function addressOf(context: InboundContext, { chat, direct, thread, ts, user }: Place): Address {
  // With sessions per thread, a message outside of any begins one.
  const place = thread ?? (context.options.scope === 'thread' ? ts : undefined);
  return {
    account: context.account,
    chat,
    direct,
    user,
    replyTo: ts,
    ...(place === undefined ? {} : { thread: place }),
  };
}

function isDirect(event: Wire, chat: string): boolean {
  const type = word(event.channel_type);
  return type === undefined ? isDirectChannel(chat) : type === 'im';
}

function isOwn(message: Wire, bot: BotIdentity): boolean {
  const botId = word(message.bot_id);
  return word(message.user) === bot.userId || (botId !== undefined && botId === bot.botId);
}

function senderOf(event: Wire, user: string, context: InboundContext): Sender {
  const profile = record(event.user_profile);
  const told = word(profile.display_name) ?? word(profile.real_name) ?? word(profile.name);
  const name = told ?? context.nameOf(user);
  return { id: user, ...(name ? { name } : {}) };
}

/** A message of another place that was shared into this one. */
function sharedMessage(event: Wire): Quoted | undefined {
  for (const raw of list(event.attachments)) {
    const attachment = record(raw);
    if (attachment.is_share !== true && attachment.is_msg_unfurl !== true) continue;
    const ts = stamp(attachment.ts);
    const text = word(attachment.text) ?? word(attachment.fallback);
    if (ts === undefined || text === undefined) continue;
    const sender = word(attachment.author_name) ?? word(attachment.author_id);
    return { message: ts, text: readText(text), ...(sender ? { sender } : {}) };
  }
  return undefined;
}

function readFile(file: Wire): RemoteFile[] {
  const id = word(file.id);
  const url = word(file.url_private_download) ?? word(file.url_private);
  if (id === undefined || word(file.mode) === 'tombstone') return [];
  const name = word(file.name) ?? word(file.title);
  const mime = word(file.mimetype);
  const size = typeof file.size === 'number' && Number.isFinite(file.size) ? file.size : undefined;
  const transcript = word(record(record(file.transcription).preview).content);
  return [
    {
      kind: kindOfFile(file, mime),
      remote: { id, ...(url ? { url } : {}) },
      ...(name ? { name } : {}),
      ...(mime ? { mime } : {}),
      ...(size === undefined ? {} : { size }),
      ...(transcript ? { transcript } : {}),
    },
  ];
}

function kindOfFile(file: Wire, mime: string | undefined): FileKind {
  if (word(file.subtype) === 'slack_audio') return 'voice';
  if (mime?.startsWith('image/') && mime !== 'image/svg+xml') return 'image';
  if (mime?.startsWith('audio/')) return 'audio';
  if (mime?.startsWith('video/')) return 'video';
  return 'file';
}
