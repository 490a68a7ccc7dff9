import type { List, PhrasingContent, RootContent, Table } from 'mdast';
import { renderPlain } from './plain.ts';

/**
 * The same content in lighter markup, for a block whose markup alone exceeds
 * the limit of a chunk: containers give their children, tables their rows as
 * lines, and in the end text stands for all.
 * @throws RangeError when the block is one character of text already.
 */
export function simplify(node: RootContent, limit: number): RootContent[] {
  switch (node.type) {
    case 'list':
      return node.children.flatMap((_item, at) => listItem(node, at));
    case 'blockquote':
    case 'footnoteDefinition':
      return node.children;
    case 'table':
      return tableRows(node);
    case 'thematicBreak':
      return [];
    case 'paragraph': {
      const [only] = node.children;
      if (node.children.length === 1 && only?.type === 'text') {
        throw new RangeError(`a limit of ${limit} is too small for any text`);
      }
      return asText(node);
    }
    default:
      return asText(node);
  }
}

function asText(node: RootContent): RootContent[] {
  const value = renderPlain({ type: 'root', children: [node] });
  return value.trim() === '' ? [] : [{ type: 'paragraph', children: [{ type: 'text', value }] }];
}

function listItem(list: List, at: number): RootContent[] {
  const [first, ...rest] = list.children[at]?.children ?? [];
  const marker = list.ordered ? `${(list.start ?? 1) + at}. ` : '• ';
  const text: PhrasingContent = { type: 'text', value: marker };
  if (first?.type !== 'paragraph') return first === undefined ? [] : [first, ...rest];
  return [{ ...first, children: [text, ...first.children] }, ...rest];
}

function tableRows(table: Table): RootContent[] {
  return table.children.map((row) => ({
    type: 'paragraph',
    children: row.children.flatMap((cell, at): PhrasingContent[] =>
      at === 0 ? cell.children : [{ type: 'text', value: ' | ' }, ...cell.children],
    ),
  }));
}
