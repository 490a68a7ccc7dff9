import type { Nodes, Root } from 'mdast';
import { describe, expect, it } from 'vitest';
import { parseMarkdown } from '../../../src/kit/markdown/parse.ts';
import { renderPlain } from '../../../src/kit/markdown/plain.ts';
import { splitMarkdown } from '../../../src/kit/markdown/split.ts';
import { generatedDocuments } from './documents.ts';

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const measure = (root: Root) => renderPlain(root).length;
/** Markup that costs: every node opens and closes, and text is escaped, as in HTML dialects. */
const heavy = (root: Root): number => {
  const size = (node: Nodes): number => {
    const inner =
      'children' in node ? (node.children as Nodes[]).reduce((sum, child) => sum + size(child), 0) : 0;
    const value = 'value' in node ? Buffer.byteLength(node.value.replace(/[<>&]/g, '&lt;')) : 0;
    const url = 'url' in node ? node.url.length : 0;
    return inner + value + url + (node.type === 'text' || node.type === 'root' ? 0 : 7);
  };
  return size(root);
};

/** What a reader sees, without white space. */
function tokens(node: Nodes): string[] {
  if ('children' in node) return (node.children as Nodes[]).flatMap(tokens);
  if (node.type === 'image') return [node.url];
  return 'value' in node ? node.value.split(/\s+/).filter((word) => word !== '') : [];
}

function expectNothingLost(root: Root, chunks: Root[], seed: number): void {
  const out = chunks.flatMap(tokens).join('');
  let at = 0;
  for (const token of tokens(root)) {
    const found = out.indexOf(token, at);
    expect(found, `seed ${seed}: lost ${token}`).toBeGreaterThanOrEqual(0);
    at = found + token.length;
  }
}

const plainChunks = (markdown: string, limit: number) =>
  splitMarkdown(parseMarkdown(markdown), { limit, measure }).map(renderPlain);

describe('splitting generated documents', () => {
  it.each([
    ['plain text', measure, 60],
    ['plain text', measure, 400],
    ['plain text', measure, 4096],
    ['heavy markup', heavy, 120],
    ['heavy markup', heavy, 1000],
  ] as const)('as %s: none over the limit, nothing lost, no lone surrogate (%#)', (_name, size, limit) => {
    for (const { seed, markdown } of generatedDocuments(100)) {
      const root = parseMarkdown(markdown);
      const before = JSON.stringify(root);
      const chunks = splitMarkdown(root, { limit, measure: size });
      expect(JSON.stringify(root)).toBe(before);
      for (const chunk of chunks) {
        expect(size(chunk), `seed ${seed}`).toBeLessThanOrEqual(limit);
        expect(renderPlain(chunk)).not.toMatch(LONE);
      }
      expectNothingLost(root, chunks, seed);
    }
  });

  it('gives a document back whole when it fits', () => {
    for (const { markdown } of generatedDocuments(50)) {
      const root = parseMarkdown(markdown);
      const chunks = splitMarkdown(root, { limit: 1_000_000, measure });
      expect(chunks).toEqual(root.children.length === 0 ? [] : [{ type: 'root', children: root.children }]);
    }
  });
});

describe('a split', () => {
  it('falls between blocks and keeps a fence whole where it fits', () => {
    const fence = `\`\`\`ts\n${'line\n'.repeat(8)}\`\`\``;
    expect(plainChunks(`${'word '.repeat(12)}\n\n${fence}\n\nend`, 80)).toEqual([
      'word '.repeat(12).trim(),
      `${'line\n'.repeat(8).trim()}\n\nend`,
    ]);
  });

  it('moves a heading along with the block it heads', () => {
    expect(plainChunks(`first text\n\n# Title\n\n${'x'.repeat(20)}`, 30)).toEqual([
      'first text',
      `Title\n\n${'x'.repeat(20)}`,
    ]);
  });

  it('cuts a long fence by lines and reopens it with its info string', () => {
    const chunks = splitMarkdown(parseMarkdown(`\`\`\`ts {1}\n${'12345\n'.repeat(9)}\`\`\``), {
      limit: 20,
      measure,
    });
    expect(chunks.map((chunk) => chunk.children)).toMatchObject(
      Array.from({ length: 3 }, () => [
        { type: 'code', lang: 'ts', meta: '{1}', value: '12345\n12345\n12345' },
      ]),
    );
  });

  it('repeats the header of a long table', () => {
    const rows = Array.from({ length: 6 }, (_unused, at) => `| r${at} | v |`).join('\n');
    expect(plainChunks(`| a | b |\n|---|---|\n${rows}`, 26)).toEqual([
      'a | b\n———\nr0 | v\nr1 | v',
      'a | b\n———\nr2 | v\nr3 | v',
      'a | b\n———\nr4 | v\nr5 | v',
    ]);
  });

  it('writes rows as lines when not even one fits under the header', () => {
    const chunks = plainChunks(`| a | b |\n|---|---|\n| ${'word '.repeat(10)}| v |`, 30);
    expect(chunks.join(' ').replace(/\s+/g, ' ')).toBe(`a | b ${'word '.repeat(10).trim()} | v`);
  });

  it('goes on counting in an ordered list, and shows no second bullet for the rest of an item', () => {
    expect(plainChunks('3. aaaa\n4. bbbb\n5. cccc', 15)).toEqual(['3. aaaa\n4. bbbb', '5. cccc']);
    expect(plainChunks('- one. two. three.\n- next', 12)).toEqual(['• one. two.', 'three.', '• next']);
  });

  it('prefers sentences, then spaces, then graphemes', () => {
    expect(plainChunks('One two. Three four five', 18)).toEqual(['One two. Three', 'four five']);
    expect(plainChunks('One two thr. Four five six', 18)).toEqual(['One two thr.', 'Four five six']);
    expect(plainChunks('今日は。明日は晴れ', 6)).toEqual(['今日は。', '明日は晴れ']);
    expect(plainChunks('👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 12)).toEqual(['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦']);
  });

  it('opens emphasis and links again on the other side', () => {
    const chunks = splitMarkdown(parseMarkdown('**[aaa bbb](http://x)**'), { limit: 14, measure });
    expect(chunks.map((chunk) => tokens(chunk).join(' '))).toEqual(['aaa', 'bbb']);
    expect(chunks[1]).toMatchObject({
      children: [{ children: [{ type: 'strong', children: [{ type: 'link', url: 'http://x' }] }] }],
    });
  });

  it('writes out a link whose address alone is over the limit', () => {
    const chunks = plainChunks(`[t](http://${'x'.repeat(40)})`, 20);
    expect(chunks.join('').replace(/\s/g, '')).toBe(`t(http://${'x'.repeat(40)})`);
  });

  it('is refused when no character fits', () => {
    expect(() => plainChunks('text', 0)).toThrow(RangeError);
  });

  it('takes a megabyte of code without rendering it again for every chunk', () => {
    const root = parseMarkdown(
      `\`\`\`\n${'x'.repeat(99)}\n`.repeat(1).concat(`${'y'.repeat(99)}\n`.repeat(10_000), '```'),
    );
    let rendered = 0;
    const chunks = splitMarkdown(root, {
      limit: 4_000,
      measure: (one) => {
        const size = measure(one);
        rendered += size;
        return size;
      },
    });
    expect(chunks.length).toBe(251);
    expect(rendered).toBeLessThan(20_000_000);
  });
});
