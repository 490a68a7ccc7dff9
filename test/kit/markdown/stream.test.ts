import type { Nodes } from 'mdast';
import { describe, expect, it } from 'vitest';
import { parseAnew, parseMarkdown } from '../../../src/kit/markdown/parse.ts';
import { repairMarkdown } from '../../../src/kit/markdown/repair.ts';
import { MarkdownStream } from '../../../src/kit/markdown/stream.ts';
import { seededRandom } from '../seeded-random.ts';
import { generatedDocuments } from './documents.ts';

function strip(node: Nodes): unknown {
  const { position: _position, ...rest } = node;
  return 'children' in rest ? { ...rest, children: (rest.children as Nodes[]).map(strip) } : rest;
}

describe('a Markdown stream', () => {
  it('shows at every step what parsing the repaired whole shows', () => {
    for (const { seed, markdown } of generatedDocuments(60)) {
      const text = markdown.slice(0, 3_000);
      const random = seededRandom(seed);
      const stream = new MarkdownStream();
      for (let at = 0; at < text.length; ) {
        at += 1 + Math.floor(random() * 300);
        const soFar = text.slice(0, at);
        expect(strip(stream.root(soFar)), JSON.stringify([seed, soFar.slice(-60)])).toEqual(
          strip(parseAnew(repairMarkdown(soFar))),
        );
      }
      expect(strip(parseMarkdown(text)), JSON.stringify(seed)).toEqual(strip(parseAnew(text)));
    }
  });

  it('starts over with a text that is another', () => {
    const stream = new MarkdownStream();
    stream.root('one\n\ntwo\n\nthree');
    expect(strip(stream.root('four\n\nfive'))).toEqual(strip(parseMarkdown('four\n\nfive')));
  });

  it('shows what parsing shows also of a text that gives up its beginning as it grows', () => {
    for (const { seed, markdown } of generatedDocuments(60, 900)) {
      const random = seededRandom(seed);
      const stream = new MarkdownStream();
      let from = 0;
      for (let at = 0; at < Math.min(markdown.length, 3_000); ) {
        at += 1 + Math.floor(random() * 300);
        const gap = markdown.indexOf('\n\n', from + Math.floor(random() * 400));
        if (random() < 0.3 && gap !== -1 && gap + 2 < at) from = gap + 2;
        const shown = (from > 0 ? '…\n\n' : '') + markdown.slice(from, at);
        expect(strip(stream.root(shown)), JSON.stringify([seed, from, at])).toEqual(
          strip(parseAnew(repairMarkdown(shown))),
        );
      }
    }
  });

  it('keeps the blocks that are left when a text gives up its beginning', () => {
    const stream = new MarkdownStream();
    const before = stream.root('one\n\n- two\n\nthree\n\nfo');
    const after = stream.root('…\n\nthree\n\nfour');
    expect(after.children).toHaveLength(3);
    expect(after.children[1]).toBe(before.children[2]);
    const again = stream.root('three\n\nfour\n\nfive');
    expect(again.children[0]).toBe(before.children[2]);
    expect(again.children).toHaveLength(3);
  });

  it('keeps settled blocks instead of parsing them again', () => {
    const stream = new MarkdownStream();
    const before = stream.root('one\n\ntwo **b');
    const after = stream.root('one\n\ntwo **bold** and\n\nthree');
    expect(after.children[0]).toBe(before.children[0]);
    expect(after.children).toHaveLength(3);
  });

  it('leaves what it has parsed to the whole text, once', () => {
    const stream = new MarkdownStream();
    const growing = stream.root('first\n\nsecond\n\nthi');
    const whole = parseMarkdown('first\n\nsecond\n\nthird');
    expect(whole.children[0]).toBe(growing.children[0]);
    expect(strip(whole)).toEqual(strip(parseAnew('first\n\nsecond\n\nthird')));
    expect(parseMarkdown('first\n\nsecond\n\nthird').children[0]).not.toBe(growing.children[0]);
  });

  const closed = [
    'one *word*',
    '# Head',
    'Head\n===',
    '---',
    '```ts\na\n\nb\n```',
    '~~~~\n```\n~~~~',
    '| a |\n| - |\n| b |',
  ];
  const open = [
    '- item',
    '1. item',
    '    code',
    '    `code`',
    '```ts\ncode',
    '````\n```',
    '```\na\n    ```',
    '```\na\n> ```',
    '> quote',
    '- item\n\n  more',
  ];
  const behind = [
    'words',
    ' ',
    '    indented',
    '\tcode',
    '- item',
    '  - item',
    '2. item',
    '> quote',
    '===',
    '---',
  ]
    .concat(['```', '~~~', '````', '| c |', '| c |\n| - |\n| d |', '# Head', '<b>x</b>', '\n\n x'])
    .concat(['[one]: https://example.com', '[^1]: note']);

  it('settles what a blank line has ended, and what may go on behind one it does not', () => {
    const settled = (text: string) => {
      const length = new MarkdownStream().advance(text);
      parseMarkdown(text); // takes what is remembered of it
      return length;
    };
    for (const end of ['\n\n', ' \n \n', '\n\n\n']) {
      for (const block of closed) expect(settled(`${block}${end}`), block).toBe(block.length + end.length);
      for (const block of open) expect(settled(`${block}${end}`), block).toBe(0);
    }
    for (const rest of ['', '\n', '\n\n  ']) expect(settled(`one${rest}`)).toBe(0);
  });

  it('is right about that, whatever comes behind the blank line', () => {
    for (const block of [...closed, ...open, ...closed.map((one) => `[one] and\n\n${one}`)])
      for (const next of behind) {
        const text = `${block}\n\n${next}`;
        new MarkdownStream().advance(`${block}\n\n`);
        expect(strip(parseMarkdown(text)), JSON.stringify(text)).toEqual(strip(parseAnew(text)));
      }
  });

  it('is right about that in documents cut at their blank lines', () => {
    for (const { seed, markdown } of generatedDocuments(60)) {
      const text = markdown.slice(0, 3_000);
      const stream = new MarkdownStream();
      const random = seededRandom(seed);
      for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n', at + 1)) {
        stream.advance(text.slice(0, at + 2));
        const soFar = text.slice(0, at + 2 + Math.floor(random() * 100));
        expect(strip(new MarkdownStream().root(soFar)), JSON.stringify([seed, soFar.slice(-60)])).toEqual(
          strip(parseAnew(repairMarkdown(soFar))),
        );
      }
      expect(strip(parseMarkdown(text)), JSON.stringify(seed)).toEqual(strip(parseAnew(text)));
    }
  });

  it('parses the whole anew when its end defines what the beginning refers to', () => {
    const stream = new MarkdownStream();
    stream.root('see [the guide][g]\n\nsecond\n\nthi');
    const text = 'see [the guide][g]\n\nsecond\n\nthird\n\n[g]: https://example.com';
    expect(strip(parseMarkdown(text))).toEqual(strip(parseAnew(text)));
    expect(JSON.stringify(parseMarkdown(text))).toContain('https://example.com');
  });
});
