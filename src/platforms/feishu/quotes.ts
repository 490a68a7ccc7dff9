import type { Quoted, RemoteFile } from '../../core/inbound.ts';
import type { FeishuApi } from './api.ts';
import { readContent } from './content.ts';
import { resolveMentions } from './mentions.ts';
import { messagePath } from './send.ts';
import { list, record, type Wire, word } from './wire.ts';

/** How far back a chain of replies is followed. */
const mostDepth = 5;
const mostForwarded = 50;

export interface QuoteContext {
  readonly api: FeishuApi;
  readonly appId: string;
  readonly botOpenId: string | undefined;
  /** The words of a message of ours, if we remember it. */
  ownText(message: string): string | undefined;
  nameOf(id: string): string | undefined;
}

interface Fetched {
  readonly text: string;
  readonly files: readonly RemoteFile[];
  readonly sender: string | undefined;
  readonly own: boolean;
  readonly parent: string | undefined;
}

/** Fetches the message replied to and what it replied to itself, oldest first in the text. */
export async function fetchQuoted(
  message: string,
  context: QuoteContext,
  signal: AbortSignal,
): Promise<Quoted> {
  const first = await fetchOne(message, context, signal);
  const texts = [first.text];
  let parent = first.parent;
  for (let depth = 1; parent !== undefined && depth < mostDepth; depth++) {
    const known = context.ownText(parent);
    const next: Fetched =
      known === undefined
        ? await fetchOne(parent, context, signal)
        : { text: known, files: [], sender: undefined, own: true, parent: undefined };
    texts.unshift(next.text);
    parent = next.parent;
  }
  return {
    message,
    sender: first.sender,
    text: texts.filter((text) => text !== '').join('\n---\n') || undefined,
    own: first.own || undefined,
    files: first.files.length > 0 ? first.files : undefined,
  };
}

/** Whether the bot wrote a message, as the service says. */
export async function fetchOwn(
  message: string,
  context: QuoteContext,
  signal: AbortSignal,
): Promise<boolean> {
  return (await fetchOne(message, context, signal)).own;
}

/** Fetches the messages that were forwarded as one; their texts with the writers' names. */
export async function fetchForwarded(
  message: string,
  context: QuoteContext,
  signal: AbortSignal,
): Promise<string> {
  const items = await itemsOf(message, context, signal);
  const lines = items
    .filter((item) => word(item.message_id) !== message)
    .slice(0, mostForwarded)
    .map((item) => {
      const { text, sender, files } = read(item, context);
      const attached = files
        .map((file) => `[${file.kind}${file.name === undefined ? '' : ` ${file.name}`}]`)
        .join(' ');
      return `${sender ?? '?'}: ${[text, attached].filter((part) => part !== '').join(' ')}`;
    });
  return ['[forwarded messages]', ...lines].join('\n');
}

async function fetchOne(message: string, context: QuoteContext, signal: AbortSignal): Promise<Fetched> {
  const items = await itemsOf(message, context, signal);
  return read(items[0] ?? {}, context);
}

async function itemsOf(message: string, context: QuoteContext, signal: AbortSignal): Promise<Wire[]> {
  const call = { op: 'fetching a message', method: 'GET', path: messagePath(message) } as const;
  const data = await context.api.call<Wire>(call, signal);
  return list(data.items).map(record);
}

function read(item: Wire, context: QuoteContext): Fetched {
  const id = word(item.message_id) ?? '';
  const sender = record(item.sender);
  const from = word(sender.id);
  const own = from === context.appId || (from !== undefined && from === context.botOpenId);
  const content = readContent(word(item.msg_type) ?? 'unknown', record(item.body).content, id);
  const { text } = resolveMentions(content.text, item.mentions, undefined);
  return {
    text:
      (own ? context.ownText(id) : undefined) ??
      [text, content.extra ?? ''].filter((part) => part !== '').join('\n'),
    files: content.files,
    sender: from === undefined ? undefined : (context.nameOf(from) ?? from),
    own,
    parent: word(item.parent_id),
  };
}
