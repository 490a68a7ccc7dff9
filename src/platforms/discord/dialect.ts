import type { PhrasingContent, Root, Table } from 'mdast';
import { renderPlain } from '../../kit/markdown/plain.ts';
import { type RenderContext, type Renderer, renderMarkdown } from '../../kit/markdown/walk.ts';

/** Text that is to be read as it stands, mentions and custom emoji included. */
export function escapeText(text: string): string {
  return text
    .replace(/[\\*_~`|<[\]]/g, (char) => `\\${char}`)
    .replace(/\bhttps?:\/\/\S+/gi, (url) => url.replace(/\\([*_~[\]|])/g, '$1'))
    .replace(
      /^(\s*)(>{1,3}|#{1,3}|-#|[-+])(?=\s|$)/gm,
      (_, space: string, mark: string) => `${space}\\${mark}`,
    )
    .replace(/^(\s*\d{1,9})([.)])(?=\s)/gm, (_, number: string, mark: string) => `${number}\\${mark}`);
}

/** A parsed document in Discord's Markdown. */
export function toDiscord(root: Root): string {
  return renderMarkdown(root, dialect);
}

/** A fence the code cannot close: Discord knows only fences of three. */
export function fenced(code: string, language = ''): string {
  const safe = code.replace(/```/g, '`\u200b`\u200b`');
  return `\`\`\`${language.replace(/[^\w+#.-].*$/s, '')}\n${safe}\n\`\`\``;
}

const blocks = (parts: string[]) => parts.filter((part) => part !== '').join('\n\n');
const indent = (text: string, by: string) => text.replace(/\n(?=[^\n])/g, `\n${by}`);
const inline = (context: RenderContext<string>) => context.children().join('');

/** Marks hug their words: Discord does not read `** a **`. */
function around(mark: string, text: string): string {
  const [, before = '', words = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? [];
  return words === '' ? text : `${before}${mark}${words}${mark}${after}`;
}

const dialect: Renderer<string> = {
  root: (_node, context) => blocks(context.children()),
  paragraph: (_node, context) => inline(context),
  heading: (node, context) => {
    const text = inline(context).replace(/\n/g, ' ');
    const nested = context.parents.at(-1)?.type !== 'root';
    return node.depth > 3 || nested ? around('**', text) : `${'#'.repeat(node.depth)} ${text}`;
  },
  text: (node) => escapeText(node.value),
  emphasis: (_node, context) => around('*', inline(context)),
  strong: (_node, context) => around('**', inline(context)),
  delete: (_node, context) => around('~~', inline(context)),
  inlineCode: (node) => inlineCode(node.value),
  break: () => '\n',
  code: (node) => fenced(node.value, node.lang ?? ''),
  thematicBreak: () => '———',
  link: (node, context) => link(inline(context), node.url),
  image: (node) => link(escapeText(node.alt || 'image'), node.url),
  // Quotes within quotes would show their marks.
  blockquote: (_node, context) => {
    const text = blocks(context.children());
    return context.parents.some(({ type }) => type === 'blockquote') ? text : text.replace(/^/gm, '> ');
  },
  list: (node, context) => context.children().join(node.spread ? '\n\n' : '\n'),
  listItem: (node, context) => {
    const list = context.parents.at(-1);
    const ordered = list?.type === 'list' && list.ordered === true;
    const marker = ordered ? `${(list.start ?? 1) + context.index}. ` : '- ';
    const box = typeof node.checked === 'boolean' ? (node.checked ? '☑ ' : '☐ ') : '';
    const body = context.children().join(node.spread ? '\n\n' : '\n');
    return `${marker}${box}${indent(body, ' '.repeat(marker.length))}`;
  },
  table: (node) => tableAsCode(node),
  tableRow: (_node, context) => context.children().join(' | '),
  tableCell: (_node, context) => inline(context),
  footnoteReference: (node) => `\\[${escapeText(node.identifier)}\\]`,
  footnoteDefinition: (node, context) => `\\[${escapeText(node.identifier)}\\] ${blocks(context.children())}`,
};

function inlineCode(value: string): string {
  if (!value.includes('`')) return `\`${value}\``;
  // Two marks hold a single one; more cannot be held.
  return `\`\` ${value.replace(/``/g, '`\u200b`')} \`\``;
}

/** Only web addresses can hide behind words. */
function link(label: string, url: string): string {
  const usable = /^https?:\/\//i.test(url) && URL.canParse(url);
  if (!usable) {
    const target = escapeText(url);
    return label === '' || label === target || url === '' ? label || target : `${label} (${target})`;
  }
  const href = url.replace(/[()\s<>"\\]/g, (char) =>
    encodeURIComponent(char).replace('(', '%28').replace(')', '%29'),
  );
  // Words that look like an address themselves are refused as a disguise.
  const words = label.replace(/\n/g, ' ');
  if (words.trim() === '' || /^\\?<?https?:/i.test(words)) return href;
  return `[${words}](${href})`;
}

/** Discord has no tables; columns line up in a code block. */
function tableAsCode(node: Table): string {
  const cells = node.children.map((row) =>
    row.children.map((cell) =>
      renderPlain({
        type: 'root',
        children: [{ type: 'paragraph', children: cell.children as PhrasingContent[] }],
      }).replace(/\n/g, ' '),
    ),
  );
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.min(40, Math.max(...cells.map((row) => [...(row[at] ?? '')].length))),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell + ' '.repeat(Math.max(0, (widths[at] ?? 0) - [...cell].length)))
      .join(' | ')
      .trimEnd();
  const [head, ...body] = cells.map(line);
  const rule = widths.map((width) => '-'.repeat(width)).join('-|-');
  return fenced([head ?? '', ...(body.length > 0 ? [rule] : []), ...body].join('\n'));
}
