import type { Root } from 'mdast';
import { beforeLink, type RenderContext, type Renderer, renderMarkdown } from '../../kit/markdown/walk.ts';

/** Writes a parsed document in the Markdown of `markdown` blocks. */
export function toSlackMarkdown(root: Root): string {
  return renderMarkdown(root, dialect);
}

/** Text in which nothing calls a whole channel, wherever the service looks for that. */
export const harmless = (text: string): string =>
  text.replace(/<!(?=channel|here|everyone|subteam)/g, '<\u200b!');

/** A mention as the service writes it; agents repeat those they were shown. */
const MENTION = /<@[UW][A-Z0-9]{2,20}>/g;

/** Text that is to be read as it stands, except for mentions of people. */
export function escapeText(text: string): string {
  const mentions = text.match(MENTION) ?? [];
  return text
    .split(MENTION)
    .map(escapePiece)
    .reduce((all, piece, at) => `${all}${mentions[at - 1] ?? ''}${piece}`);
}

function escapePiece(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*[\]~|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&')
    .replace(/^([ \t]*)([#+=-])/gm, '$1\\$2')
    .replace(/^([ \t]*\d{1,9})([.)])/gm, '$1\\$2');
}

/** A fence longer than any run of backticks inside. */
export function fenced(code: string, language = ''): string {
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language.replace(/[^\w+#.-]/g, '')}\n${code}\n${fence}`;
}

const blocks = (parts: string[]) => parts.filter((part) => part !== '').join('\n\n');
const inline = (context: RenderContext<string>) => context.children().join('');
const indent = (text: string, by: string) => text.replace(/\n(?=[^\n])/g, `\n${by}`);

/** Marks must touch what they mark, so spaces at the rim go outside. */
function around(mark: string, text: string): string {
  const [, before = '', middle = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? [];
  return middle === '' ? text : `${before}${mark}${middle}${mark}${after}`;
}

const dialect: Renderer<string> = {
  root: (_node, context) => blocks(context.children()),
  paragraph: (_node, context) => inline(context),
  heading: (node, context) => `${'#'.repeat(node.depth)} ${inline(context).replace(/\n/g, ' ')}`,
  text: (node, context) => {
    const text = escapeText(node.value);
    return text.endsWith('!') && beforeLink(context) ? `${text.slice(0, -1)}\\!` : text;
  },
  emphasis: (_node, context) => around('*', inline(context)),
  strong: (_node, context) => around('**', inline(context)),
  delete: (_node, context) => around('~~', inline(context)),
  inlineCode: (node) => inlineCode(harmless(node.value)),
  break: () => '\\\n',
  code: (node) => fenced(harmless(node.value), node.lang ?? ''),
  thematicBreak: () => '---',
  link: (node, context) => link(inline(context), node.url),
  image: (node) => link(escapeText(node.alt || 'image'), node.url),
  blockquote: (_node, context) => blocks(context.children()).replace(/^/gm, '> '),
  list: (node, context) => context.children().join(node.spread ? '\n\n' : '\n'),
  listItem: (node, context) => {
    const list = context.parents.at(-1);
    const ordered = list?.type === 'list' && list.ordered === true;
    const marker = ordered ? `${(list.start ?? 1) + context.index}. ` : '- ';
    const box = typeof node.checked === 'boolean' ? (node.checked ? '[x] ' : '[ ] ') : '';
    const body = context.children().join(node.spread ? '\n\n' : '\n');
    return `${marker}${box}${indent(body, ' '.repeat(marker.length))}`;
  },
  table: (node, context) => {
    const [head, ...rows] = context.children();
    return [head, `|${' --- |'.repeat(node.children[0]?.children.length ?? 0)}`, ...rows].join('\n');
  },
  tableRow: (_node, context) => `| ${context.children().join(' | ')} |`,
  tableCell: (_node, context) => inline(context).replace(/\\?\n/g, ' '),
  footnoteReference: (node) => `\\[${escapeText(node.identifier)}\\]`,
  footnoteDefinition: (node, context) => `\\[${escapeText(node.identifier)}\\] ${blocks(context.children())}`,
};

function inlineCode(value: string): string {
  const longest = Math.max(0, ...(value.match(/`+/g) ?? []).map((run) => run.length));
  if (longest === 0) return `\`${value}\``;
  const mark = '`'.repeat(longest + 1);
  return `${mark} ${value} ${mark}`;
}

/** Links to places on the web; others, such as paths, are no links in a chat. */
function link(label: string, url: string): string {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) {
    const target = escapeText(url);
    return label === '' || label === target || url === '' ? label || target : `${label} (${target})`;
  }
  const href = url.replace(/[()\s<>\\|]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `[${label === '' ? escapeText(url) : label}](${href})`;
}
