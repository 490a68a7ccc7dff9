import { describe, expect, test } from 'vitest';
import type { Card } from '../../../src/core/card.ts';
import type { Part } from '../../../src/core/outgoing.ts';
import { parseMarkdown } from '../../../src/kit/markdown/parse.ts';
import { renderPlain } from '../../../src/kit/markdown/plain.ts';
import { splitMarkdown } from '../../../src/kit/markdown/split.ts';
import { MarkdownStream } from '../../../src/kit/markdown/stream.ts';
import { cardMessages, sectionsOf } from '../../../src/platforms/slack/card.ts';
import { toSlackMarkdown } from '../../../src/platforms/slack/markdown.ts';
import { toMrkdwn } from '../../../src/platforms/slack/mrkdwn.ts';
import {
  messageOf,
  renderParts,
  renderPreview,
  type TextBody,
  UPDATE_BYTES,
} from '../../../src/platforms/slack/render.ts';
import { generatedDocuments, unfinished } from '../../kit/markdown/documents.ts';
import { wrongBlocks } from '../../sim/slack/blocks.ts';

const text = (part: Part | undefined) => part?.body as unknown as TextBody;
const markdown = (source: string) => toSlackMarkdown(parseMarkdown(source));
const mrkdwn = (source: string) => toMrkdwn(parseMarkdown(source));

describe('markdown for markdown blocks', () => {
  test.each([
    ['bold and italic', '**a** *b* ~~c~~', '**a** *b* ~~c~~'],
    ['headings', '## T & U', '## T &amp; U'],
    ['code', 'run `a < b`', 'run `a < b`'],
    ['fences', '```js\nx\n```', '```js\nx\n```'],
    ['links', '[a](https://x.org/?q=1)', '[a](https://x.org/?q=1)'],
    ['paths as links', '[a.ts](src/a.ts)', 'a.ts (src/a.ts)'],
    ['lists', '- a\n  - b\n- c', '- a\n  - b\n- c'],
    ['tasks', '- [x] a', '- [x] a'],
    ['tables', '| a | b |\n|---|---|\n| 1 | 2 |', '| a | b |\n| --- | --- |\n| 1 | 2 |'],
    ['raw HTML', '<b>x</b>', '&lt;b&gt;x&lt;/b&gt;'],
    ['marks in text', '3\\*4\\*5 \\_x\\_', '3\\*4\\*5 \\_x\\_'],
    ['an exclamation mark before a link', 'Done!<https://x.org>', 'Done\\![https://x.org](https://x.org)'],
    ['calls of a channel in code', '`<!here>`', '`<\u200b!here>`'],
    ['mentions of people, not of all', 'ask <@U0ANN> or <!channel>', 'ask <@U0ANN> or &lt;!channel&gt;'],
  ])('%s', (_name, source, expected) => {
    expect(markdown(source)).toBe(expected);
  });

  test('says what the document says', () => {
    for (const { markdown: source, seed } of generatedDocuments(60)) {
      const root = parseMarkdown(source);
      // Brackets in addresses are written as escapes.
      const letters = (words: string) => words.replace(/%2[89]/g, '').replace(/[^\p{L}\p{N}]/gu, '');
      expect(letters(renderPlain(parseMarkdown(toSlackMarkdown(root)))), `seed ${seed}`).toBe(
        letters(renderPlain(root)),
      );
    }
  });
});

describe('mrkdwn for sections', () => {
  test.each([
    ['bold and italic', '**a** *b* ~~c~~', '*a* _b_ ~c~'],
    ['headings', '## T & U', '*T &amp; U*'],
    ['links', '[a](https://x.org/?q=1&b)', '<https://x.org/?q=1&amp;b|a>'],
    ['lists', '- a\n- b', '• a\n• b'],
    ['fences', '```js\na < b\n```', '```\na &lt; b\n```'],
    ['tables', '| a | b |\n|---|---|\n| 1 | 2 |', '```\na | b\n1 | 2\n```'],
    ['raw HTML', '<b>x</b>', '&lt;b&gt;x&lt;/b&gt;'],
  ])('%s', (_name, source, expected) => {
    expect(mrkdwn(source)).toBe(expected);
  });
});

