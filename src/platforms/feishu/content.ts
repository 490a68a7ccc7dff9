import type { RemoteFile } from '../../core/inbound.ts';
import { cardText } from './card-text.ts';
import { list, parseRecord, record, type Wire, word } from './wire.ts';

/** What a message says, independent of where it was said. */
export interface Content {
  readonly text: string;
  readonly files: readonly RemoteFile[];
  /** Described for the agent: place, contact, sticker. */
  readonly extra?: string;
  /** Its parts must be fetched from the service. */
  readonly forwarded?: boolean;
}

/** Reads the `content` of a message of any type. Never throws; what is unknown is named. */
export function readContent(type: string, content: unknown, message: string): Content {
  const body = parseRecord(content);
  switch (type) {
    case 'text':
      return { text: word(body.text) ?? '', files: [] };
    case 'post':
      return readPost(body, message);
    case 'image':
      return files(file('image', message, body.image_key));
    case 'file':
      return files(file('file', message, body.file_key, word(body.file_name)));
    case 'audio':
      return files(file('voice', message, body.file_key, 'voice.opus', 'audio/ogg'));
    case 'media':
      return files(file('video', message, body.file_key, word(body.file_name)));
    case 'merge_forward':
      return { text: '', files: [], forwarded: true };
    case 'interactive':
      return { text: cardText(body), files: [] };
    default:
      return { text: '', files: [], extra: described(type, body) };
  }
}

function described(type: string, body: Wire): string {
  if (type === 'location')
    return `[location] ${word(body.name) ?? ''} (latitude ${word(body.latitude) ?? '?'}, longitude ${word(body.longitude) ?? '?'})`;
  if (type === 'share_chat') return `[shared chat] ${word(body.chat_id) ?? ''}`;
  if (type === 'share_user') return `[shared contact] ${word(body.user_id) ?? ''}`;
  if (type === 'sticker') return '[sticker]';
  const words = [body.text, body.summary, body.title, body.topic]
    .map(word)
    .filter((part) => part !== undefined);
  return `[${type.slice(0, 40)}] ${words.join(' ')}`.trim();
}

function files(...found: (RemoteFile | undefined)[]): Content {
  const known = found.filter((entry) => entry !== undefined);
  return {
    text: '',
    files: known,
    extra: known.length === 0 ? '[a file that could not be read]' : undefined,
  };
}

function file(
  kind: RemoteFile['kind'],
  message: string,
  key: unknown,
  name?: string,
  mime?: string,
): RemoteFile | undefined {
  const id = word(key);
  if (id === undefined) return undefined;
  return { kind, remote: { message, key: id, type: kind === 'image' ? 'image' : 'file' }, name, mime };
}

/** A rich text: lines of runs, perhaps once per language. */
function readPost(body: Wire, message: string): Content {
  const post = Array.isArray(body.content)
    ? body
    : record(Object.values(body).find((part) => record(part).content));
  const found: RemoteFile[] = [];
  const lines = list(post.content).map((line) =>
    list(line)
      .map((run) => postRun(record(run), message, found))
      .join(''),
  );
  const title = word(post.title);
  const text = [...(title === undefined ? [] : [title]), ...lines].join('\n').trim();
  return { text, files: found };
}

function postRun(run: Wire, message: string, found: RemoteFile[]): string {
  const text = word(run.text) ?? '';
  switch (run.tag) {
    case 'a':
      return word(run.href) === undefined || run.href === text ? text : `[${text}](${String(run.href)})`;
    case 'at':
      return word(run.user_id)?.startsWith('@_')
        ? `${String(run.user_id)} `
        : `@${word(run.user_name) ?? ''} `;
    case 'emotion':
      return `[${word(run.emoji_type) ?? 'emoji'}]`;
    case 'code_block':
      return `\n\`\`\`${(word(run.language) ?? '').toLowerCase()}\n${text}\n\`\`\`\n`;
    case 'hr':
      return '---';
    case 'img':
    case 'media': {
      const image = run.tag === 'img';
      const entry = file(image ? 'image' : 'video', message, image ? run.image_key : run.file_key);
      if (entry) found.push(entry);
      return '';
    }
    case 'file': {
      const entry = file('file', message, run.file_key, word(run.file_name));
      if (entry) found.push(entry);
      return '';
    }
    default:
      return text;
  }
}
