/** What the service checks about a card, and what a person sees of it. */
import { Refusal } from './world.ts';

const elementTags = new Set([
  'markdown',
  'div',
  'plain_text',
  'hr',
  'img',
  'column_set',
  'column',
  'button',
  'form',
  'input',
  'select_static',
  'multi_select_static',
  'checker',
  'collapsible_panel',
  'table',
  'interactive_container',
]); // prettier-ignore
const colours = new Set([
  'blue',
  'wathet',
  'turquoise',
  'green',
  'yellow',
  'orange',
  'red',
  'carmine',
  'violet',
  'purple',
  'indigo',
  'grey',
  'default',
]); // prettier-ignore
const topKeys = new Set(['schema', 'config', 'header', 'body', 'card_link']);

export type Json = Record<string, unknown>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every element of a card, nested ones included, in reading order. */
export function elementsOf(card: Json): Json[] {
  const found: Json[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isRecord(value)) {
      found.push(value);
      visit(value.elements);
      visit(value.columns);
    }
  };
  visit(isRecord(card.body) ? card.body.elements : undefined);
  return found;
}

function refuse(code: number, what: string): never {
  throw new Refusal(230099, `Failed to create card content, ext=ErrCode: ${code}; ErrMsg: ${what}`);
}

/** Markdown without its fences, those in lists and quotes included. */
function withoutFences(markdown: string): string {
  if (!/`{3}|~{3}/.test(markdown)) return markdown;
  let fence: string | undefined;
  return markdown
    .split('\n')
    .filter((line) => {
      if (fence !== undefined) {
        const close = /^[\s>]*(`{3,}|~{3,})\s*$/.exec(line)?.[1];
        if (close?.startsWith(fence)) fence = undefined;
        return false;
      }
      fence = /^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+(?:[☐☑] )?[\s>]*)*(`{3,}(?=[^`]*$)|~{3,})/.exec(line)?.[1];
      return fence === undefined;
    })
    .join('\n');
}

/** GFM tables in a Markdown text, outside of code fences. */
function tablesIn(markdown: string): number {
  if (!markdown.includes('|')) return 0;
  return withoutFences(markdown)
    .split('\n')
    .filter(
      (line) => line.includes('|') && /^[\s>]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*:?-*:?[ \t]*$/.test(line),
    ).length;
}

