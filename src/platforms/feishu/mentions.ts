import { list, record, word } from './wire.ts';

export interface Mentions {
  /** The text with the bot's mention gone and the others as names. */
  readonly text: string;
  readonly bot: boolean;
  readonly all: boolean;
}

/**
 * Resolves the placeholders (`@_user_1`, `@_all`) of a text. In event payloads an id is an object, in fetched
 * messages a string.
 */
export function resolveMentions(text: string, mentions: unknown, botOpenId: string | undefined): Mentions {
  const names = new Map<string, string>();
  let bot = false;
  let all = /@_all\b/.test(text);
  for (const entry of list(mentions)) {
    const mention = record(entry);
    const key = word(mention.key);
    if (key === undefined) continue;
    const id = word(mention.id) ?? word(record(mention.id).open_id);
    if (key === '@_all' || id === 'all') all = true;
    else if (botOpenId !== undefined && id === botOpenId) {
      bot = true;
      names.set(key, '');
    } else names.set(key, `@${word(mention.name) ?? ''}`);
  }
  const resolved = text
    .replace(/@_user_\d+ ?/g, (placeholder) => {
      const name = names.get(placeholder.trimEnd());
      if (name === undefined) return placeholder;
      return name === '' ? '' : name + placeholder.slice(placeholder.trimEnd().length);
    })
    .replace(/@_all\b/g, '@all');
  return { text: resolved.trim(), bot, all };
}
