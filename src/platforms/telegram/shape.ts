import type { Message } from 'grammy/types';

/** The ids everything is keyed by: without them an update cannot be told from another. Throws `TypeError`. */
export function requireMessage(message: Message): void {
  requireInteger('message_id', message.message_id);
  requireInteger('date', message.date);
  requireInteger('chat.id', message.chat.id);
  if (message.from) requireInteger('from.id', message.from.id);
  if (message.sender_chat) requireInteger('sender_chat.id', message.sender_chat.id);
  if (message.is_topic_message) requireInteger('message_thread_id', message.message_thread_id);
  if (message.edit_date !== undefined) requireInteger('edit_date', message.edit_date);
  if (message.reply_to_message) requireInteger('reply message_id', message.reply_to_message.message_id);
}

export function requireInteger(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${name} is not an integer`);
}

const numbers: ReadonlySet<string> = new Set(['at', 'size', 'windowMs']);
const flags: ReadonlySet<string> = new Set(['direct', 'addressed', 'bot', 'own']);

/** Everything we make of an update must be plain data of the promised types. Throws `TypeError` naming the field. */
export function requireSound(value: unknown, name = 'input'): void {
  if (value === undefined || typeof value === 'string') {
    if (!numbers.has(name) && !flags.has(name)) return;
  } else if (typeof value === 'number') {
    if (numbers.has(name) && Number.isFinite(value)) return;
  } else if (typeof value === 'boolean') {
    if (flags.has(name)) return;
  } else if (typeof value === 'object' && value !== null) {
    const known = Array.isArray(value) || containers.has(name);
    for (const [key, inner] of Object.entries(value))
      requireSound(inner, Array.isArray(value) ? 'item' : key);
    if (known) return;
  }
  throw new TypeError(`${name} has the wrong type`);
}

const containers: ReadonlySet<string> = new Set([
  'input',
  'item',
  'address',
  'sender',
  'quoted',
  'files',
  'remote',
  'group',
  'source',
]);
