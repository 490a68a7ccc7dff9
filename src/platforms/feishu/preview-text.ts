import { safeHref } from './dialect.ts';

/** While a card streams, it takes fewer tables than a finished one. */
const mostTables = 3;
const delimiterRow = /^[\s>]*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*$/;

/** A line that opens a fence, also one in lists and quotes, and one that closes it. */
const opening = /^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])[\s>]+)*(`{3,}(?=[^`]*$)|~{3,})/;
const closing = /^[\s>]*(`{3,}|~{3,})\s*$/;

/**
 * Unfinished Markdown made safe for a card, line by line. Cards read Markdown themselves, and a preview is written
 * several times a second for every running turn: a full parse of each would cost more than everything else together.
 * What grows at the end only grows here too, so that the service types it out instead of redrawing.
 */
export function previewText(markdown: string): string {
  let fence = '';
  let certain = false;
  let tables = 0;
  const lines: string[] = [];
  for (const line of markdown.split('\n')) {
    const mark = (fence === '' ? opening : closing).exec(line)?.[1];
    if (mark?.startsWith(fence)) {
      fence = fence === '' ? mark : '';
      // One that stands in a list or a quote ends with that, too.
      certain = line.startsWith(mark);
      lines.push(line);
    } else if (fence !== '') lines.push(certain ? line : withoutLinks(line));
    // Without its delimiter row a table is read as lines.
    else if (!delimiterRow.test(line) || !line.includes('|') || ++tables <= mostTables)
      lines.push(safeLine(line));
  }
  const text = lines.join('\n').replace(/[\ud800-\udbff]$/, '');
  return text.trim() === '' ? '…' : text;
}

/**
 * Links to anything but the web make the service refuse the card; tags and images would not show. Links may have
 * code for their words, so code is put aside while they are looked for.
 */
function safeLine(line: string): string {
  if (!/[<[]/.test(line)) return line;
  const codes: string[] = [];
  const masked = line.replaceAll('\0', '').replace(/(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)/g, (code) => {
    codes.push(withoutLinks(code));
    return `\0${codes.length - 1}\0`;
  });
  const safe = masked
    .replace(/!\[/g, '[')
    .replace(/\[([^\]\n]*)\]\(([^)\n]*)(\)|$)/g, (whole, label: string, target: string, end: string) => {
      const url = target.trim().split(/\s/)[0] ?? '';
      const href = end === '' ? undefined : safeHref(url);
      if (href !== undefined) return `[${label}](${href})`;
      return end === '' ? whole.replace('](', ']&#40;') : `${label} (${url})`;
    })
    .replace(/^([\s>]*\[[^\]\n]+\]):/, '$1&#58;')
    .replace(/<(?=[a-zA-Z/!?])/g, '&lt;');
  return safe.replace(/\0(\d+)\0/g, (_, at: string) => codes[Number(at)] ?? '');
}

/**
 * Code in which nothing can be taken for a link. What a single line shows as code need not be code for the service,
 * which reads the whole text.
 */
function withoutLinks(code: string): string {
  if (!code.includes('](')) return code;
  return code.replace(/\]\(([^)\n]*)/g, (whole, target: string) =>
    safeHref(target.trim()) === undefined ? `]\u200b(${target}` : whole,
  );
}
