import type { Message, User } from 'grammy/types';
import type { FileKind, RemoteFile } from '../../core/inbound.ts';

/** A person's or bot's name as a chat shows it. */
export function fullName(user: User): string {
  return [user.first_name, user.last_name].filter(Boolean).join(' ');
}

/** The words of a message, whatever carries them. */
export function wordsOf(message: Message): string {
  if (message.rich_message) return richText(message.rich_message);
  return message.text ?? message.caption ?? '';
}

/** The files of a message. Photos come in sizes; the largest counts. */
export function filesOf(message: Message): RemoteFile[] {
  const files: RemoteFile[] = [];
  const photo = (message.photo ?? []).reduce<NonNullable<Message['photo']>[number] | undefined>(
    (best, size) => (best && best.width * best.height >= size.width * size.height ? best : size),
    undefined,
  );
  if (photo) files.push(remote('image', photo, `photo-${message.message_id}.jpg`, 'image/jpeg'));
  const { document, voice, audio, video, video_note: note } = message;
  if (document) {
    const image = /^image\/(png|jpeg|gif|webp)$/.test(document.mime_type ?? '');
    files.push(remote(image ? 'image' : 'file', document));
  }
  if (voice) files.push(remote('voice', voice, `voice-${message.message_id}.ogg`, 'audio/ogg'));
  if (audio) files.push(remote('audio', audio));
  if (video) files.push(remote('video', video, `video-${message.message_id}.mp4`, 'video/mp4'));
  if (note) files.push(remote('video', note, `video-${message.message_id}.mp4`, 'video/mp4'));
  return files;
}

interface Media {
  readonly file_id: string;
  readonly file_unique_id: string;
  readonly file_size?: number;
  readonly file_name?: string;
  readonly mime_type?: string;
}

function remote(kind: FileKind, media: Media, fallbackName?: string, fallbackMime?: string): RemoteFile {
  const name = media.file_name ?? fallbackName;
  const mime = media.mime_type ?? fallbackMime;
  return {
    kind,
    remote: { file_id: media.file_id, unique_id: media.file_unique_id },
    ...(name ? { name } : {}),
    ...(mime ? { mime } : {}),
    ...(media.file_size === undefined ? {} : { size: media.file_size }),
  };
}

/** What is neither words nor file, told to the agent in words. Undefined when there is nothing. */
export function extraOf(message: Message): string | undefined {
  const lines: string[] = [];
  const { forward_origin: origin, location, venue, sticker, contact, poll, dice, checklist } = message;
  if (origin) lines.push(`[Forwarded from ${originName(origin)}]`);
  if (venue) lines.push(`[Place: ${venue.title}, ${venue.address}]`);
  if (location) lines.push(`[Location: ${location.latitude}, ${location.longitude}]`);
  if (sticker) lines.push(`[Sticker${sticker.emoji ? ` ${sticker.emoji}` : ''}]`);
  if (contact)
    lines.push(
      `[Contact: ${[contact.first_name, contact.last_name].filter(Boolean).join(' ')}, ${contact.phone_number}]`,
    );
  if (poll) lines.push(`[Poll: ${poll.question} — ${poll.options.map((option) => option.text).join(' / ')}]`);
  if (dice) lines.push(`[${dice.emoji} ${dice.value}]`);
  if (checklist)
    lines.push(`[Checklist: ${checklist.title} — ${checklist.tasks.map((task) => task.text).join(' / ')}]`);
  if (message.story) lines.push('[Story]');
  return lines.length > 0 ? lines.join('\n') : undefined;
}

/** Who a forwarded or quoted message is by. */
export function originName(origin: NonNullable<Message['forward_origin']>): string {
  switch (origin.type) {
    case 'user':
      return fullName(origin.sender_user);
    case 'hidden_user':
      return origin.sender_user_name;
    case 'chat':
      return ('title' in origin.sender_chat && origin.sender_chat.title) || 'a chat';
    default:
      return ('chat' in origin && 'title' in origin.chat && origin.chat.title) || 'a channel';
  }
}

/** All words in a rich message, block by block; its structure does not matter to an agent. */
function richText(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null || depth > 40) return '';
  if (Array.isArray(value)) {
    const parts = value.map((item) => (typeof item === 'string' ? item : richText(item, depth + 1)));
    return parts.filter((part) => part !== '').join(depth < 2 ? '\n\n' : '');
  }
  return Object.entries(value)
    .filter(([key]) => key !== 'type' && key !== 'url' && key !== 'language')
    .map(([key, inner]) => (key === 'text' && typeof inner === 'string' ? inner : richText(inner, depth + 1)))
    .filter((part) => part !== '')
    .join('\n');
}
