import { createHash } from 'node:crypto';
import type { AccountId } from '../../core/ids.ts';
import type { MessageInbound, Quoted, RemoteFile } from '../../core/inbound.ts';
import { remoteOf } from './remote-file.ts';
import { directChat } from './session-keys.ts';
import { itemType, type MessageItem, messageType, type WireMessage } from './wire.ts';

export interface InboundContext {
  readonly account: AccountId;
  /** Our own id, where the token tells it. */
  readonly botId: string | undefined;
}

export type Reading =
  | { readonly kind: 'input'; readonly input: MessageInbound; readonly contextToken: string | undefined }
  | { readonly kind: 'ignored'; readonly why: string };

const ignored = (why: string): Reading => ({ kind: 'ignored', why });

/** Reads one message. Pure. Throws `TypeError` for shapes the service never sends. */
export function readMessage(raw: unknown, context: InboundContext): Reading {
  if (typeof raw !== 'object' || raw === null) throw new TypeError('the message is no object');
  const message = raw as WireMessage;
  const type = message.message_type ?? 0;
  if (type !== 0 && type !== messageType.user) return ignored('not from a person');
  const from = textOf(message.from_user_id, 'from_user_id').trim();
  if (from === '') return ignored('no sender');
  if (from === context.botId) return ignored('own message');
  if (textOf(message.group_id, 'group_id') !== '') return ignored('from a group');
  const key = dedupeKey(from, message);
  const items = itemsOf(message);
  const files = filesOf(items);
  const text = textWith(items.map(wordsOf).filter(Boolean), files);
  const quoted = items.map((item) => quotedOf(item)).find((one) => one !== undefined);
  if (text === '' && files.length === 0 && !quoted) return ignored('nothing in it');
  const id = idOf(message, key);
  const token = textOf(message.context_token, 'context_token').trim();
  return {
    kind: 'input',
    contextToken: token === '' ? undefined : token,
    input: {
      kind: 'message',
      dedupeKey: key,
      address: { ...directChat(context.account, from), replyTo: id },
      sender: { id: from },
      at: Number(numberOf(message.create_time_ms, 'create_time_ms')),
      message: id,
      text,
      addressed: true,
      ...(quoted ? { quoted } : {}),
      ...(files.length > 0 ? { files } : {}),
    },
  };
}

/** One message is told from another by all of these: some gateways leave ids at 0. */
function dedupeKey(from: string, message: WireMessage): string {
  return [
    from,
    numberOf(message.message_id, 'message_id'),
    numberOf(message.seq, 'seq'),
    numberOf(message.create_time_ms, 'create_time_ms'),
    textOf(message.client_id, 'client_id').trim(),
  ].join('|');
}

function idOf(message: WireMessage, key: string): string {
  const id = numberOf(message.message_id, 'message_id');
  return id === '0' ? createHash('sha256').update(key).digest('hex').slice(0, 16) : id;
}

function itemsOf(message: WireMessage): readonly MessageItem[] {
  const list: unknown = message.item_list ?? [];
  if (!Array.isArray(list)) throw new TypeError('item_list is no list');
  return list.filter((item): item is MessageItem => typeof item === 'object' && item !== null);
}

function wordsOf(item: MessageItem): string {
  return item.type === itemType.text ? textOf(item.text_item?.text, 'text').trim() : '';
}

/** What was spoken goes with what was written; a voice message alone is left to whoever reads its transcript. */
function textWith(words: readonly string[], files: readonly RemoteFile[]): string {
  const spoken = files.map((file) => file.transcript ?? '').filter(Boolean);
  return (words.length + spoken.length > 1 ? [...words, ...spoken] : words).join('\n');
}

/** The files of a message; one that is listed twice counts once. */
function filesOf(items: readonly MessageItem[]): RemoteFile[] {
  const seen = new Set<string>();
  return items.flatMap((item) => {
    const file = remoteOf(item);
    const place = String(file?.remote.param ?? file?.remote.url ?? '');
    if (!file || (place !== '' && seen.has(place))) return [];
    seen.add(place);
    return [file];
  });
}

/** What the person answered: the service tells its words, not which message it was. */
function quotedOf(item: MessageItem): Quoted | undefined {
  const ref = item.ref_msg;
  if (typeof ref !== 'object' || ref === null) return undefined;
  const inner = typeof ref.message_item === 'object' && ref.message_item !== null ? ref.message_item : {};
  const spoken = textOf(inner.voice_item?.text, 'voice text').trim();
  const words = [textOf(ref.title, 'title').trim(), wordsOf(inner), spoken].filter(Boolean);
  const files = filesOf([inner]);
  if (words.length === 0 && files.length === 0) return undefined;
  return {
    message: textOf(inner.msg_id, 'msg_id'),
    ...(words.length > 0 ? { text: [...new Set(words)].join('\n') } : {}),
    ...(files.length > 0 ? { files } : {}),
  };
}

function textOf(value: unknown, name: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw new TypeError(`${name} is no text`);
}

/** A whole number as digits: ids are longer than what a JavaScript number holds. */
function numberOf(value: unknown, name: string): string {
  if (value === undefined || value === null) return '0';
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return value;
  throw new TypeError(`${name} is no whole number`);
}
