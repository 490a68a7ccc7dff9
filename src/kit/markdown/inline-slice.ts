import type { PhrasingContent } from 'mdast';

/** Stands for one image or footnote reference in {@link inlineText}. */
const OBJECT = '\ufffc';

/**
 * The visible characters of inline content in order. Every position in this
 * string is a position {@link sliceInline} can cut at.
 */
export function inlineText(nodes: readonly PhrasingContent[]): string {
  return nodes.map(textOf).join('');
}

/**
 * The inline content between two positions of {@link inlineText}; emphasis and
 * links that reach over a border are opened again on the other side.
 */
export function sliceInline(nodes: readonly PhrasingContent[], from: number, to: number): PhrasingContent[] {
  const found: PhrasingContent[] = [];
  let at = 0;
  for (const node of nodes) {
    if (at >= to) break;
    const length = textOf(node).length;
    const start = Math.max(from - at, 0);
    const end = Math.min(to - at, length);
    if (start < end) found.push(start === 0 && end === length ? node : cut(node, start, end));
    at += length;
  }
  return found;
}

function textOf(node: PhrasingContent): string {
  if ('children' in node) return inlineText(node.children);
  if (node.type === 'text' || node.type === 'inlineCode' || node.type === 'html') return node.value;
  return node.type === 'break' ? '\n' : OBJECT;
}

function cut(node: PhrasingContent, start: number, end: number): PhrasingContent {
  if ('children' in node) {
    return { ...node, children: sliceInline(node.children, start, end) } as PhrasingContent;
  }
  if ('value' in node) return { ...node, value: node.value.slice(start, end) };
  return node;
}
