import type { Root, Table } from 'mdast';
import { parseMarkdown } from './parse.ts';
import { type Renderer, renderMarkdown } from './walk.ts';

/** Markdown as plain text: markup is gone, structure (bullets, quotes, addresses of links) is kept. */
export function markdownToPlain(text: string): string {
  return renderPlain(parseMarkdown(text));
}

/** A parsed document as plain text. */
export function renderPlain(root: Root): string {
  return renderMarkdown(root, plain);
}

const blocks = (parts: string[]) => parts.filter((part) => part !== '').join('\n\n');
const inline = (parts: string[]) => parts.join('');
const indent = (text: string, by: string) => text.replace(/\n(?=[^\n])/g, `\n${by}`);

const plain: Renderer<string> = {
  root: (_node, context) => blocks(context.children()),
  paragraph: (_node, context) => inline(context.children()),
  heading: (_node, context) => inline(context.children()),
  text: (node) => node.value,
  emphasis: (_node, context) => inline(context.children()),
  strong: (_node, context) => inline(context.children()),
  delete: (_node, context) => inline(context.children()),
  inlineCode: (node) => node.value,
  break: () => '\n',
  code: (node) => node.value,
  thematicBreak: () => '———',
  link: (node, context) => address(inline(context.children()), node.url),
  image: (node) => address(node.alt ?? '', node.url),
  blockquote: (_node, context) => blocks(context.children()).replace(/^/gm, '> '),
  list: (node, context) => context.children().join(node.spread ? '\n\n' : '\n'),
  listItem: (node, context) => {
    const list = context.parents.at(-1);
    const ordered = list?.type === 'list' && list.ordered === true;
    const marker = ordered ? `${(list.start ?? 1) + context.index}. ` : '• ';
    const box = typeof node.checked === 'boolean' ? (node.checked ? '☑ ' : '☐ ') : '';
    const body = context.children().join(node.spread ? '\n\n' : '\n');
    return `${marker}${box}${indent(body, ' '.repeat(marker.length))}`;
  },
  table: (node, context) => tableLines(node, context.children()),
  tableRow: (_node, context) => context.children().join(' | '),
  tableCell: (_node, context) => inline(context.children()),
  footnoteReference: (node) => `[${node.identifier}]`,
  footnoteDefinition: (node, context) => `[${node.identifier}] ${indent(blocks(context.children()), '  ')}`,
};

function tableLines(node: Table, rows: string[]): string {
  const [head, ...body] = rows;
  return node.children.length > 1 ? [head, '———', ...body].join('\n') : (head ?? '');
}

function address(label: string, url: string): string {
  if (label === '') return url;
  if (url === '' || url === label || url === `mailto:${label}` || url === `http://${label}`) return label;
  return `${label} (${url})`;
}
