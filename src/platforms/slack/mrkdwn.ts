import type { PhrasingContent, Root, Table } from 'mdast';
import { renderPlain } from '../../kit/markdown/plain.ts';
import { type RenderContext, type Renderer, renderMarkdown } from '../../kit/markdown/walk.ts';

/** Writes a parsed document in mrkdwn, the older format that sections of cards are written in. */
export function toMrkdwn(root: Root): string {
  return renderMarkdown(root, dialect);
}

const MENTION = /&lt;(@[UW][A-Z0-9]{2,20})&gt;/g;

/** Text as it stands. mrkdwn knows no escape for its marks, only for what would be an entity or a reference. */
export function escapeMrkdwn(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(MENTION, '<$1>');
}

/** A code block; a fence inside would end it. */
export function codeBlock(code: string): string {
  return `\`\`\`\n${escapeCode(code).replaceAll('```', '``\u200b`')}\n\`\`\``;
}

const escapeCode = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const blocks = (parts: string[]) => parts.filter((part) => part !== '').join('\n\n');
const inline = (context: RenderContext<string>) => context.children().join('');
const indent = (text: string, by: string) => text.replace(/\n(?=[^\n])/g, `\n${by}`);

function around(mark: string, text: string): string {
  const [, before = '', middle = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? [];
  // A mark does not reach over lines, and twice the same one is none.
  if (middle === '' || middle.includes('\n') || middle.startsWith(mark)) return text;
  return `${before}${mark}${middle}${mark}${after}`;
}

const dialect: Renderer<string> = {
  root: (_node, context) => blocks(context.children()),
  paragraph: (_node, context) => inline(context),
  heading: (_node, context) => around('*', inline(context).replace(/\n/g, ' ')),
  text: (node) => escapeMrkdwn(node.value),
  emphasis: (_node, context) => around('_', inline(context)),
  strong: (_node, context) => around('*', inline(context)),
  delete: (_node, context) => around('~', inline(context)),
  inlineCode: (node) => `\`${escapeCode(node.value).replaceAll('`', 'ˋ')}\``,
  break: () => '\n',
  code: (node) => codeBlock(node.value),
  thematicBreak: () => '———',
  link: (node, context) => link(inline(context), node.url),
  image: (node) => link(escapeMrkdwn(node.alt || 'image'), node.url),
  blockquote: (_node, context) => blocks(context.children()).replace(/^/gm, '> '),
  list: (node, context) => context.children().join(node.spread ? '\n\n' : '\n'),
  listItem: (node, context) => {
    const list = context.parents.at(-1);
    const ordered = list?.type === 'list' && list.ordered === true;
    const marker = ordered ? `${(list.start ?? 1) + context.index}. ` : '• ';
    const box = typeof node.checked === 'boolean' ? (node.checked ? '☑ ' : '☐ ') : '';
    return `${marker}${box}${indent(context.children().join(node.spread ? '\n\n' : '\n'), '    ')}`;
  },
  table: (node) => codeBlock(tableLines(node)),
  tableRow: () => '',
  tableCell: () => '',
  footnoteReference: (node) => `[${escapeMrkdwn(node.identifier)}]`,
  footnoteDefinition: (node, context) => `[${escapeMrkdwn(node.identifier)}] ${blocks(context.children())}`,
};

function link(label: string, url: string): string {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) {
    const target = escapeMrkdwn(url);
    return label === '' || label === target || url === '' ? label || target : `${label} (${target})`;
  }
  const href = escapeCode(url).replace(/[|\s]/g, (char) => encodeURIComponent(char));
  // A reference ends at its first bracket and cannot hold another.
  const words = label.replace(/<[^>]*>/g, '').replace(/\|/g, '¦');
  return words === '' || words === href ? `<${href}>` : `<${href}|${words.replace(/\n/g, ' ')}>`;
}

function tableLines(node: Table): string {
  const cells = node.children.map((row) =>
    row.children.map((cell) => {
      const children = cell.children as PhrasingContent[];
      return renderPlain({ type: 'root', children: [{ type: 'paragraph', children }] });
    }),
  );
  const widths = (cells[0] ?? []).map((_, at) =>
    Math.min(40, Math.max(...cells.map((row) => row[at]?.length ?? 0))),
  );
  const rows = cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join(' | ')
      .trimEnd(),
  );
  return rows.join('\n');
}
