import type { FileKind, Quoted, RemoteFile } from '../../core/inbound.ts';
import { list, record, word } from './places.ts';

type Wire = Readonly<Record<string, unknown>>;

/** A voice message is a message whose only attachment is the recording. */
const VOICE_FLAG = 1 << 13;

/** The files of a message. */
export function filesOf(message: Wire): RemoteFile[] {
  const voice = (Number(message.flags ?? 0) & VOICE_FLAG) !== 0;
  return list(message.attachments).flatMap((entry): RemoteFile[] => {
    const attachment = record(entry);
    const url = word(attachment.url);
    if (url === undefined) return [];
    const mime = word(attachment.content_type)?.split(';')[0];
    const name = word(attachment.filename);
    return [
      {
        kind: voice ? 'voice' : kindOf(mime),
        remote: {
          url,
          id: word(attachment.id),
          channel: word(message.channel_id),
          message: word(message.id),
        },
        ...(name ? { name } : {}),
        ...(mime ? { mime } : {}),
        ...(typeof attachment.size === 'number' ? { size: attachment.size } : {}),
      },
    ];
  });
}

function kindOf(mime = ''): FileKind {
  if (/^image\/(png|jpeg|gif|webp)$/.test(mime)) return 'image';
  if (mime.startsWith('audio/')) return 'audio';
  return mime.startsWith('video/') ? 'video' : 'file';
}

/** Messages inside a forward; Discord copies them. */
export function forwardedOf(message: Wire): Wire[] {
  return list(message.message_snapshots).map((entry) => {
    const inner = record(record(entry).message);
    return { ...inner, channel_id: message.channel_id, id: message.id };
  });
}

/** What is neither words nor file, told to the agent in words. Undefined when there is nothing. */
export function extraOf(message: Wire): string | undefined {
  const lines: string[] = [];
  for (const inner of forwardedOf(message)) lines.push(`[Forwarded] ${word(inner.content) ?? ''}`.trim());
  for (const sticker of list(message.sticker_items))
    lines.push(`[Sticker ${word(record(sticker).name) ?? ''}]`);
  const poll = record(message.poll);
  if (Object.keys(poll).length > 0) {
    const answers = list(poll.answers).map((answer) => word(record(record(answer).poll_media).text) ?? '');
    lines.push(`[Poll: ${word(record(poll.question).text) ?? ''} — ${answers.join(' / ')}]`);
  }
  return lines.length > 0 ? lines.join('\n') : undefined;
}

/** The message that was replied to. */
export function quotedOf(message: Wire, bot: string): Quoted | undefined {
  const reference = record(message.message_reference);
  const id = word(reference.message_id);
  if (id === undefined || Number(reference.type ?? 0) !== 0 || Number(message.type) !== 19) return undefined;
  const quoted = record(message.referenced_message);
  const author = record(quoted.author);
  const files = filesOf(quoted);
  const text = wordsOf(quoted);
  const sender = nameOf(author, record(quoted.member));
  return {
    message: id,
    ...(sender ? { sender } : {}),
    ...(text === '' ? {} : { text }),
    ...(word(author.id) === bot ? { own: true } : {}),
    ...(files.length > 0 ? { files } : {}),
  };
}

/** What a message says: its text, or the words of its boxes. */
function wordsOf(message: Wire): string {
  const content = word(message.content);
  if (content !== undefined) return content;
  return list(message.embeds)
    .flatMap((entry) => [word(record(entry).title), word(record(entry).description)])
    .filter((part) => part !== undefined)
    .join('\n');
}

/** A person's name as the chat shows it. */
export function nameOf(user: Wire, member: Wire): string | undefined {
  return word(member.nick) ?? word(user.global_name) ?? word(user.username);
}
