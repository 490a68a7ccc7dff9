import type { Root, RootContent } from 'mdast';
import { parseMarkdown } from './parse.ts';
import { repairMarkdown } from './repair.ts';

/**
 * The document of a text that grows: each call repairs and parses only what
 * may still change, the last top-level block. Parsing a whole answer anew for
 * every update would cost quadratic time. A text that does not continue the
 * one before is parsed from its beginning. Links to definitions that come
 * later than their block stay text until the final, whole parse.
 */
export class MarkdownStream {
  #settledText = '';
  #settled: RootContent[] = [];

  /** The document so far, as if it ended here. Nodes are shared between calls: do not change them. */
  root(text: string): Root {
    if (!text.startsWith(this.#settledText)) {
      this.#settledText = '';
      this.#settled = [];
    }
    const rest = text.slice(this.#settledText.length);
    const parsed = parseMarkdown(rest);
    const start = parsed.children.at(-1)?.position?.start.offset ?? 0;
    // Only a block at the line's beginning starts there whatever stood before it.
    if (start > 0 && rest.charAt(start - 1) === '\n' && !hasReferences(rest)) {
      this.#settledText = text.slice(0, this.#settledText.length + start);
      this.#settled = [...this.#settled, ...parsed.children.slice(0, -1)];
    }
    const tail = parseMarkdown(repairMarkdown(text.slice(this.#settledText.length)));
    return { type: 'root', children: [...this.#settled, ...tail.children] };
  }
}

/** Definitions and footnotes tie blocks together, so such a text is not taken apart. */
function hasReferences(text: string): boolean {
  return /^[ \t>]*\[[^\]\n]+\]:/m.test(text);
}
