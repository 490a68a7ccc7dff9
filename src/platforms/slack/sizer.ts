import type { Root, RootContent } from 'mdast';

/** Between two blocks. */
const GAP = 2;

/** A measure for splitting that looks at each block once: trying a border would else render all before it again. */
export function sizer(measure: (root: Root) => number): (root: Root) => number {
  const sizes = new WeakMap<RootContent, number>();
  const sizeOf = (node: RootContent): number => {
    const known = sizes.get(node);
    if (known !== undefined) return known;
    const size = measure({ type: 'root', children: [node] });
    sizes.set(node, size);
    return size;
  };
  return (root) => root.children.reduce((sum, node) => sum + sizeOf(node) + GAP, -GAP);
}
