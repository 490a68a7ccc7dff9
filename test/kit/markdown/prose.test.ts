import { describe, expect, it } from 'vitest';
import { parseAnew } from '../../../src/kit/markdown/parse.ts';
import { proseDocument } from '../../../src/kit/markdown/prose.ts';
import { seededRandom } from '../seeded-random.ts';
import { generatedDocuments } from './documents.ts';
import { goldenDocuments, longDocuments } from './golden.ts';

/** What the parser itself makes of a text, which it is asked for by something behind that is no prose. */
const parsed = (text: string) => parseAnew(`${text}\n\n\`x\``).children.slice(0, -1);

function expectTheParsersOwn(text: string): boolean {
  const prose = proseDocument(text);
  if (prose !== undefined) expect(prose.children, JSON.stringify(text)).toEqual(parsed(text));
  return prose !== undefined;
}

describe('prose', () => {
  it.each([
    'One word',
    'Two lines,\nthe second one - with = signs # and 1. numbers + more: (yes) "no" 50% $x ^y {z}',
    '这是一个没有空格的句子。「引用」！\n第二行',
    'Emoji 😀 👩‍👩‍👧‍👦 and e\u0301',
  ])('is known without the parser: %j', (text) => {
    expect(expectTheParsersOwn(text)).toBe(true);
  });

  it.each([
    '',
    ' leading',
    'trailing ',
    'two\n\nparagraphs',
    'hard  \nbreak',
    'soft \nbreak',
    'Setext\n===',
    'Setext\n-',
    'a\n- b',
    'a\n1. b',
    'a\n# b',
    'a\n    b',
    '1. a',
    '# a',
    'a *b*',
    'a `b',
    'a &amp; b',
    'a\\',
    'see www.example.com',
    'see https://example.com',
    'x@y.example',
    'a | b\n--|--',
    'tab\there',
    'a\r\nb',
  ])('is not what only the parser can read: %j', (text) => {
    expect(proseDocument(text)).toBeUndefined();
  });

  it('is read as the parser reads it, wherever a document is cut into pieces', () => {
    const random = seededRandom(1);
    let known = 0;
    const sources = [...goldenDocuments, ...longDocuments, ...generatedDocuments(60)].map(
      ({ markdown }) => markdown,
    );
    for (const source of sources)
      for (let count = 0; count < 40; count += 1) {
        const from = Math.floor(random() * source.length);
        const text = source
          .slice(from, from + 1 + Math.floor(random() * 80))
          .replace(/[\ud800-\udfff]/g, 'x');
        if (expectTheParsersOwn(text)) known += 1;
      }
    expect(known).toBeGreaterThan(200);
  });
});
