import type { Message, MessageEntity } from 'grammy/types';

/** Who we are on Telegram. */
export interface BotIdentity {
  readonly id: number;
  /** Without @. */
  readonly username: string;
}

/**
 * Whether a group message is meant for the bot: a command (for nobody else), a mention in text or caption, or a
 * reply to one of its messages.
 */
export function isForBot(message: Message, bot: BotIdentity): boolean {
  const text = message.text ?? message.caption ?? '';
  const entities = message.entities ?? message.caption_entities ?? [];
  if (entities.some((entity) => mentions(entity, text, bot))) return true;
  const reply = message.reply_to_message;
  return reply?.from?.id === bot.id && reply.forum_topic_created === undefined;
}

/** Whether it is a command that names another bot. */
export function isForOtherBot(message: Message, bot: BotIdentity): boolean {
  const target = /^\/\w+@(\w+)/.exec(message.text ?? message.caption ?? '')?.[1];
  return target !== undefined && target.toLowerCase() !== bot.username.toLowerCase();
}

/** The text without the bot's own @name, commands included (`/new@bot x` → `/new x`). */
export function stripMention(text: string, bot: BotIdentity): string {
  if (bot.username === '') return text.trim();
  const name = bot.username.replace(/\W/g, '');
  return text
    .replace(new RegExp(`^(/\\w+)@${name}\\b`, 'i'), '$1')
    .replace(new RegExp(`(^|\\s)@${name}\\b[,:]?(?=\\s|$)`, 'gi'), '$1')
    .replace(/ {2,}/g, (run, at: number, whole: string) => (at === 0 || whole[at - 1] === '\n' ? run : ' '))
    .trim();
}

function mentions(entity: MessageEntity, text: string, bot: BotIdentity): boolean {
  if (entity.type === 'text_mention') return entity.user.id === bot.id;
  const words = text.slice(entity.offset, entity.offset + entity.length).toLowerCase();
  const name = `@${bot.username.toLowerCase()}`;
  if (entity.type === 'mention') return words === name;
  if (entity.type !== 'bot_command' || entity.offset !== 0) return false;
  return !words.includes('@') || words.endsWith(name);
}