test('the service takes every document, whole and cut off anywhere, in both forms', () => {
  for (const document of generatedDocuments(20))
    for (const source of [document.markdown, ...unfinished(document, 4)]) {
      for (const part of renderParts({ kind: 'text', markdown: source, footer: 'a & b < c' }))
        for (const modern of [true, false])
          expect(
            wrongBlocks(messageOf(text(part), part.plain, modern).blocks),
            `seed ${document.seed}`,
          ).toBeUndefined();
      const preview = renderPreview(source, 'working <now>', new MarkdownStream());
      const message = messageOf(preview.body, preview.plain, true);
      expect(wrongBlocks(message.blocks), `seed ${document.seed}`).toBeUndefined();
      expect(Buffer.byteLength(preview.body.markdown)).toBeLessThanOrEqual(UPDATE_BYTES);
    }
});

test('documents are split at every size into what the service takes', () => {
  for (const { markdown: source, seed } of generatedDocuments(6))
    for (const limit of [150, 400, 1000]) {
      const measure = (chunk: Parameters<typeof toSlackMarkdown>[0]) => toSlackMarkdown(chunk).length;
      for (const chunk of splitMarkdown(parseMarkdown(source), { limit, measure })) {
        expect(toSlackMarkdown(chunk).length, `seed ${seed}`).toBeLessThanOrEqual(limit);
        expect(wrongBlocks(sectionsOf(chunk).slice(0, 50)), `seed ${seed}`).toBeUndefined();
      }
    }
});

describe('texts', () => {
  test('a long fence is closed and opened again with its language', () => {
    const code = Array.from({ length: 1500 }, (_, i) => `const value${i} = ${i};`).join('\n');
    const parts = renderParts({ kind: 'text', markdown: `\`\`\`ts\n${code}\n\`\`\`` });
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(text(part).markdown).toMatch(/^```ts\n[^`]*\n```$/);
  });

  test('people are mentioned first, the footer is small print under the last part', () => {
    const [part] = renderParts({
      kind: 'text',
      markdown: 'done',
      mentions: ['U1', '*'],
      footer: 'opus · 3%',
    });
    expect(messageOf(text(part), part?.plain ?? '', true).blocks).toEqual([
      { type: 'markdown', text: '<@U1> <!channel>\n\ndone' },
      { type: 'context', elements: [{ type: 'mrkdwn', text: 'opus · 3%' }] },
    ]);
  });

  test('an empty answer still is a message', () => {
    expect(text(renderParts({ kind: 'text', markdown: ' \n' })[0]).markdown).toBe('…');
  });
});

describe('cards', () => {
  const form: Card = {
    title: 't'.repeat(200),
    blocks: [
      { kind: 'text', markdown: `**Which?** <x> & ${'long words '.repeat(800)}` },
      { kind: 'code', language: 'sh', code: 'echo ```\n'.repeat(700) },
      { kind: 'fields', fields: [{ label: 'a', value: '<b>' }] },
      { kind: 'divider' },
      { kind: 'note', text: 'small & print' },
      {
        kind: 'form',
        fields: [
          { kind: 'text', name: 'why', label: 'Why', placeholder: 'because' },
          ...[3, 30].flatMap((many) =>
            [true, false].map((multiple) => ({
              kind: 'choice' as const,
              name: `c${many}${multiple}`,
              label: 'Choose',
              multiple,
              options: Array.from({ length: many }, (_, i) => ({
                label: `${i} ${'l'.repeat(100)}`,
                value: `v${i}`,
                description: 'd'.repeat(100),
              })),
            })),
          ),
        ],
        submit: { label: 'Send', data: 'f:1', style: 'success' },
      },
      {
        kind: 'buttons',
        rows: [Array.from({ length: 40 }, (_, i) => ({ label: `${i} ${'b'.repeat(100)}`, data: `d${i}` }))],
      },
    ],
  };

  test('long cards become messages the service takes, buttons last', () => {
    const messages = cardMessages(form);
    expect(messages.length).toBeGreaterThan(1);
    for (const blocks of messages) expect(wrongBlocks(blocks)).toBeUndefined();
    expect(JSON.stringify(messages.at(-1))).toContain('"d39"');
  });

  test('buttons without payload or with one too long are refused at once', () => {
    const bad = (data: string): Card => ({ blocks: [{ kind: 'buttons', rows: [[{ label: 'x', data }]] }] });
    expect(() => cardMessages(bad(''))).toThrow(/button "x"/);
    expect(() => cardMessages(bad('d'.repeat(2001)))).toThrow(/button "x"/);
  });
});
