import { record, type Wire, word } from './wire.ts';

const mostWords = 20_000;

/** The words of a card somebody sent or quoted, in any of the card formats. Bounded in depth and length. */
export function cardText(card: Wire): string {
  const found: string[] = [];
  let length = 0;
  const add = (value: unknown): void => {
    const text = word(value);
    if (text === undefined || length > mostWords) return;
    length += text.length;
    found.push(text);
  };
  const visit = (value: unknown, depth: number): void => {
    if (depth > 12 || length > mostWords) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item, depth + 1);
      return;
    }
    const element = record(value);
    const { tag } = element;
    if (tag === 'markdown' || tag === 'plain_text' || tag === 'lark_md') add(element.content);
    else if (tag === 'text' || tag === 'a' || tag === 'note') add(element.text);
    for (const key of [
      'title',
      'header',
      'text',
      'fields',
      'body',
      'elements',
      'columns',
      'content',
      'i18n_elements',
    ]) {
      const inner = element[key];
      if (typeof inner === 'object') visit(inner, depth + 1);
      else if (key === 'title') add(inner);
    }
  };
  visit(card, 0);
  return found.join('\n').trim();
}
