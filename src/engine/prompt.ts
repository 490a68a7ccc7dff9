import type { PromptImage } from '../core/agent.ts';
import type { MessageInbound } from '../core/inbound.ts';
import type { StagedFile } from './attachments.ts';
import type { Recap } from './recap.ts';
import { shorten } from './tool-format.ts';

export interface PromptSource {
  readonly message: MessageInbound;
  readonly files: readonly StagedFile[];
}

export interface PromptOptions {
  readonly injectSender: boolean;
  readonly platformType: string;
  /** The agent takes images in the prompt itself. */
  readonly nativeImages: boolean;
  /** Earlier messages that this agent does not know. */
  readonly recap?: Recap | undefined;
  /** For agents without a system prompt of their own, before the first message. */
  readonly preamble?: string;
}

const nativeImageTypes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
/** Bytes up to which a picture travels inside the prompt. */
const nativeImageMax = 5 * 1024 * 1024;
const quoteMax = 2000;

/** Builds what the agent reads from one message or from several that belong together. */
export function buildPrompt(
  sources: readonly PromptSource[],
  options: PromptOptions,
): { text: string; images: PromptImage[] } {
  const images: PromptImage[] = [];
  const blocks: string[] = [];
  if (options.preamble) blocks.push(options.preamble);
  if (options.recap && options.recap.entries.length > 0) blocks.push(recapBlock(options.recap));
  for (const source of sources) {
    const native = options.nativeImages ? source.files.filter(isNativeImage) : [];
    images.push(...native.map(({ path, mime }) => ({ path, mime })));
    blocks.push(messageBlock(source, native, options));
  }
  return { text: blocks.filter(Boolean).join('\n\n'), images };
}

function messageBlock(
  { message, files }: PromptSource,
  native: readonly StagedFile[],
  options: PromptOptions,
): string {
  const lines: string[] = [];
  if (options.injectSender && message.sender.id) lines.push(senderLine(message, options.platformType));
  if (message.quoted?.text) lines.push(quoteBlock(message.quoted.text, message.quoted.sender));
  if (message.extra) lines.push(message.extra);
  const text = message.text.trim();
  if (text) lines.push(text);
  else if (files.length > 0) lines.push('Please look at what is attached.');
  const listed = files.filter((file) => !native.includes(file));
  if (listed.length > 0)
    lines.push(`Attached files (on this machine):\n${listed.map((file) => `- ${file.path}`).join('\n')}`);
  if (native.length > 0)
    lines.push(
      `The attached pictures are also stored here:\n${native.map((file) => `- ${file.path}`).join('\n')}`,
    );
  return lines.join('\n');
}

function senderLine(message: MessageInbound, platformType: string): string {
  const name = message.sender.name?.replaceAll('"', "'").replace(/[\r\n]+/g, ' ');
  const parts = [
    `sender_id=${message.sender.id}`,
    ...(name ? [`sender_name="${name}"`] : []),
    `platform=${platformType}`,
    `chat_id=${message.address.chat}`,
  ];
  return `[cc-connect ${parts.join(' ')}]`;
}

function quoteBlock(text: string, sender: string | undefined): string {
  const short = shorten(text, quoteMax);
  return `> ${sender ? `${sender}: ` : ''}${short.replaceAll('\n', '\n> ')}\n`;
}

function recapBlock({ from, entries }: Recap): string {
  const other = from === 'lost' ? 'You' : 'Assistant';
  const lines = entries.map(({ role, text }) => `${role === 'user' ? 'User' : other}: ${shorten(text, 800)}`);
  const why =
    from === 'lost'
      ? 'The earlier conversation could not be resumed. Its last messages were:'
      : 'The person comes from a conversation with another assistant. Its last messages were:';
  return `[${why}\n${lines.join('\n')}\nEnd of recap.]`;
}

function isNativeImage(file: StagedFile): boolean {
  return nativeImageTypes.has(file.mime) && file.bytes <= nativeImageMax;
}
