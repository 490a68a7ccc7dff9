import type { Nodes } from 'mdast';
import { describe, expect, it } from 'vitest';
import { parseMarkdown } from '../../../src/kit/markdown/parse.ts';
import { renderPlain } from '../../../src/kit/markdown/plain.ts';
import { repairMarkdown } from '../../../src/kit/markdown/repair.ts';
import { generatedDocuments, unfinished } from './documents.ts';

const tree = (text: string) => strip(parseMarkdown(repairMarkdown(text)));
const plain = (text: string) => renderPlain(parseMarkdown(repairMarkdown(text)));

function strip(node: Nodes): unknown {
  const { position: _position, ...rest } = node;
  return 'children' in rest ? { ...rest, children: (rest.children as Nodes[]).map(strip) } : rest;
}

/** Letters and digits a reader sees outside addresses. */
function letters(node: Nodes): string {
  if ('children' in node) return (node.children as Nodes[]).map(letters).join('');
  return 'value' in node ? node.value.replace(/[^\p{L}\p{N}]/gu, '') : '';
}

/** What of `part` does not appear in `whole` in order; a number at the very end may be a list marker held back. */
function missing(whole: string, part: string): string {
  let at = 0;
  const wanted = part.replace(/\d+$/, '');
  for (let n = 0; n < wanted.length; n++) {
    at = whole.indexOf(wanted.charAt(n), at) + 1;
    if (at === 0) return wanted.slice(n);
  }
  return '';
}

describe('an unfinished stream', () => {
  it.each([
    ['some **bold te', 'some bold te', 'strong'],
    ['some *it', 'some it', 'emphasis'],
    ['some ***both', 'some both', 'strong'],
    ['**bold *and it', 'bold and it', 'emphasis'],
    ['__bold', 'bold', 'strong'],
    ['a ~~gone', 'a gone', 'delete'],
    ['a `co', 'a co', 'inlineCode'],
    ['a ``co ` d', 'a co ` d', 'inlineCode'],
    ['- item **b', '• item b', 'strong'],
    ['> quote **b', '> quote b', 'strong'],
    ['```ts\ncode', 'code', 'code'],
    ['> ```\n> code', '> code', 'code'],
    ['- a\n  ```\n  code', '• a\n  code', 'code'],
    ['~~~~\n```\ncode', '```\ncode', 'code'],
  ])('shows %j as if it were closed', (text, expected, type) => {
    expect(plain(text)).toBe(expected);
    expect(JSON.stringify(tree(text))).toContain(`"type":"${type}"`);
  });

  it.each([
    ['text **', 'text'],
    ['text `', 'text'],
    ['text ~~', 'text'],
    ['text\n``', 'text'],
    ['text\n-', 'text'],
    ['text\n==', 'text'],
    ['- a\n- ', '• a'],
    ['1. a\n2.', '1. a'],
    ['# ', ''],
    ['a \ud83d', 'a'],
    ['see [the docs](http://exa', 'see the docs'],
    ['see [the docs](', 'see the docs'],
    ['see [the docs](http://x "ti', 'see the docs'],
    ['![pic](http://exa', 'pic'],
    ['```\ncode\n``', 'code'],
  ])('holds back what the next characters will explain: %j', (text, expected) => {
    expect(plain(text).trim()).toBe(expected);
  });

  it('shows a table from its header row on', () => {
    for (const text of [
      '| a | b |',
      '| a | b |\n',
      '| a | b |\n|',
      '| a | b |\n|--',
      '| a | b |\n|---|',
      '| a | b |\n|---|-',
    ]) {
      expect(parseMarkdown(repairMarkdown(text)).children, text).toMatchObject([{ type: 'table' }]);
    }
    expect(plain('| a | b |\n|---|---|\n| 1 | **2')).toBe('a | b\n———\n1 | 2');
  });

  it.each([
    'a * b',
    '2 * 3 * 4',
    'snake_case_name and_more',
    '`a` b',
    '**a** b',
    '\\*a',
    'a\n\n---',
    '# T',
    'done.',
    '[a](http://x)',
    '[x',
    '| a |\n|---|\n| b |',
  ])('does not touch what is no unfinished mark: %j', (text) => {
    expect(tree(text)).toEqual(strip(parseMarkdown(text)));
  });

  it('wherever it is cut, renders, shows every letter but those of a half address, and leaves no fence open', () => {
    for (const document of generatedDocuments(80)) {
      for (const text of unfinished(document, 6)) {
        const repaired = repairMarkdown(text);
        const shown = letters(parseMarkdown(repaired));
        const raw = letters(
          parseMarkdown(text.replace(/!?\[([^[\]]*)\]\([^()\s]*(?:\([^()\s]*\)?[^()\s]*)*$/, '$1')),
        );
        expect(missing(shown, raw), JSON.stringify([document.seed, text.slice(-80)])).toBe('');
        const appended = `${repaired}\n\nnext paragraph`;
        const last = parseMarkdown(appended).children.at(-1);
        expect(
          JSON.stringify(last),
          JSON.stringify([document.seed, text.slice(-80), repaired.slice(-40)]),
        ).toContain('next paragraph');
        expect(last?.type, JSON.stringify([text.slice(-300), repaired.slice(-100)])).not.toBe('code');
      }
    }
  });
});
