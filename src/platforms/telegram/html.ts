import type { Root, Table } from 'mdast';
import { renderPlain } from '../../kit/markdown/plain.ts';
import { type Renderer, renderMarkdown } from '../../kit/markdown/walk.ts';

/** A document in the HTML style of the Bot API: few tags, everything else escaped. */
export function renderHtml(root: Root): string {
  return renderMarkdown(root, html).trim();
}

/** Escapes text for the Bot API, which knows only `&lt;`, `&gt;`, `&amp;` and `&quot;`. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const references: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&amp;': '&',
};

/** The words a person sees; its length in UTF-16 units is what the limits count. */
export function visibleText(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|quot|amp);/g, (reference) => references[reference] ?? '');
}

/**
 * How many entities the service makes of a markup, at most. One that stands in another may cut it in two there; the
 * two tags of a fence with a language make one.
 */
export function entityCount(markup: string): number {
  let count = 0;
  let depth = 0;
  for (const [tag, slash] of markup.matchAll(/<(\/?)(?!\/?blockquote)[^>]*>/g)) {
    if (slash) depth -= 1;
    else {
      if (!tag.startsWith('<code class=')) count += depth > 0 ? 2 : 1;
      depth += 1;
    }
  }
  return count + (markup.match(/<blockquote/g)?.length ?? 0);
}

const blocks = (parts: string[]) => parts.filter((part) => part !== '').join('\n\n');
const inline = (parts: string[]) => parts.join('');
const indent = (text: string, by: string) => text.replace(/\n(?=[^\n])/g, `\n${by}`);
const wrap = (tag: string, content: string) => (content === '' ? '' : `<${tag}>${content}</${tag}>`);

const html: Renderer<string> = {
  root: (_node, context) => blocks(context.children()),
  paragraph: (_node, context) => inline(context.children()),
  heading: (_node, context) => wrap('b', inline(context.children())),
  text: (node) => escapeHtml(node.value),
  emphasis: (_node, context) => wrap('i', inline(context.children())),
  strong: (_node, context) => wrap('b', inline(context.children())),
  delete: (_node, context) => wrap('s', inline(context.children())),
  // Of a link around code the service keeps only the code.
  inlineCode: (node, context) =>
    context.parents.some(({ type }) => type === 'link')
      ? escapeHtml(node.value)
      : wrap('code', escapeHtml(node.value)),
  break: () => '\n',
  code: (node) => fence(node.value, node.lang ?? ''),
  thematicBreak: () => '———',
  link: (node, context) => link(node.url, inline(context.children())),
  image: (node) => link(node.url, escapeHtml(node.alt || node.url)),
  // Quotes cannot hold quotes there, so inner ones are marked by hand.
  blockquote: (_node, context) => {
    const content = blocks(context.children());
    const nested = context.parents.some((parent) => parent.type === 'blockquote');
    return nested ? content.replace(/^/gm, '&gt; ') : wrap('blockquote', content);
  },
  list: (node, context) => context.children().join(node.spread ? '\n\n' : '\n'),
  listItem: (node, context) => {
    const list = context.parents.at(-1);
    const ordered = list?.type === 'list' && list.ordered === true;
    const marker = ordered ? `${(list.start ?? 1) + context.index}. ` : '• ';
    const box = typeof node.checked === 'boolean' ? (node.checked ? '☑ ' : '☐ ') : '';
    const parts = context.children();
    const body = node.children.map((child, at) =>
      child.type === 'code' || child.type === 'table' ? (parts[at] ?? '') : indent(parts[at] ?? '', '  '),
    );
    return `${marker}${box}${body.map((part, at) => (at > 0 && node.children[at]?.type === 'list' ? `  ${part}` : part)).join(node.spread ? '\n\n' : '\n')}`;
  },
  table: (node) => wrap('pre', escapeHtml(tableText(node))),
  tableRow: (_node, context) => context.children().join(' | '),
  tableCell: (_node, context) => inline(context.children()),
  footnoteReference: (node) => escapeHtml(`[${node.identifier}]`),
  footnoteDefinition: (node, context) =>
    `${escapeHtml(`[${node.identifier}]`)} ${indent(blocks(context.children()), '  ')}`,
};

function fence(code: string, language: string): string {
  if (code === '') return '';
  const name = /^[\w+#.-]+/.exec(language)?.[0];
  return name
    ? `<pre><code class="language-${escapeHtml(name)}">${escapeHtml(code)}</code></pre>`
    : wrap('pre', escapeHtml(code));
}

/** Only addresses a phone can open become links; a path in the project stays readable beside its label. */
function link(url: string, label: string): string {
  const address = escapeHtml(url);
  if (/^(https?|tg|mailto):/i.test(url)) return `<a href="${address}">${label || address}</a>`;
  return url === '' || label === address ? label : `${label} (${address})`;
}

/** Columns padded to equal width, wide characters counting twice. */
function tableText(table: Table): string {
  const rows = table.children.map((row) =>
    row.children.map((cell) =>
      renderPlain({ type: 'root', children: [{ type: 'paragraph', children: cell.children }] }).replaceAll(
        '\n',
        ' ',
      ),
    ),
  );
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, width(cell));
  const lines = rows.map((row) =>
    widths
      .map((wide, at) => `${row[at] ?? ''}${' '.repeat(Math.max(0, wide - width(row[at] ?? '')))}`)
      .join(' | ')
      .trimEnd(),
  );
  if (lines.length > 1) lines.splice(1, 0, widths.map((wide) => '-'.repeat(wide)).join('-+-'));
  return lines.join('\n');
}

function width(text: string): number {
  let sum = 0;
  for (const char of text)
    sum +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Extended_Pictographic}/u.test(
        char,
      )
        ? 2
        : 1;
  return sum;
}
