import type { InlineKeyboardMarkup, MessageEntity, Opts, ResponseParameters } from '@grammyjs/types';
import { parseHtml, seesNothing, trim } from './html.ts';

/** An answer with `ok: false`. */
export class Refusal extends Error {
  readonly code: number;
  readonly parameters: ResponseParameters | undefined;

  constructor(code: number, description: string, parameters?: ResponseParameters) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }
}

type Known = { readonly [M in keyof Opts<string>]?: readonly (keyof Opts<string>[M])[] };

const place = ['chat_id', 'message_thread_id'] as const;
const media = [
  ...place,
  'caption',
  'parse_mode',
  'caption_entities',
  'disable_notification',
  'reply_parameters',
  'reply_markup',
] as const;

/** The methods the simulator speaks and the fields it takes; anything else is a mistake of the caller. */
export const known = {
  getMe: [],
  getUpdates: ['offset', 'limit', 'timeout', 'allowed_updates'],
  deleteWebhook: ['drop_pending_updates'],
  getWebhookInfo: [],
  sendMessage: [
    ...place,
    'text',
    'parse_mode',
    'entities',
    'link_preview_options',
    'disable_notification',
    'reply_parameters',
    'reply_markup',
  ],
  sendRichMessage: [...place, 'rich_message', 'disable_notification', 'reply_parameters', 'reply_markup'],
  sendMessageDraft: [...place, 'draft_id', 'text', 'parse_mode', 'entities', 'can_stop', 'keep_on_stop'],
  editMessageText: [
    'chat_id',
    'message_id',
    'text',
    'parse_mode',
    'entities',
    'link_preview_options',
    'rich_message',
    'reply_markup',
  ],
  editMessageCaption: ['chat_id', 'message_id', 'caption', 'parse_mode', 'caption_entities', 'reply_markup'],
  editMessageReplyMarkup: ['chat_id', 'message_id', 'reply_markup'],
  deleteMessage: ['chat_id', 'message_id'],
  sendPhoto: [...media, 'photo'],
  sendDocument: [...media, 'document', 'disable_content_type_detection'],
  sendAudio: [...media, 'audio', 'title'],
  sendVoice: [...media, 'voice'],
  sendVideo: [...media, 'video', 'supports_streaming'],
  sendChatAction: [...place, 'action'],
  setMessageReaction: ['chat_id', 'message_id', 'reaction', 'is_big'],
  answerCallbackQuery: ['callback_query_id', 'text', 'show_alert', 'cache_time'],
  setMyCommands: ['commands', 'scope', 'language_code'],
  getMyCommands: ['scope', 'language_code'],
  getFile: ['file_id'],
  getChat: ['chat_id'],
  createForumTopic: ['chat_id', 'name'],
} as const satisfies Known;

export type SimMethod = keyof typeof known;

export function isKnown(method: string): method is SimMethod {
  return Object.hasOwn(known, method);
}

/** Refuses fields that the method does not have, so that misspelt ones never pass. */
export function checkFields(method: SimMethod, payload: Readonly<Record<string, unknown>>): void {
  const allowed: readonly string[] = known[method];
  const strange = Object.keys(payload).find((key) => !allowed.includes(key));
  if (strange) throw new Refusal(400, `Bad Request: simulator: ${method} has no field "${strange}"`);
}

export interface FormattedText {
  readonly text: string;
  readonly entities: MessageEntity[];
}

/** Parses and measures a text as the service does; lengths are UTF-16 units after entities. */
export function formatted(raw: unknown, parseMode: unknown, limit: number, tooLong: string): FormattedText {
  const text = typeof raw === 'string' ? raw : '';
  if (parseMode !== undefined && parseMode !== 'HTML')
    throw new Refusal(400, 'Bad Request: unsupported parse_mode');
  const parsed = parseMode === 'HTML' ? parseHtml(text) : trim(text);
  if (!parsed.ok) throw new Refusal(400, parsed.description);
  if (parsed.text.length > limit) throw new Refusal(400, `Bad Request: ${tooLong}`);
  return parsed;
}

