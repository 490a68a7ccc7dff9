import type { Nodes, Parents, Root } from 'mdast';
import type { MarkdownNode } from './parse.ts';

/** What a handler may ask while its node is rendered. */
export interface RenderContext<T> {
  /** Renders one node with this node as its parent. */
  one(node: Nodes): T;
  /** Renders the children of the node being handled. */
  children(): T[];
  /** The ancestors, outermost first, without the node being handled. */
  parents: readonly Parents[];
  /** Position of the node among its siblings. */
  index: number;
}

/**
 * One handler for every node a parsed document can hold; leaving one out does
 * not compile. `T` is what the dialect is built of, for example `string`.
 */
export type Renderer<T> = {
  [K in MarkdownNode['type']]: (node: Extract<MarkdownNode, { type: K }>, context: RenderContext<T>) => T;
};

/** Renders a tree made by `parseMarkdown`. Throws a `TypeError` for a node of another making. */
export function renderMarkdown<T>(root: Root, renderer: Renderer<T>): T {
  return renderNode(root, renderer, [], 0);
}

/** Whether a link or an image comes right after the node, so that an exclamation mark at its end would make it an image. */
export function beforeLink({ parents, index }: RenderContext<unknown>): boolean {
  const next = parents.at(-1)?.children[index + 1];
  return next?.type === 'link' || next?.type === 'image';
}

function renderNode<T>(node: Nodes, renderer: Renderer<T>, parents: readonly Parents[], index: number): T {
  const handler = renderer[node.type as MarkdownNode['type']] as
    | ((node: Nodes, context: RenderContext<T>) => T)
    | undefined;
  if (handler === undefined) throw new TypeError(`no renderer for Markdown node ${node.type}`);
  const inner = 'children' in node ? [...parents, node] : parents;
  return handler(node, {
    one: (child) => renderNode(child, renderer, inner, 0),
    children: () =>
      'children' in node ? node.children.map((child, at) => renderNode(child, renderer, inner, at)) : [],
    parents,
    index,
  });
}
