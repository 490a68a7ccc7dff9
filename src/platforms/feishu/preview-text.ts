import { safeHref } from './dialect.ts';

/** While a card streams, it takes fewer tables than a finished one. */
const mostTables = 3;
const delimiterRow = /^\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*$/;

/**
 * Unfinished Markdown made safe for a card, line by line. Cards read Markdown themselves, and a preview is written
 * several times a second for every running turn: a full parse of each would cost more than everything else together.
 * What grows at the end only grows here too, so that the service types it out instead of redrawing.
 */
export function previewText(markdown: string): string {
  let fence = '';
  let tables = 0;
  const lines: string[] = [];
  for (const line of markdown.split('\n')) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === '' || (mark.startsWith(fence) && line.trim() === mark))) {
      fence = fence === '' ? mark : '';
      lines.push(line);
    } else if (fence !== '') lines.push(line);
    // Without its delimiter row a table is read as lines.
    else if (!delimiterRow.test(line) || !line.includes('|') || ++tables <= mostTables)
      lines.push(safeLine(line));
  }
  const text = lines.join('\n').replace(/[\ud800-\udbff]$/, '');
  return text.trim() === '' ? '…' : text;
}

/** Links to anything but the web make the service refuse the card; tags and images would not show. */
function safeLine(line: string): string {
  if (!/[<[]/.test(line)) return line;
  return line
    .split(/(`+[^`]*`+)/)
    .map((piece, at) => (at % 2 === 1 ? piece : safePiece(piece)))
    .join('');
}

function safePiece(piece: string): string {
  return piece
    .replace(/!\[/g, '[')
    .replace(/\[([^\]\n]*)\]\(([^)\n]*)(\)|$)/g, (whole, label: string, target: string, end: string) => {
      const url = target.trim().split(/\s/)[0] ?? '';
      const href = end === '' ? undefined : safeHref(url);
      if (href !== undefined) return `[${label}](${href})`;
      return end === '' ? whole.replace('](', ']&#40;') : `${label} (${url})`;
    })
    .replace(/^(\s{0,3}\[[^\]\n]+\]):/, '$1&#58;')
    .replace(/<(?=[a-zA-Z/!?])/g, '&lt;');
}