/** A message has words; white space and invisible characters are none. */
export function nonEmpty(body: FormattedText): FormattedText {
  if (seesNothing(body.text)) throw new Refusal(400, 'Bad Request: message text is empty');
  return body;
}

/** Checks an inline keyboard. */
export function keyboard(value: unknown): InlineKeyboardMarkup | undefined {
  if (value === undefined) return undefined;
  const markup = value as InlineKeyboardMarkup;
  if (!Array.isArray(markup.inline_keyboard))
    throw new Refusal(400, 'Bad Request: object expected as reply markup');
  const rows = markup.inline_keyboard.filter((row) => row.length > 0);
  if (rows.flat().length > 100) throw new Refusal(400, 'Bad Request: REPLY_MARKUP_TOO_LONG');
  for (const button of rows.flat()) {
    if (!button.text)
      throw new Refusal(400, "Bad Request: can't parse inline keyboard button: Text must be non-empty");
    const data = 'callback_data' in button ? button.callback_data : undefined;
    const bytes = Buffer.byteLength(data ?? '');
    if (bytes < 1 || bytes > 64) throw new Refusal(400, 'Bad Request: BUTTON_DATA_INVALID');
    if (button.style !== undefined && !['danger', 'success', 'primary'].includes(button.style))
      throw new Refusal(400, "Bad Request: can't parse inline keyboard button: invalid button style");
  }
  return rows.length > 0 ? { inline_keyboard: rows } : undefined;
}

const RICH_LIMIT = 32768;
const richTags =
  /^(p|h[1-6]|ul|ol|li|table|tr|th|td|b|i|s|u|a|code|pre|blockquote|hr\/|br|input|footer|details|summary)$/;

/** Tags closed in order, at most 16 deep, tables of 1 to 20 columns, 500 blocks. */
function checkRich(html: string): void {
  const refuse = (what: string): never => {
    throw new Refusal(400, `Bad Request: can't parse entities: ${what}`);
  };
  const open: string[] = [];
  let blocks = 0;
  for (const [, slash, tag = '', end] of html.matchAll(/<(\/?)([a-z0-9]+)[^>]*?(\/?)>/g)) {
    if (tag === 'br' || tag === 'input' || end) continue;
    if (slash) {
      if (open.pop() !== tag) refuse(`Unmatched end tag "${tag}"`);
      continue;
    }
    open.push(tag);
    if (open.length > 16 * 2) refuse('nested too deep');
    if (/^(p|h[1-6]|li|table|pre|blockquote)$/.test(tag) && ++blocks > 500) refuse('more than 500 blocks');
  }
  if (open.length > 0) refuse(`Can't find end tag corresponding to start tag "${open.at(-1)}"`);
  for (const [row] of html.matchAll(/<tr>.*?<\/tr>/gs)) {
    const cells = row.match(/<t[dh]>/g)?.length ?? 0;
    if (cells < 1 || cells > 20) refuse(`a row of ${cells} cells`);
  }
}

/** Words of a rich message; only its HTML form is spoken, its tags checked by name. */
export function richText(value: unknown): FormattedText {
  const { html } = value as { html?: unknown };
  if (typeof html !== 'string' || html === '') throw new Refusal(400, 'Bad Request: rich message is empty');
  for (const [, tag = ''] of html.matchAll(/<\/?([^\s>]*)/g))
    if (!richTags.test(tag))
      throw new Refusal(400, `Bad Request: can't parse entities: Unsupported start tag "${tag}"`);
  const text = html
    .replace(/<(br|\/p|\/tr|\/li|\/h[1-6])>/g, '\n')
    .replace(/<\/t[dh]>/g, ' ')
    .replace(/<[^>]*>/g, '')
    .replace(
      /&(lt|gt|quot|amp);/g,
      (_whole, name: string) => ({ lt: '<', gt: '>', quot: '"', amp: '&' })[name] ?? '',
    )
    .trim();
  if (seesNothing(text)) throw new Refusal(400, 'Bad Request: rich message is empty');
  checkRich(html);
  if (text.length > RICH_LIMIT) throw new Refusal(400, 'Bad Request: message is too long');
  return { text, entities: [] };
}
