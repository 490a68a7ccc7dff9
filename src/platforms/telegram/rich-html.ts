import type { Nodes, Root } from 'mdast';
import { type Renderer, renderMarkdown } from '../../kit/markdown/walk.ts';
import { escapeHtml } from './html.ts';

/** Columns a table of a rich message may have. */
const MOST_COLUMNS = 20;

/**
 * The document as the HTML of a rich message, which knows real tables, lists and headings. Undefined where the
 * ordinary HTML shows as much: old apps cannot read rich messages, so they are worth it only for tables.
 */
export function renderRichHtml(root: Root): string | undefined {
  const columns = widestTable(root);
  return columns > 0 && columns <= MOST_COLUMNS ? renderMarkdown(root, rich) : undefined;
}

function widestTable(node: Nodes): number {
  if (node.type === 'table') return Math.max(...node.children.map((row) => row.children.length));
  return 'children' in node ? Math.max(0, ...node.children.map(widestTable)) : 0;
}

const inner = (parts: string[]) => parts.join('');
const wrap = (tag: string, content: string) => `<${tag}>${content}</${tag}>`;

const rich: Renderer<string> = {
  root: (_node, context) => inner(context.children()),
  paragraph: (_node, context) => wrap('p', inner(context.children())),
  heading: (node, context) => wrap(`h${node.depth}`, inner(context.children())),
  text: (node) => escapeHtml(node.value).replaceAll('\n', '<br>'),
  emphasis: (_node, context) => wrap('i', inner(context.children())),
  strong: (_node, context) => wrap('b', inner(context.children())),
  delete: (_node, context) => wrap('s', inner(context.children())),
  inlineCode: (node) => wrap('code', escapeHtml(node.value)),
  break: () => '<br>',
  code: (node) => {
    const language = /^[\w+#.-]+/.exec(node.lang ?? '')?.[0];
    const code = escapeHtml(node.value);
    return wrap('pre', language ? `<code class="language-${escapeHtml(language)}">${code}</code>` : code);
  },
  thematicBreak: () => '<hr/>',
  link: (node, context) => link(node.url, inner(context.children())),
  image: (node) => link(node.url, escapeHtml(node.alt || node.url)),
  blockquote: (_node, context) => wrap('blockquote', inner(context.children())),
  list: (node, context) =>
    node.ordered
      ? `<ol start="${node.start ?? 1}">${inner(context.children())}</ol>`
      : wrap('ul', inner(context.children())),
  listItem: (node, context) => {
    const box =
      typeof node.checked === 'boolean' ? `<input type="checkbox"${node.checked ? ' checked' : ''}>` : '';
    return wrap('li', box + inner(context.children()));
  },
  table: (_node, context) => `<table bordered striped>${inner(context.children())}</table>`,
  tableRow: (_node, context) => wrap('tr', inner(context.children())),
  tableCell: (_node, context) => {
    const table = context.parents.at(-2);
    const row = context.parents.at(-1);
    const head = table?.type === 'table' && table.children[0] === row;
    return wrap(head ? 'th' : 'td', inner(context.children()));
  },
  footnoteReference: (node) => escapeHtml(`[${node.identifier}]`),
  footnoteDefinition: (node, context) =>
    wrap('p', escapeHtml(`[${node.identifier}]`)) + inner(context.children()),
};

function link(url: string, label: string): string {
  const address = escapeHtml(url);
  if (/^(https?|tg|mailto|tel):/i.test(url)) return `<a href="${address}">${label || address}</a>`;
  return url === '' || label === address ? label : `${label} (${address})`;
}
