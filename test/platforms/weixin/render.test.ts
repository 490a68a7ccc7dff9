import { describe, expect, test } from 'vitest';
import type { Card } from '../../../src/core/card.ts';
import type { Part } from '../../../src/core/outgoing.ts';
import { codePoints, mergeParts, renderParts, TEXT_LIMIT } from '../../../src/platforms/weixin/render.ts';
import { DocumentGenerator } from '../../kit/markdown/documents.ts';
import { checkMessage } from '../../sim/weixin/validate.ts';

const texts = (markdown: string, footer?: string) =>
  renderParts({ kind: 'text', markdown, ...(footer ? { footer } : {}) }).map(({ plain }) => plain);

describe('a text', () => {
  test('loses its markup and keeps its structure', () => {
    expect(
      texts(
        '# Title\n\n**bold** `code` [site](https://a.example)\n\n- one\n- two\n\n```js\nif (a < b) {}\n```',
      ),
    ).toEqual(['Title\n\nbold code site (https://a.example)\n\n• one\n• two\n\nif (a < b) {}']);
  });

  test('is counted in characters as people see them, not in halves of them', () => {
    expect(texts('🙂'.repeat(TEXT_LIMIT))).toHaveLength(1);
    expect(texts('🙂'.repeat(TEXT_LIMIT + 1))).toHaveLength(2);
  });

  test('marks what continues a message', () => {
    const parts = renderParts({ kind: 'text', markdown: 'word '.repeat(2000) });
    expect(parts.map(({ body }) => body.further === true)).toEqual([false, true, true]);
  });

  test('has its footer under the last part, or alone where it does not fit', () => {
    expect(texts('short', 'small print')).toEqual(['short\n\nsmall print']);
    expect(texts('x'.repeat(TEXT_LIMIT), 'small print').at(-1)).toBe('small print');
  });

  test('that is empty is still a message', () => {
    expect(texts('')).toEqual(['…']);
  });

  test('of any kind is taken by the service at every length', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const markdown = new DocumentGenerator(seed).document(30);
      for (const end of [markdown.length, Math.floor(markdown.length / 2), Math.floor(markdown.length / 3)])
        for (const { body } of renderParts({ kind: 'text', markdown: markdown.slice(0, end) }))
          expect(checkMessage(messageOf(String(body.text)))).toBeTruthy();
    }
  });
});

function messageOf(text: string) {
  return {
    from_user_id: '',
    to_user_id: 'x',
    client_id: 'c',
    message_type: 2,
    message_state: 2,
    item_list: [{ type: 1, text_item: { text } }],
  };
}

describe('a card', () => {
  test('becomes words with everything that is in it', () => {
    const card: Card = {
      title: 'Status',
      blocks: [
        { kind: 'text', markdown: '**All** is well' },
        { kind: 'fields', fields: [{ label: 'Agent', value: '`claude`' }] },
        { kind: 'divider' },
        { kind: 'code', language: 'sh', code: 'ls' },
        { kind: 'note', text: 'small print' },
      ],
    };
    expect(renderParts({ kind: 'card', card })[0]?.plain).toBe(
      '【Status】\n\nAll is well\n\nAgent: claude\n\n———\n\nls\n\nsmall print',
    );
  });

  test('that is long keeps its choices together at the end', () => {
    const rows = [[{ label: 'Allow', data: 'a' }]];
    const blocks = [
      { kind: 'buttons', rows },
      { kind: 'text', markdown: `${'word '.repeat(758)}` },
    ] as const;
    const parts = renderParts({ kind: 'card', card: { title: 'T', blocks } });
    expect(parts).toHaveLength(2);
    expect(parts[1]?.plain).toBe('1  Allow');
    expect(parts[1]?.body.choices).toEqual([{ label: 'Allow', data: 'a' }]);
    expect(parts[0]?.body.choices).toBeUndefined();
    for (const { plain } of parts) expect(codePoints(plain)).toBeLessThanOrEqual(TEXT_LIMIT);
  });

  test('without anything is still a message', () => {
    expect(renderParts({ kind: 'card', card: { blocks: [] } })).toHaveLength(1);
  });
});

describe('parts that waited', () => {
  const text = (words: string, more = {}): Part => ({
    kind: 'text',
    body: { text: words, ...more },
    plain: words,
  });
  const words = (parts: readonly Part[]) => parts.map(({ plain }) => plain);

  test('are joined as long as they fit, in order and whole', () => {
    const long = 'x'.repeat(3000);
    expect(words(mergeParts([text('a'), text('b'), text(long), text(long), text('c')]))).toEqual([
      `a\n\nb\n\n${long}`,
      `${long}\n\nc`,
    ]);
    expect(mergeParts([text(long), text(long)]).at(-1)?.body).toMatchObject({ further: true });
  });

  test('that offer choices end their message, and files stand alone', () => {
    const choices = [{ label: 'Run', data: 'h:run' }];
    const file: Part = { kind: 'file', body: { form: 'file', path: '/x', name: 'x' }, plain: 'x' };
    const merged = mergeParts([text('a'), text('1  Run', { choices }), text('b'), file, text('c')]);
    expect(words(merged)).toEqual(['a\n\n1  Run', 'b', 'x', 'c']);
    expect(merged[0]?.body).toMatchObject({ choices });
  });
});
