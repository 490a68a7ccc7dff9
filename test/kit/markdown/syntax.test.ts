import { describe, expect, it } from 'vitest';
import { parseAnew } from '../../../src/kit/markdown/parse.ts';
import { syntaxFor, wholeSyntax } from '../../../src/kit/markdown/syntax.ts';
import { seededRandom } from '../seeded-random.ts';
import { generatedDocuments } from './documents.ts';
import { goldenDocuments, longDocuments } from './golden.ts';

const sources = [...goldenDocuments, ...longDocuments, ...generatedDocuments(80)].map(
  ({ markdown }) => markdown,
);

describe('the syntax a text is read with', () => {
  it('gives the same document as all of the dialect, wherever documents are cut into pieces', () => {
    const random = seededRandom(7);
    let smaller = 0;
    for (const source of sources) {
      for (let cut = 0; cut < 6; cut += 1) {
        const from = Math.floor(random() * source.length);
        const text = source.slice(from, from + 1 + Math.floor(random() * 300));
        expect(parseAnew(text), JSON.stringify(text)).toEqual(parseAnew(text, wholeSyntax()));
        if (syntaxFor(text) !== wholeSyntax()) smaller += 1;
      }
    }
    expect(smaller).toBeGreaterThan(sources.length);
  });

  it('gives the same document for any mix of what the dialect is made of', () => {
    const random = seededRandom(8);
    const pieces =
      '~~ ~ **~ ~** *~/a* 5~ | - :- -: -- [ ] [x] [^1] [^1]: ^ @ a.b@c.de www. www&#46;x.org www\\.x.org http:// https://x.org mailto: ` * _ - 1. > # \n \n\n word 一 \\ & &amp; &commat; ! ( ) [a](b) \t'.split(
        ' ',
      );
    for (let round = 0; round < 2000; round += 1) {
      const length = 1 + Math.floor(random() * 9);
      const text = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join(
        random() < 0.5 ? ' ' : '',
      );
      expect(parseAnew(text), JSON.stringify(text)).toEqual(parseAnew(text, wholeSyntax()));
    }
  });

  it.each([
    '文件在**~/.config**里',
    'siehe**~/.bashrc**',
    '范围**5~**元',
    'x **a~**b',
    'price*~5*',
    'a_~b_c',
    '- [\n  ] foo',
    '- [\r\n] foo',
  ])('gives the same document for %j', (text) => {
    expect(parseAnew(text)).toEqual(parseAnew(text, wholeSyntax()));
  });

  it.each([
    ['an address', 'see www.example.com', 'link'],
    ['an address behind an entity', 'see www&#46;example.com', 'link'],
    ['something struck out', '~~gone~~', 'delete'],
  ])('finds %s', (_, text, type) => {
    expect(JSON.stringify(parseAnew(text))).toContain(`"type":"${type}"`);
  });

  it.each([
    ['bars', '| a |\n| - |'],
    ['colons only', 'a\n:-'],
  ])('finds a table of %s', (_, text) => {
    expect(parseAnew(text).children[0]?.type).toBe('table');
  });

  it('finds an open task', () => {
    expect(parseAnew('- [ ] to do').children[0]).toMatchObject({ children: [{ checked: false }] });
  });
});
