import type { Root } from 'mdast';
import type { Button, Card, CardBlock, FormField } from '../../core/card.ts';
import { AppError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { parseMarkdown } from '../../kit/markdown/parse.ts';
import { renderPlain } from '../../kit/markdown/plain.ts';
import { splitMarkdown } from '../../kit/markdown/split.ts';
import { isBlank } from '../../kit/markdown/text-boundary.ts';
import { escapeMrkdwn, toMrkdwn } from './mrkdwn.ts';
import { sizer } from './sizer.ts';

/** The service's limits on blocks, in characters and pieces. */
export const limits = {
  blocks: 50,
  section: 3000,
  header: 150,
  buttonText: 75,
  buttonValue: 2000,
  actions: 25,
  optionText: 75,
  optionValue: 150,
  boxes: 10,
  options: 100,
  label: 2000,
} as const;

/** Buttons beside each other; more are hard to hit on a phone. */
const ROW = 5;
/** Most characters of one card message; the service refuses very large ones. */
const MOST = 12_000;

/** A card as messages of blocks, its buttons in the last one. */
export function cardMessages(card: Card): JsonObject[][] {
  const blocks: JsonObject[] = [];
  if (card.title) blocks.push(header(card.title));
  for (const [at, block] of card.blocks.entries()) blocks.push(...blockOf(block, at));
  if (blocks.length === 0) blocks.push(section('…'));
  const messages: JsonObject[][] = [[]];
  let used = 0;
  for (const block of blocks) {
    const size = JSON.stringify(block).length;
    const now = messages.at(-1) ?? [];
    if (now.length > 0 && (now.length >= limits.blocks || used + size > MOST)) {
      messages.push([block]);
      used = size;
    } else {
      now.push(block);
      used += size;
    }
  }
  return messages;
}

/** A document as sections of at most `limit` UTF-16 units. */
export function sectionsOf(root: Root, limit: number = limits.section): JsonObject[] {
  const measure = sizer((chunk) => toMrkdwn(chunk).length);
  return splitMarkdown(root, { limit, measure })
    .map(toMrkdwn)
    .filter((text) => !isBlank(text))
    .map(section);
}

export function note(text: string): JsonObject {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: cut(escapeMrkdwn(text), 2000) || '…' }] };
}

/** The words of a card. */
export function plainCard(card: Card): string {
  const lines = card.blocks.map((block) => {
    if (block.kind === 'text') return renderPlain(parseMarkdown(block.markdown));
    if (block.kind === 'code') return block.code;
    if (block.kind === 'fields')
      return block.fields.map(({ label, value }) => `${label}: ${value}`).join('\n');
    if (block.kind === 'note') return block.text;
    return '';
  });
  return [card.title ?? '', ...lines].filter((line) => line !== '').join('\n');
}

function blockOf(block: CardBlock, at: number): JsonObject[] {
  switch (block.kind) {
    case 'text':
      return sectionsOf(parseMarkdown(block.markdown));
    case 'code':
      return sectionsOf({
        type: 'root',
        children: [{ type: 'code', lang: block.language, value: block.code }],
      });
    case 'fields':
      return sectionsOf({
        type: 'root',
        children: block.fields.map(({ label, value }) => ({
          type: 'paragraph',
          children: [
            { type: 'strong', children: [{ type: 'text', value: label }] },
            { type: 'text', value: `: ${value}` },
          ],
        })),
      });
    case 'divider':
      return [{ type: 'divider' }];
    case 'note':
      return [note(block.text)];
    case 'buttons':
      return block.rows.flatMap((row, index) => buttonRows(row, `${at}.${index}`));
    case 'form':
      return [
        ...block.fields.map((field, index) => inputOf(field, `form.${at}.${index}`)),
        ...buttonRows([block.submit], `form.${at}.submit`),
      ];
  }
}

function header(title: string): JsonObject {
  return { type: 'header', text: plain(title.replace(/\s+/g, ' '), limits.header) };
}

function section(text: string): JsonObject {
  return { type: 'section', text: { type: 'mrkdwn', text } };
}

function buttonRows(row: readonly Button[], id: string): JsonObject[] {
  return Array.from({ length: Math.ceil(row.length / ROW) }, (_, at) => ({
    type: 'actions',
    block_id: `b.${id}.${at}`,
    elements: row
      .slice(at * ROW, (at + 1) * ROW)
      .map((button, index) => buttonOf(button, `${id}.${at}.${index}`)),
  }));
}

function buttonOf(button: Button, id: string): JsonObject {
  if (button.data.length < 1 || button.data.length > limits.buttonValue)
    throw new AppError(
      'button_data_too_long',
      `the payload of button "${button.label}" is empty or too long`,
      {
        kind: 'validation',
      },
    );
  const style = button.style === 'success' ? 'primary' : button.style;
  return {
    type: 'button',
    action_id: `press.${id}`,
    text: plain(button.label, limits.buttonText),
    value: button.data,
    ...(style === 'primary' || style === 'danger' ? { style } : {}),
  };
}

function inputOf(field: FormField, id: string): JsonObject {
  return {
    type: 'input',
    block_id: id,
    optional: true,
    label: plain(field.label, limits.label),
    element: field.kind === 'text' ? textInput(field) : choice(field),
  };
}

function textInput(field: Extract<FormField, { kind: 'text' }>): JsonObject {
  return {
    type: 'plain_text_input',
    action_id: field.name,
    multiline: true,
    ...(field.placeholder ? { placeholder: plain(field.placeholder, 150) } : {}),
  };
}

function choice(field: Extract<FormField, { kind: 'choice' }>): JsonObject {
  const few = field.options.length <= limits.boxes;
  const multiple = few ? 'checkboxes' : 'multi_static_select';
  const single = few ? 'radio_buttons' : 'static_select';
  return {
    type: field.multiple ? multiple : single,
    action_id: field.name,
    options: field.options.slice(0, limits.options).map((option) => ({
      text: plain(option.label, limits.optionText),
      value: option.value.slice(0, limits.optionValue),
      ...(option.description ? { description: plain(option.description, limits.optionText) } : {}),
    })),
  };
}

function plain(text: string, limit: number): JsonObject {
  return { type: 'plain_text', text: cut(text, limit) || '…', emoji: false };
}

/** At most `limit` UTF-16 units, no character cut in two. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