function checkMarkdown(text: string): void {
  if (!text.includes('](')) return;
  const prose = withoutFences(text).replace(/(?<!`)(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, '');
  for (const match of prose.matchAll(/(!?)\[[^\]]*\]\(([^)\s]*)[^)]*\)/g)) {
    const target = match[2] ?? '';
    if (match[1] === '!') {
      if (!target.startsWith('img_')) refuse(11246, `invalid image key ${target}`);
    } else if (!/^https?:\/\//.test(target)) throw new Refusal(230001, `invalid href ${target}`);
  }
}

function checkElement(element: Json, inForm: boolean): void {
  const tag = String(element.tag);
  if (!elementTags.has(tag)) refuse(200861, `unsupported tag ${tag} in schema 2.0`);
  const id = element.element_id;
  if (id !== undefined && !/^[a-zA-Z][a-zA-Z0-9_]{0,19}$/.test(String(id)))
    refuse(300301, `invalid element_id ${String(id)}`);
  if (tag === 'markdown') {
    if (typeof element.content !== 'string') refuse(200621, 'markdown without content');
    checkMarkdown(String(element.content));
  }
  if (tag === 'button') {
    if (!isRecord(element.text)) refuse(200621, 'button without text');
    if (element.form_action_type !== undefined && !inForm) refuse(200530, 'form action outside of a form');
    if (element.form_action_type !== undefined && !element.name) refuse(200530, 'submit without a name');
  }
  if (['input', 'select_static', 'multi_select_static', 'checker'].includes(tag) && inForm && !element.name)
    refuse(200530, `${tag} in a form without a name`);
  if (tag === 'form') {
    if (inForm || !element.name) refuse(200530, 'form nested or without a name');
    const names = elementsOf({ body: { elements: element.elements } }).flatMap(({ name }) => name ?? []);
    if (new Set(names).size !== names.length) refuse(200530, 'a name twice in a form');
  }
  if (tag === 'select_static' || tag === 'multi_select_static') {
    const options = Array.isArray(element.options) ? element.options.filter(isRecord) : [];
    if (options.length === 0) refuse(200621, `${tag} without options`);
    if (new Set(options.map(({ value }) => value)).size !== options.length) refuse(200621, 'an option twice');
  }
}

/** Refuses what the service would refuse. */
export function checkCard(card: unknown): asserts card is Json {
  if (!isRecord(card)) refuse(200621, 'card is not an object');
  if (card.schema !== '2.0') refuse(200621, 'schema is not 2.0');
  for (const key of Object.keys(card)) if (!topKeys.has(key)) refuse(200621, `unknown property ${key}`);
  if (!isRecord(card.body) || !Array.isArray(card.body.elements)) refuse(200621, 'no body.elements');
  const header = card.header;
  if (header !== undefined) {
    if (!isRecord(header) || !isRecord(header.title)) refuse(200621, 'header without title');
    if (header.template !== undefined && !colours.has(String(header.template)))
      refuse(200621, `unknown template ${String(header.template)}`);
  }
  const elements = elementsOf(card);
  if (elements.length > 200) refuse(11310, 'more than 200 elements');
  const ids = elements.map((element) => element.element_id).filter((id) => id !== undefined);
  if (new Set(ids).size !== ids.length) refuse(300301, 'element_id twice');
  const visit = (value: unknown, inForm: boolean): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, inForm);
    else if (isRecord(value)) {
      checkElement(value, inForm);
      visit(value.elements, inForm || value.tag === 'form');
      visit(value.columns, inForm);
    }
  };
  visit(card.body.elements, false);
  const tables = elements.reduce(
    (sum, element) =>
      sum +
      (element.tag === 'table' ? 1 : 0) +
      (element.tag === 'markdown' ? tablesIn(String(element.content)) : 0),
    0,
  );
  const streaming = isRecord(card.config) && card.config.streaming_mode === true;
  if (tables > (streaming ? 3 : 5)) refuse(11310, 'card table number over limit');
}

const postTags = new Set(['text', 'a', 'at', 'img', 'media', 'emotion', 'hr', 'code_block', 'md']);

/** Refuses what the service would refuse of a post: paragraphs of known elements, Markdown in one of its own. */
export function checkPost(post: unknown): asserts post is Json {
  const refusePost = (what: string): never => {
    throw new Refusal(230001, `invalid post: ${what}`);
  };
  if (!isRecord(post) || Object.keys(post).length === 0) refusePost('no language');
  for (const [language, part] of Object.entries(post as Json)) {
    if (!/^[a-z]{2}_[a-z]{2}$/.test(language)) refusePost(`language ${language}`);
    const lines = isRecord(part) ? part.content : undefined;
    if (!Array.isArray(lines) || lines.length === 0) return refusePost('no content');
    for (const line of lines) {
      if (!Array.isArray(line) || line.length === 0) return refusePost('a paragraph is empty');
      for (const element of line as unknown[]) {
        if (!isRecord(element) || !postTags.has(String(element.tag))) return refusePost('unknown element');
        if (element.tag === 'md' && line.length > 1) refusePost('md shares its paragraph');
        if (element.tag !== 'md' && element.tag !== 'text') continue;
        if (typeof element.text !== 'string' || element.text === '') return refusePost('no text');
        if (element.tag === 'md') checkMarkdown(element.text);
      }
    }
  }
}

const textOf = (value: unknown): string => (isRecord(value) ? String(value.content ?? '') : '');

/** Markup removed, words kept. */
export function plainMarkdown(markdown: string): string {
  return markdown
    .replace(/^(`{3,}|~{3,})[^\n]*$/gm, '')
    .replace(/^#{1,6}\s+/gm, '')
    .replace(/<at id=([^>]*)><\/at>/g, '@$1')
    .replace(/<\/?(font|br)[^>]*>/g, '')
    .replace(/(\*\*|__|~~|`)/g, '')
    .replace(/(^|[\s(])[*_]([^*_\n]+)[*_]/g, '$1$2')
    .replace(/\\([\\`*_{}[\]()#+\-.!|~<>&])/g, '$1')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&amp;/g, '&');
}

/** What a person reads on a card: title, texts, small print. */
export function visibleText(card: Json): string {
  const lines: string[] = [];
  if (isRecord(card.header)) lines.push(textOf(card.header.title));
  for (const element of elementsOf(card)) {
    if (element.tag === 'markdown') lines.push(plainMarkdown(String(element.content)));
    else if (element.tag === 'div') lines.push(textOf(element.text));
    else if (element.tag === 'checker') lines.push(textOf(element.text));
  }
  return lines.filter((line) => line !== '').join('\n');
}

export interface SimButton {
  readonly label: string;
  readonly value: unknown;
  readonly name?: string;
  readonly submits: boolean;
}

export function buttonsOf(card: Json): SimButton[] {
  return elementsOf(card)
    .filter((element) => element.tag === 'button' && element.disabled !== true)
    .map((element) => {
      const behaviours = Array.isArray(element.behaviors) ? element.behaviors : [];
      const callback = behaviours.find((item): item is Json => isRecord(item) && item.type === 'callback');
      return {
        label: textOf(element.text),
        value: callback?.value ?? element.value,
        name: element.name === undefined ? undefined : String(element.name),
        submits: element.form_action_type === 'submit',
      };
    });
}
