import { homedir } from 'node:os';
import { isAbsolute, normalize, relative, sep } from 'node:path';
import type { Nodes, Root } from 'mdast';
import { parseAnew } from './parse.ts';

/** How references to files on this machine are shown. */
export interface ReferenceStyle {
  readonly path: 'absolute' | 'relative' | 'basename' | 'dirname_basename' | 'smart';
  readonly marker: 'none' | 'ascii' | 'emoji';
  readonly enclosure: 'none' | 'bracket' | 'angle' | 'fullwidth' | 'code';
  /** What relative paths are relative to; absolute. */
  readonly workDir: string;
}

/** A place in a file, as agents write it: `src/a.ts:12`, `/srv/a.ts#L3-L9`, `file:///srv/a.ts`. */
interface FileReference {
  readonly path: string;
  /** `:12`, `:12:5`, `:12-20`; empty without a line. */
  readonly place: string;
}

interface Change {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** A relative path needs a slash and an ending, or a line, else half of all prose would look like a file. */
const IN_TEXT =
  /(?<![\w/.:@~-])(?:file:\/\/)?(?:~?\/(?:[\w.@+-]+\/)+[\w.@+-]*\w|(?:\.{1,2}\/)*(?:[\w@+-][\w.@+-]*\/)+[\w.@+-]*\.\w+|[\w@+-][\w.@+-]*\.\w+(?=:\d|#L\d))(?:#L\d+(?:-L?\d+)?|:\d+(?:(?::|-)\d+)?)?(?![\w/])/g;
const PLACE = /(?:#L(\d+)(?:-L?(\d+))?|:(\d+)(?:([:-])(\d+))?)$/;
/** Below this length `smart` shows the path from the work directory, above it the last two parts. */
const SMART_LENGTH = 40;
const MARKERS = { none: '', ascii: '@', emoji: '📄 ' } as const;
const ENCLOSURES = {
  none: ['', ''],
  bracket: ['\\[', '\\]'],
  angle: ['\\<', '\\>'],
  fullwidth: ['【', '】'],
  code: ['`', '`'],
} as const;

/**
 * Shows the references to local files in a Markdown text in one form: in links, in inline code, in plain text; never in
 * fences, nor in the address of a real link. Everything else of the text stays as it is.
 */
export function rewriteFileReferences(markdown: string, style: ReferenceStyle): string {
  const changes: Change[] = [];
  collect(parseAnew(markdown), markdown, style, changes);
  const pieces: string[] = [];
  let at = 0;
  for (const { from, to, text } of changes) {
    pieces.push(markdown.slice(at, from), text);
    at = to;
  }
  return pieces.join('') + markdown.slice(at);
}

function collect(node: Root | Nodes, source: string, style: ReferenceStyle, changes: Change[]): void {
  const from = node.position?.start.offset;
  const to = node.position?.end.offset;
  if (node.type === 'link') {
    const reference = linkTarget(node.url);
    if (reference && from !== undefined && to !== undefined)
      changes.push({ from, to, text: shown(reference, style) });
    return;
  }
  if (node.type === 'inlineCode') {
    const reference = wholeReference(node.value);
    if (reference && from !== undefined && to !== undefined)
      changes.push({ from, to, text: shown(reference, style) });
    return;
  }
  if (node.type === 'text' && from !== undefined && to !== undefined) {
    for (const found of source.slice(from, to).matchAll(IN_TEXT))
      changes.push({
        from: from + found.index,
        to: from + found.index + found[0].length,
        text: shown(parseReference(found[0]), style),
      });
    return;
  }
  if ('children' in node) for (const child of node.children) collect(child, source, style, changes);
}

/** The file a link points to; undefined for addresses of the web and places in the same document. */
function linkTarget(url: string): FileReference | undefined {
  if (url.startsWith('#') || url.startsWith('//')) return undefined;
  if (/^[a-z][a-z0-9+.-]+:(?!\d)/i.test(url) && !url.startsWith('file://')) return undefined;
  return parseReference(safeDecode(url));
}

function wholeReference(text: string): FileReference | undefined {
  const [found] = text.matchAll(IN_TEXT);
  return found?.[0] === text ? parseReference(text) : undefined;
}

function parseReference(text: string): FileReference {
  const place = PLACE.exec(text);
  const path = (place ? text.slice(0, place.index) : text).replace(/^file:\/\//, '');
  if (!place) return { path, place: '' };
  const [, hashLine, hashEnd, line, mark, second] = place;
  if (hashLine) return { path, place: `:${hashLine}${hashEnd ? `-${hashEnd}` : ''}` };
  return { path, place: `:${line}${mark ? `${mark}${second}` : ''}` };
}

function shown(reference: FileReference, style: ReferenceStyle): string {
  const [open, close] = ENCLOSURES[style.enclosure];
  const words = `${shownPath(reference.path, style)}${reference.place}`;
  const inner = style.enclosure === 'code' ? words : words.replaceAll(/[\\`*_[\]<>~|]/g, '\\$&');
  return style.enclosure === 'code'
    ? `${MARKERS[style.marker]}${open}${inner}${close}`
    : `${open}${MARKERS[style.marker]}${inner}${close}`;
}

function shownPath(path: string, { path: form, workDir }: ReferenceStyle): string {
  const absolute = path.startsWith('~/') ? `${homedir()}${path.slice(1)}` : path;
  const full = normalize(isAbsolute(absolute) ? absolute : `${workDir}${sep}${absolute}`);
  const parts = full.split(sep).filter(Boolean);
  const inside = relative(workDir, full);
  const near = inside !== '' && !inside.startsWith('..') && !isAbsolute(inside) ? inside : full;
  switch (form) {
    case 'absolute':
      return full;
    case 'relative':
      return near;
    case 'basename':
      return parts.at(-1) ?? full;
    case 'dirname_basename':
      return parts.slice(-2).join('/');
    case 'smart':
      return near.length <= SMART_LENGTH ? near : parts.slice(-2).join('/');
  }
}

function safeDecode(url: string): string {
  try {
    return decodeURI(url);
  } catch (error) {
    if (error instanceof URIError) return url; // a bare percent sign in a file name
    throw error;
  }
}
