import type { Button, Card, CardBlock, FormField } from '../../core/card.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { parseMarkdown } from '../../kit/markdown/parse.ts';
import { renderPlain } from '../../kit/markdown/plain.ts';
import { graphemeBefore } from '../../kit/markdown/text-boundary.ts';
import { escapeText, fenced, toFeishu } from './dialect.ts';

/** What is written into every button beside its payload, so that a press finds its session again. */
export interface ButtonHome {
  readonly sessionKey: string;
  readonly direct: boolean;
  /** Among several projects on one app, the one that sent the card. */
  readonly project: string;
}

/** Most bytes of a card's JSON; the service refuses 30 KB and counts more than we do. */
export const cardBytes = 28_000;
/** A card's text is cut at this many bytes where it cannot be split into several. */
const blockBytes = 20_000;
/** What of a card stands in the chat list. */
const mostSummary = 120;
/** Up to this many options of a multiple choice are boxes to tick; more are a list. */
const mostBoxes = 12;

/** The frame of a card: schema 2.0, visible to all, with the line shown in the chat list. */
export function cardFrame(elements: readonly JsonObject[], summary: string, header?: JsonObject): JsonObject {
  return {
    schema: '2.0',
    config: { update_multi: true, summary: { content: summaryLine(summary) } },
    header,
    body: { elements },
  };
}

/** The beginning of a text as the chat list shows it. */
export function summaryLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.slice(0, graphemeBefore(line, mostSummary));
}

export function headerOf(card: Card): JsonObject | undefined {
  if (card.title === undefined) return undefined;
  return { title: { tag: 'plain_text', content: card.title }, template: card.tone ?? 'default' };
}

export function markdownElement(content: string, id?: string): JsonObject {
  return { tag: 'markdown', content: content === '' ? ' ' : content, element_id: id };
}

export function noteElement(text: string): JsonObject {
  return { tag: 'markdown', content: `<font color='grey'>${escapeText(text)}</font>`, text_size: 'notation' };
}

/** One card as the service takes it; texts too long for it are cut. */
export function toCardJson(card: Card, home: ButtonHome): JsonObject {
  const tables = tablesPerBlock(card);
  const elements = card.blocks.flatMap((block, at) => blockElements(block, at, home, tables));
  return cardFrame(elements, plainCard(card), headerOf(card));
}

/** How many tables each text block may show so that a card never has more than five. */
export function tablesPerBlock(card: Card): number {
  const texts = card.blocks.filter((block) => block.kind === 'text').length;
  return texts === 0 ? 0 : Math.floor(5 / texts);
}

/** The elements of one block. */
export function blockElements(block: CardBlock, at: number, home: ButtonHome, tables: number): JsonObject[] {
  switch (block.kind) {
    case 'text':
      return [markdownElement(cutBytes(toFeishu(parseMarkdown(block.markdown), { tables, post: false })))];
    case 'code':
      return [markdownElement(fenced(cutBytes(block.code), block.language))];
    case 'fields':
      return [
        markdownElement(
          block.fields
            .map(({ label, value }) => `**${escapeText(label)}** ${escapeText(cutBytes(value))}`)
            .join('\n'),
        ),
      ];
    case 'divider':
      return [{ tag: 'hr' }];
    case 'buttons':
      return block.rows.filter((row) => row.length > 0).map((row) => buttonRow(row, home));
    case 'form':
      return [form(block.fields, block.submit, at, home)];
    case 'note':
      return [noteElement(cutBytes(block.text))];
  }
}

function value(button: Button, home: ButtonHome, boxes?: Json): JsonObject {
  return { d: button.data, k: home.sessionKey, p: home.direct ? 1 : 0, o: home.project, c: boxes };
}

function buttonElement(button: Button, home: ButtonHome): JsonObject {
  const type = button.style === 'success' ? 'primary' : (button.style ?? 'default');
  return {
    tag: 'button',
    text: { tag: 'plain_text', content: button.label },
    type,
    behaviors: [{ type: 'callback', value: value(button, home) }],
  };
}

function buttonRow(row: readonly Button[], home: ButtonHome): JsonObject {
  const columns = row.map((button) => ({
    tag: 'column',
    width: 'auto',
    elements: [buttonElement(button, home)],
  }));
  return { tag: 'column_set', flex_mode: 'flow', horizontal_spacing: '8px', columns };
}

const plain = (content: string): JsonObject => ({ tag: 'plain_text', content });

function form(fields: readonly FormField[], submit: Button, at: number, home: ButtonHome): JsonObject {
  const boxes: Record<string, Json> = {};
  const elements = fields.flatMap((field, index) => fieldElements(field, index, boxes));
  const { behaviors: _none, ...look } = buttonElement(submit, home);
  elements.push({
    ...look,
    name: `submit_${at}`,
    form_action_type: 'submit',
    behaviors: [
      { type: 'callback', value: value(submit, home, Object.keys(boxes).length > 0 ? boxes : undefined) },
    ],
  });
  return { tag: 'form', name: `form_${at}`, elements };
}

function fieldElements(field: FormField, index: number, boxes: Record<string, Json>): JsonObject[] {
  if (field.kind === 'text')
    return [
      {
        tag: 'input',
        name: field.name,
        width: 'fill',
        label: plain(field.label),
        label_position: 'top',
        placeholder: field.placeholder === undefined ? undefined : plain(field.placeholder),
      },
    ];
  const label = markdownElement(`**${escapeText(field.label)}**`);
  if (field.multiple && field.options.length <= mostBoxes)
    return [
      label,
      ...field.options.map((option, at): JsonObject => {
        const name = `box_${index}_${at}`;
        boxes[name] = [field.name, option.value];
        return { tag: 'checker', name, checked: false, text: plain(optionText(option)) };
      }),
    ];
  return [
    label,
    {
      tag: field.multiple ? 'multi_select_static' : 'select_static',
      name: field.name,
      width: 'fill',
      options: field.options.map((option) => ({ text: plain(optionText(option)), value: option.value })),
    },
  ];
}

const optionText = (option: { label: string; description?: string }): string =>
  option.description === undefined ? option.label : `${option.label} – ${option.description}`;

function cutBytes(text: string): string {
  if (Buffer.byteLength(text) <= blockBytes) return text;
  return `${Buffer.from(text)
    .subarray(0, blockBytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '')}…`;
}

/** The words of a card. */
export function plainCard(card: Card): string {
  const lines = card.blocks.map((block) => {
    if (block.kind === 'text') return renderPlain(parseMarkdown(block.markdown));
    if (block.kind === 'code') return block.code;
    if (block.kind === 'fields')
      return block.fields.map(({ label, value: text }) => `${label}: ${text}`).join('\n');
    if (block.kind === 'buttons')
      return block.rows.map((row) => row.map((b) => `[${b.label}]`).join(' ')).join('\n');
    if (block.kind === 'note') return block.text;
    return '';
  });
  return [card.title ?? '', ...lines].filter((line) => line !== '').join('\n');
}
