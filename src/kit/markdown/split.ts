import type { Root, RootContent } from 'mdast';
import { simplify } from './simplify.ts';
import { type Fits, takeBlocks } from './split-blocks.ts';

/** What a chunk may be. */
export interface SplitOptions {
  /** Greatest size of a chunk, in whatever unit `measure` counts. */
  limit: number;
  /**
   * Renders a document in the target dialect and returns its size. A rendered
   * document counts at least one per visible code point, and leaving text off
   * does not make it larger.
   */
  measure: (root: Root) => number;
}

/**
 * Splits a document into documents that each measure at most `limit`, on block
 * borders where it can: fences and tables stay whole where one chunk holds
 * them, long ones are reopened with their info string or header; paragraphs
 * are cut after a sentence, a space or a grapheme. Nothing visible is lost.
 * An empty document gives no chunk. The input is not changed.
 * @throws RangeError when not even one character fits.
 */
export function splitMarkdown(root: Root, options: SplitOptions): Root[] {
  const { limit, measure } = options;
  const fits: Fits = (nodes) =>
    !surelyOver(nodes, limit) && measure({ type: 'root', children: nodes }) <= limit;
  const chunks: Root[] = [];
  let blocks: RootContent[] = root.children;
  while (blocks.length > 0) {
    const { head, tail } = takeBlocks(blocks, fits, fits);
    if (head.length > 0) {
      chunks.push({ type: 'root', children: head });
      blocks = tail;
      continue;
    }
    // Not even a part of the first block fits: its markup is too heavy for this limit.
    const [first, ...rest] = tail;
    if (first === undefined) break;
    blocks = [...simplify(first, limit), ...rest];
  }
  return chunks;
}

/** A cheap look at the text alone, so that a large document is not rendered to learn that it is too large. */
function surelyOver(nodes: readonly RootContent[], limit: number): boolean {
  let room = limit * 2; // a code point may be two UTF-16 units
  const count = (node: RootContent): boolean => {
    if ('value' in node) room -= node.value.length;
    if (room < 0) return true;
    return 'children' in node && (node.children as RootContent[]).some(count);
  };
  return nodes.some(count);
}
