import type { Nodes, PhrasingContent, Root, Table } from 'mdast';
import { renderPlain } from '../../kit/markdown/plain.ts';
import { beforeLink, type RenderContext, type Renderer, renderMarkdown } from '../../kit/markdown/walk.ts';

/** How a document is written for one kind of message. */
export interface DialectOptions {
  /** Tables beyond this many become code blocks. */
  readonly tables: number;
  /** For a post: no headings (bold lines instead), and its own tag for mentions. */
  readonly post: boolean;
  /** Id to notify for an `@name` in the text; the longest known name at the start of `rest` wins. */
  mention?(rest: string): { readonly name: string; readonly id: string } | undefined;
}

/** Characters that would be markup, as the entities the service asks for. */
const entities = /[*`~[\]\\<>|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|&(?=#?\w+;)/gu;

/** Text that is to be read as it stands. */
export function escapeText(text: string): string {
  return text
    .replace(entities, (char) => (char === '<' ? '&lt;' : char === '>' ? '&gt;' : `&#${char.charCodeAt(0)};`))
    .replace(/^(\s*)([#+-])(?=\s)/gm, (_, space: string, char: string) => `${space}&#${char.charCodeAt(0)};`)
    .replace(
      /^(\s*\d{1,9})([.)])(?=\s)/gm,
      (_, number: string, char: string) => `${number}&#${char.charCodeAt(0)};`,
    );
}

/** A link target the service accepts, or undefined: anything but http(s) makes it refuse the whole card. */
export function safeHref(url: string): string | undefined {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  return url.replace(/[()\s<>"'\\]/g, (char) =>
    encodeURIComponent(char).replace('(', '%28').replace(')', '%29').replace("'", '%27'),
  );
}

/** A fence longer than any run of backticks inside. */
export function fenced(code: string, language = ''): string {
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language.replace(/[^\w+#.-]/g, '')}\n${code}\n${fence}`;
}

/** Writes a parsed document in the Markdown of cards (JSON 2.0). */
export function toFeishu(root: Root, options: DialectOptions): string {
  return renderMarkdown(root, dialect(options));
}

/** How many tables a document would show. */
export function countTables(node: Nodes): number {
  if (node.type === 'table') return 1;
  return 'children' in node ? node.children.reduce((sum, child) => sum + countTables(child), 0) : 0;
}

const blocks = (parts: string[]) => parts.filter((part) => part !== '').join('\n\n');
const indent = (text: string, by: string) => text.replace(/\n(?=[^\n])/g, `\n${by}`);
const around = (mark: string, text: string) => (text.trim() === '' ? text : `${mark}${text}${mark}`);

function dialect(options: DialectOptions): Renderer<string> {
  let tables = 0;
  const inline = (context: RenderContext<string>) => context.children().join('');
  return {
    root: (_node, context) => blocks(context.children()),
    paragraph: (_node, context) => inline(context),
    heading: (node, context) => {
      const text = inline(context).replace(/\n/g, ' ');
      return options.post ? around('**', text) : `${'#'.repeat(node.depth)} ${text}`;
    },
    text: (node, context) => {
      const text = withMentions(node.value, options);
      return text.endsWith('!') && beforeLink(context) ? `${text.slice(0, -1)}&#33;` : text;
    },
    emphasis: (_node, context) => around('*', inline(context)),
    strong: (_node, context) => around('**', inline(context)),
    delete: (_node, context) => around('~~', inline(context)),
    inlineCode: (node) => inlineCode(node.value),
    break: () => '\n',
    code: (node) => fenced(node.value, node.lang ?? ''),
    thematicBreak: () => '---',
    link: (node, context) => link(inline(context), node.url),
    image: (node) => link(escapeText(node.alt || 'image'), node.url),
    blockquote: (_node, context) => blocks(context.children()).replace(/^/gm, '> '),
    list: (node, context) => context.children().join(node.spread ? '\n\n' : '\n'),
    listItem: (node, context) => {
      const list = context.parents.at(-1);
      const ordered = list?.type === 'list' && list.ordered === true;
      const marker = ordered ? `${(list.start ?? 1) + context.index}. ` : '- ';
      const box = typeof node.checked === 'boolean' ? (node.checked ? '☑ ' : '☐ ') : '';
      return `${marker}${box}${indent(context.children().join(node.spread ? '\n\n' : '\n'), ' '.repeat(marker.length))}`;
    },
    table: (node, context) =>
      ++tables > options.tables ? tableAsCode(node) : table(node, context.children()),
    tableRow: (_node, context) => `| ${context.children().join(' | ')} |`,
    tableCell: (_node, context) => inline(context).replace(/\n/g, ' '),
    footnoteReference: (node) => `&#91;${escapeText(node.identifier)}&#93;`,
    footnoteDefinition: (node, context) =>
      `&#91;${escapeText(node.identifier)}&#93; ${blocks(context.children())}`,
  };
}

function inlineCode(value: string): string {
  if (!value.includes('`')) return `\`${value}\``;
  return `\`\` ${value} \`\``;
}

function link(label: string, url: string): string {
  const href = safeHref(url);
  if (href !== undefined) return `[${label === '' ? escapeText(url) : label}](${href})`;
  const target = escapeText(url);
  return label === '' || label === target || url === '' ? label || target : `${label} (${target})`;
}

function table(node: Table, rows: string[]): string {
  const columns = node.children[0]?.children.length ?? 0;
  const line = `|${' --- |'.repeat(columns)}`;
  return [rows[0], line, ...rows.slice(1)].join('\n');
}

function tableAsCode(node: Table): string {
  const cells = node.children.map((row) =>
    row.children.map((cell) =>
      renderPlain({
        type: 'root',
        children: [{ type: 'paragraph', children: cell.children as PhrasingContent[] }],
      }),
    ),
  );
  const widths = (cells[0] ?? []).map((_, at) =>
    Math.min(40, Math.max(...cells.map((row) => row[at]?.length ?? 0))),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join(' | ')
      .trimEnd(),
  );
  return fenced(lines.join('\n'));
}

function withMentions(text: string, options: DialectOptions): string {
  if (!options.mention || !text.includes('@')) return escapeText(text);
  let done = '';
  let from = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const before = text[at - 1];
    const found =
      before !== undefined && /[\w.]/.test(before) ? undefined : options.mention(text.slice(at + 1, at + 80));
    if (!found) continue;
    done += `${escapeText(text.slice(from, at))}${options.post ? `<at user_id="${found.id}"></at>` : `<at id=${found.id}></at>`}`;
    from = at + 1 + found.name.length;
  }
  return done + escapeText(text.slice(from));
}
