import type { Definition, Nodes, Parents, PhrasingContent, Root, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { takeBeginning } from './beginnings.ts';
import { proseDocument } from './prose.ts';
import { hasReferences } from './references.ts';
import { type Syntax, syntaxFor } from './syntax.ts';

/** The nodes a parsed document holds: references are resolved and HTML is text, so neither needs a renderer. */
export type MarkdownNode = Exclude<
  Nodes,
  { type: 'definition' | 'linkReference' | 'imageReference' | 'html' | 'yaml' }
>;

/** Containers nested deeper than this are text: no chat shows them, and recursion stays shallow. */
const MAX_NESTING = 60;

/** Deepest tree a renderer is asked to walk. */
const MAX_DEPTH = 250;

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Parses GitHub-flavoured Markdown as {@link parseAnew} does, except that what a `MarkdownStream` has parsed of
 * this text already is taken from there. Nodes may be shared: do not change them.
 */
export function parseMarkdown(text: string): Root {
  const beginning = takeBeginning(text);
  const rest = text.slice(beginning?.text.length ?? 0);
  if (beginning === undefined || hasReferences(rest)) return parseAnew(text);
  return { type: 'root', children: [...beginning.blocks, ...parseAnew(rest).children] };
}

/**
 * Parses GitHub-flavoured Markdown once, for all dialects. Reference links are
 * resolved, definitions nobody refers to stay visible as text, HTML is text,
 * lone surrogates become U+FFFD. Takes any string; one whose emphasis nests
 * beyond all sense comes back as one paragraph of text. `syntax`: by default
 * what the text uses of it.
 */
export function parseAnew(text: string, syntax?: Syntax): Root {
  const source = flatten(text.replace(LONE_SURROGATE, '\ufffd'));
  const prose = proseDocument(source);
  if (prose !== undefined) return prose;
  const root = parseSource(source, syntax ?? syntaxFor(source));
  if (root === undefined || depth(root) > MAX_DEPTH) {
    return { type: 'root', children: [{ type: 'paragraph', children: [{ type: 'text', value: source }] }] };
  }
  resolveReferences(root, source);
  return root;
}

function parseSource(source: string, syntax: Syntax): Root | undefined {
  try {
    return fromMarkdown(source, syntax);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the parser recurses per level of nesting
    throw error;
  }
}

/** Levels below the root, counted without recursion. */
function depth(root: Root): number {
  let levels = 0;
  for (let level: Nodes[] = [root]; level.length > 0; levels++) {
    level = level.flatMap((node): Nodes[] => ('children' in node ? node.children : []));
  }
  return levels;
}

/** Escapes container markers of lines that open absurdly many of them. */
function flatten(text: string): string {
  if (!/[>*+\-.)](?:[ \t]*(?:[>*+-]|\d+[.)])){59}/.test(text)) return text;
  return text
    .split('\n')
    .map((line) => (containerMarkers(line) > MAX_NESTING ? `\\${line.trimStart()}` : line))
    .join('\n');
}

function containerMarkers(line: string): number {
  const prefix = /^[ \t]*(?:(?:>|[*+-](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]*)*/.exec(line);
  return (prefix?.[0].match(/[>*+-]|\d+[.)]/g) ?? []).length;
}

function resolveReferences(root: Root, source: string): void {
  const definitions = new Map<string, Definition>();
  collect(root, definitions);
  if (definitions.size === 0) return;
  const used = new Set<string>();
  const resolve = (parent: Parents) => {
    const children = parent.children as Nodes[];
    children.forEach((child, at) => {
      if ('children' in child) resolve(child);
      const found = resolved(child, definitions);
      if (found === undefined) return;
      used.add((child as { identifier: string }).identifier);
      children[at] = found;
    });
  };
  resolve(root);
  replaceDefinitions(root, used, source);
}

function collect(parent: Parents, into: Map<string, Definition>): void {
  for (const child of parent.children) {
    if (child.type === 'definition' && !into.has(child.identifier)) into.set(child.identifier, child);
    if ('children' in child) collect(child, into);
  }
}

function resolved(node: Nodes, definitions: Map<string, Definition>): PhrasingContent | undefined {
  if (node.type !== 'linkReference' && node.type !== 'imageReference') return undefined;
  const target = definitions.get(node.identifier);
  if (target === undefined) return undefined;
  const { url, title } = target;
  if (node.type === 'linkReference') return { type: 'link', url, title, children: node.children };
  return { type: 'image', url, title, alt: node.alt };
}

/** Drops definitions that links point to; the others were meant to be read ("[INFO]: done"). */
function replaceDefinitions(parent: Parents, used: ReadonlySet<string>, source: string): void {
  const kept: Nodes[] = [];
  for (const child of parent.children) {
    if ('children' in child) replaceDefinitions(child, used, source);
    if (child.type !== 'definition') kept.push(child);
    else if (!used.has(child.identifier)) kept.push(asText(child, source));
  }
  parent.children = kept as typeof parent.children;
}

function asText(node: Definition, source: string): RootContent {
  const start = node.position?.start.offset ?? 0;
  const value = source.slice(start, node.position?.end.offset ?? start);
  return { type: 'paragraph', children: [{ type: 'text', value }] };
}
