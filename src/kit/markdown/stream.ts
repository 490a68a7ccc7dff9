import type { Root, RootContent } from 'mdast';
import { rememberBeginning } from './beginnings.ts';
import { parseAnew } from './parse.ts';
import { hasReferences } from './references.ts';
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
    const parsed = parseAnew(rest);
    const repaired = repairMarkdown(rest, parsed);
    const before = this.#settled;
    const start = parsed.children.at(-1)?.position?.start.offset ?? 0;
    // Only a block at the line's beginning starts there whatever stood before it.
    const splits = start > 0 && rest.charAt(start - 1) === '\n' && !hasReferences(rest);
    if (splits) this.#settle(text.slice(0, this.#settledText.length + start), parsed.children.slice(0, -1));
    if (repaired === rest) return { type: 'root', children: [...before, ...parsed.children] };
    // The repair is at the end, so what is settled needs no second look.
    if (splits && repaired.startsWith(rest.slice(0, start)))
      return { type: 'root', children: [...this.#settled, ...parseAnew(repaired.slice(start)).children] };
    return { type: 'root', children: [...before, ...parseAnew(repaired).children] };
  }

  #settle(text: string, blocks: readonly RootContent[]): void {
    this.#settledText = text;
    this.#settled = [...this.#settled, ...blocks];
    rememberBeginning({ text, blocks: this.#settled });
  }
}
