import { describe, expect, test } from 'vitest';
import type { Card } from '../../../src/core/card.ts';
import type { Outgoing, Part } from '../../../src/core/outgoing.ts';
import { MarkdownStream } from '../../../src/kit/markdown/stream.ts';
import { messageOf } from '../../../src/platforms/discord/outbound.ts';
import { type DiscordBody, renderParts, renderPreview } from '../../../src/platforms/discord/render.ts';
import { DocumentGenerator } from '../../kit/markdown/documents.ts';
import { checkMessage, type Wire } from '../../sim/discord/validate.ts';
import { visible } from '../../sim/discord/visible.ts';

const bodyOf = (part: Part | undefined): DiscordBody => part?.body as unknown as DiscordBody;
const text = (markdown: string) => bodyOf(renderParts({ kind: 'text', markdown })[0]).content;

/** What the service would say; throws where it refuses. */
function accept(content: Outgoing): readonly Part[] {
  const parts = renderParts(content);
  expect(parts.length).toBeGreaterThan(0);
  for (const part of parts) {
    const body = bodyOf(part);
    checkMessage(messageOf(body) as Wire, body.file ? 1 : 0, false);
  }
  return parts;
}

describe('markdown becomes Discord markdown', () => {
  test.each([
    ['bold, italic, strike', '**a** *b* ~~c~~', '**a** *b* ~~c~~'],
    ['headings', '## T\n\n##### small', '## T\n\n**small**'],
    ['inline code', 'run `a < b`', 'run `a < b`'],
    ['fences', '```js {1}\nx\n```', '```js\nx\n```'],
    ['links', '[a](https://x.org/?q=(1))', '[a](https://x.org/?q=%281%29)'],
    ['bare links', 'see https://x.org/a_b_c now', 'see https://x.org/a_b_c now'],
    ['paths as links', '[a.ts](src/a.ts)', 'a.ts (src/a.ts)'],
    ['images', '![alt](https://x.org/i.png)', '[alt](https://x.org/i.png)'],
    ['lists', '- a\n  - b\n- c', '- a\n  - b\n- c'],
    ['numbered lists', '3. a\n4. b', '3. a\n4. b'],
    ['tasks', '- [x] a\n- [ ] b', '- ☑ a\n- ☐ b'],
    ['quotes', '> a\n>\n> > b', '> a\n> \n> b'],
    ['tables', '| a | b |\n|---|---|\n| 1 | 22 |', '```\na | b\n--|---\n1 | 22\n```'],
    ['marks in text', 'snake_case 2*3 <@123> # no', 'snake\\_case 2\\*3 \\<@123> # no'],
    ['marks at a line’s beginning', '\\# no\n\\- no\n1\\. no', '\\# no\n\\- no\n1\\. no'],
    ['raw HTML', 'a <b>x</b>', 'a \\<b>x\\</b>'],
  ])('%s', (_name, markdown, expected) => {
    expect(text(markdown)).toBe(expected);
  });

  test('code that holds fences cannot end its own fence', () => {
    const content = text('````\n```\ninside\n```\n````');
    expect(content.match(/```/g)).toHaveLength(2);
    expect(content).toContain('inside');
  });

  test('words a person reads are the same as those written', () => {
    const words = 'a_b *c* [d] <e> `f` ~g~ |h| \\i # j - k > l';
    expect(visible(text(words.replace(/[\\*_`~[\]<>|#-]/g, '\\$&')))).toBe(words);
  });
});

describe('splitting', () => {
  test('every document of the golden set is accepted at every split, with fences closed', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const markdown = new DocumentGenerator(seed).document(30);
      for (const part of accept({ kind: 'text', markdown, footer: 'model · 3 s' })) {
        const { content } = bodyOf(part);
        expect((content.match(/```/g) ?? []).length % 2, `seed ${seed}`).toBe(0);
        expect(content).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
      }
      accept({ kind: 'card', card: { title: 'T', tone: 'blue', blocks: [{ kind: 'text', markdown }] } });
    }
  });

  test('a stream cut off anywhere is one message the service takes', () => {
    for (let seed = 100; seed < 103; seed++) {
      const markdown = new DocumentGenerator(seed).document(12);
      const growing = new MarkdownStream();
      for (let end = 1; end < markdown.length; end += 11) {
        const content = renderPreview(markdown.slice(0, end), 'reading *files*', growing) || '…';
        checkMessage({ content }, 0, true);
      }
    }
  });

  test('a long fence is closed and opened again with its language', () => {
    const code = Array.from({ length: 200 }, (_, at) => `const value${at} = ${at};`).join('\n');
    const parts = accept({ kind: 'text', markdown: `\`\`\`ts\n${code}\n\`\`\`` });
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(bodyOf(part).content).toMatch(/^```ts\n[\s\S]*\n```$/);
  });

  test('the footer is small print under the last part, mentions notify only who is named', () => {
    const [part] = accept({
      kind: 'text',
      markdown: 'done',
      footer: 'opus\n3 s',
      mentions: ['410000000000000042'],
    });
    expect(bodyOf(part).content).toBe('done\n<@410000000000000042>\n-# opus 3 s');
    expect(messageOf(bodyOf(part)).allowed_mentions).toEqual({
      parse: [],
      users: ['410000000000000042'],
      replied_user: false,
    });
    const [quiet] = accept({ kind: 'text', markdown: '@everyone look' });
    expect(messageOf(bodyOf(quiet)).allowed_mentions).toMatchObject({ parse: [], users: [] });
  });
});

describe('cards', () => {
  const buttons = (count: number, perRow: number): Card => ({
    blocks: [
      {
        kind: 'buttons',
        rows: Array.from({ length: Math.ceil(count / perRow) }, (_, row) =>
          Array.from({ length: Math.min(perRow, count - row * perRow) }, (_, at) => ({
            label: `B${row * perRow + at}`,
            data: `d:${row * perRow + at}`,
          })),
        ),
      },
    ],
  });
  const rowsOf = (part: Part | undefined) =>
    (bodyOf(part).components ?? []).map((row) => (row.components as readonly Wire[]).map(({ type }) => type));

  test('few rows stay as they are, many buttons are packed five to a row', () => {
    expect(rowsOf(accept({ kind: 'card', card: buttons(4, 2) })[0])).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(rowsOf(accept({ kind: 'card', card: buttons(8, 1) })[0]).map((row) => row.length)).toEqual([5, 3]);
  });

  test('more than 25 buttons become menus', () => {
    expect(rowsOf(accept({ kind: 'card', card: buttons(60, 1) })[0])).toEqual([[3], [3], [3]]);
    const parts = accept({ kind: 'card', card: buttons(140, 3) });
    expect(parts.map((part) => rowsOf(part).length)).toEqual([5, 1]);
  });

  test('equal payloads and empty labels are taken', () => {
    const same = { label: '', data: 'x' };
    accept({ kind: 'card', card: { blocks: [{ kind: 'buttons', rows: [[same, same]] }] } });
  });

  test('a form is menus for its choices and a button for own words', () => {
    const card: Card = {
      title: 'Question',
      blocks: [
        {
          kind: 'form',
          fields: [
            {
              kind: 'choice',
              name: 'q0',
              label: 'Which?',
              multiple: false,
              options: [{ label: 'Red', value: 'Red' }],
            },
            { kind: 'text', name: 't0', label: 'Own words' },
          ],
          submit: { label: 'Submit', data: 'f:abc', style: 'primary' },
        },
      ],
    };
    const [part] = accept({ kind: 'card', card });
    expect(rowsOf(part)).toEqual([[3], [2, 2]]);
  });

  test('a card has its tone as colour, its note as footer and its buttons on the last part', () => {
    const long = Array.from({ length: 300 }, (_, at) => `paragraph ${at} of a long plan`).join('\n\n');
    const card: Card = {
      title: 'Plan',
      tone: 'red',
      blocks: [
        { kind: 'text', markdown: long },
        { kind: 'divider' },
        { kind: 'fields', fields: [{ label: 'Tool', value: 'Bash' }] },
        { kind: 'buttons', rows: [[{ label: 'Go', data: 'go' }]] },
        { kind: 'note', text: 'small print' },
      ],
    };
    const parts = accept({ kind: 'card', card });
    expect(parts.length).toBeGreaterThan(1);
    expect(bodyOf(parts[0]).embeds?.[0]).toMatchObject({ title: 'Plan', color: 0xda3633 });
    expect(bodyOf(parts[0]).components).toBeUndefined();
    expect(bodyOf(parts.at(-1)).embeds?.[0]).toMatchObject({ footer: { text: 'small print' } });
    expect(rowsOf(parts.at(-1))).toEqual([[2]]);
    expect(bodyOf(parts.at(-1)).embeds?.[0]?.description).toContain('**Tool**: Bash');
  });

  test('a payload that is too long is refused by name', () => {
    const card: Card = { blocks: [{ kind: 'buttons', rows: [[{ label: 'Go', data: 'x'.repeat(120) }]] }] };
    expect(() => renderParts({ kind: 'card', card })).toThrow(/"Go"/);
  });
});

describe('a very long answer', () => {
  const long = Array.from({ length: 400 }, (_, at) => `Paragraph ${at} with some **bold** words in it.`).join(
    '\n\n',
  );
  const options = { longAfter: 3, uploadBytes: 1_000_000 };

  test('goes out as its beginning and the whole as a file, notes and people in the last message', () => {
    const parts = renderParts({ kind: 'text', markdown: long, footer: '3 s', mentions: ['123'] }, options);
    expect(parts.map(({ kind }) => kind)).toEqual(['text', 'file']);
    expect(bodyOf(parts[0]).content).toMatch(/^Paragraph 0 with/);
    expect(bodyOf(parts[1])).toMatchObject({
      content: '<@123>\n-# 3 s',
      mentions: ['123'],
      document: { name: 'answer.md', text: long },
    });
    expect(JSON.parse(JSON.stringify(parts))).toEqual(parts);
  });

  test('stays messages where it is short enough, where that is switched off, and where no file may be so large', () => {
    const kinds = (more: object) =>
      new Set(renderParts({ kind: 'text', markdown: long }, more).map(({ kind }) => kind));
    expect(kinds({ longAfter: 1000 })).toEqual(new Set(['text']));
    expect(kinds({})).toEqual(new Set(['text']));
    expect(kinds({ longAfter: 3, uploadBytes: 100 })).toEqual(new Set(['text']));
  });
});
