/** What the service refuses in blocks, and what a person sees of them. */
import { parseMarkdown } from '../../../src/kit/markdown/parse.ts';
import { renderPlain } from '../../../src/kit/markdown/plain.ts';

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Characters without a shape. */
const invisible = /[\s\u2800\p{Default_Ignorable_Code_Point}]/gu;
const seesNothing = (text: string): boolean => text.replace(invisible, '') === '';

/** The first thing that is wrong, in words; undefined when the service would take it. */
export function wrongBlocks(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'blocks is no list';
  if (value.length > 50) return 'more than 50 blocks';
  const markdown = value.filter((block) => fields(block).type === 'markdown');
  const length = markdown.reduce((sum: number, block) => sum + String(fields(block).text).length, 0);
  if (length > 12_000) return `${length} characters of markdown`;
  const ids = new Set<string>();
  for (const raw of value) {
    const block = fields(raw);
    const id = block.block_id;
    if (id !== undefined) {
      if (typeof id !== 'string' || id.length > 255 || ids.has(id)) return `block_id ${String(id)}`;
      ids.add(id);
    }
    const wrong = wrongBlock(block);
    if (wrong !== undefined) return `${String(block.type)}: ${wrong}`;
  }
  return undefined;
}

function wrongBlock(block: Fields): string | undefined {
  switch (block.type) {
    case 'markdown':
      return typeof block.text === 'string' && !seesNothing(block.text) ? undefined : 'no text';
    case 'header':
      return wrongText(block.text, 'plain_text', 150);
    case 'section':
      return wrongText(block.text, 'mrkdwn', 3000);
    case 'divider':
      return undefined;
    case 'context': {
      const elements = items(block.elements);
      if (elements.length < 1 || elements.length > 10) return `${elements.length} elements`;
      return elements.map((element) => wrongText(element, 'mrkdwn', 2000)).find(Boolean);
    }
    case 'actions':
      return wrongActions(items(block.elements).map(fields));
    case 'input':
      return wrongText(block.label, 'plain_text', 2000) ?? wrongInput(fields(block.element));
    default:
      return 'unknown type';
  }
}

function wrongText(value: unknown, type: string, most: number): string | undefined {
  const text = fields(value);
  if (text.type !== type) return `text of type ${String(text.type)}`;
  if (typeof text.text !== 'string' || seesNothing(text.text)) return 'empty text';
  if (text.text.length > most) return `${text.text.length} characters`;
  if (type === 'mrkdwn' && /&(?!amp;|lt;|gt;)/.test(text.text)) return 'a bare &';
  if (type === 'mrkdwn' && /<(?![@#!]|https?:|mailto:)/.test(text.text)) return 'a bare <';
  if (type === 'mrkdwn' && /<[^>\n]*(?:<|\n|$)/.test(text.text)) return 'a reference that is not closed';
  if (type === 'mrkdwn' && /<(?:https?:|mailto:)[^>|]*\s[^>]*>/.test(text.text))
    return 'white space in an address';
  return undefined;
}

function wrongActions(elements: readonly Fields[]): string | undefined {
  if (elements.length < 1 || elements.length > 25) return `${elements.length} elements`;
  const ids = elements.map((element) => element.action_id);
  if (new Set(ids).size !== ids.length) return 'an action_id twice';
  for (const element of elements) {
    if (element.type !== 'button') return `element ${String(element.type)}`;
    if (typeof element.action_id !== 'string' || element.action_id.length > 255) return 'action_id';
    if (typeof element.value !== 'string' || element.value.length > 2000) return 'value';
    if (element.style !== undefined && element.style !== 'primary' && element.style !== 'danger')
      return 'style';
    const wrong = wrongText(element.text, 'plain_text', 75);
    if (wrong) return wrong;
  }
  return undefined;
}

function wrongInput(element: Fields): string | undefined {
  if (typeof element.action_id !== 'string' || element.action_id.length > 255) return 'action_id';
  if (element.type === 'plain_text_input') return undefined;
  const most = { checkboxes: 10, radio_buttons: 10, static_select: 100, multi_static_select: 100 }[
    String(element.type)
  ];
  if (most === undefined) return `element ${String(element.type)}`;
  const options = items(element.options).map(fields);
  if (options.length < 1 || options.length > most) return `${options.length} options`;
  for (const option of options) {
    if (typeof option.value !== 'string' || option.value.length < 1 || option.value.length > 150)
      return 'option value';
    const wrong = wrongText(option.text, 'plain_text', 75);
    if (wrong) return wrong;
  }
  return undefined;
}

/** The words of a message's blocks. */
export function wordsOf(blocks: readonly unknown[]): string {
  return blocks
    .map((raw) => {
      const block = fields(raw);
      if (block.type === 'markdown') return renderPlain(parseMarkdown(String(block.text)));
      if (block.type === 'header') return String(fields(block.text).text);
      if (block.type === 'section') return readMrkdwn(String(fields(block.text).text));
      if (block.type === 'context')
        return items(block.elements)
          .map((element) => readMrkdwn(String(fields(element).text)))
          .join(' ');
      if (block.type === 'input') return String(fields(block.label).text);
      return '';
    })
    .filter((text) => text !== '')
    .join('\n');
}

export interface SeenButton {
  readonly label: string;
  readonly actionId: string;
  readonly blockId: string;
  readonly value: string;
}

export function buttonsOf(blocks: readonly unknown[]): SeenButton[] {
  return blocks
    .map(fields)
    .filter((block) => block.type === 'actions')
    .flatMap((block) =>
      items(block.elements).map((raw) => {
        const element = fields(raw);
        return {
          label: String(fields(element.text).text),
          actionId: String(element.action_id),
          blockId: String(block.block_id ?? ''),
          value: String(element.value),
        };
      }),
    );
}

/** mrkdwn as it is seen. */
export function readMrkdwn(text: string): string {
  return text
    .replace(/```\n?([\s\S]*?)\n?```/g, '$1')
    .replace(/<(?:https?:|mailto:)[^>|]*\|([^>]*)>/g, '$1')
    .replace(/<((?:https?:|mailto:)[^>|]*)>/g, '$1')
    .replace(/(^|[\s(])[*_~]([^*_~\n]+)[*_~](?=[\s).,:]|$)/gm, '$1$2')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}
