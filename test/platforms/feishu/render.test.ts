import { describe, expect, test } from 'vitest';
import type { Card } from '../../../src/core/card.ts';
import type { Part } from '../../../src/core/outgoing.ts';
import { toCardJson } from '../../../src/platforms/feishu/card.ts';
import { previewText } from '../../../src/platforms/feishu/preview-text.ts';
import { type RenderOptions, render } from '../../../src/platforms/feishu/render.ts';
import { buttonsOf, checkCard, elementsOf, visibleText } from '../../sim/feishu/card-rules.ts';

const home = { sessionKey: 'feishu:oc_1:ou_ann', direct: true, project: 'demo' };
const options: RenderOptions = { cards: true, home };

type Body = { type: string; content: Record<string, unknown> };
const body = (part: Part | undefined): Body => part?.body as unknown as Body;
const sent = (part: Part | undefined) =>
  Buffer.byteLength(JSON.stringify(JSON.stringify(body(part).content)));

function text(markdown: string, more: Partial<RenderOptions> = {}): string {
  const parts = render({ kind: 'text', markdown }, { ...options, ...more });
  expect(parts).toHaveLength(1);
  const { content } = body(parts[0]);
  checkCard(content);
  return String(elementsOf(content)[0]?.content);
}

const table = (n: number) => `| a | b |\n| --- | --- |\n| ${n} | x |`;

describe('answers as cards', () => {
  test.each([
    ['# Title\n\ntext', '# Title\n\ntext'],
    ['**bold** *it* ~~gone~~ `code`', '**bold** *it* ~~gone~~ `code`'],
    ['- a\n- b\n  1. c', '- a\n- b\n  1. c'],
    ['> quote', '> quote'],
    ['- [x] done', '- ☑ done'],
    ['```ts\nlet a = 1;\n```', '```ts\nlet a = 1;\n```'],
    [table(1), '| a | b |\n| --- | --- |\n| 1 | x |'],
  ])('[feature: answers as cards] %j keeps its form', (markdown, expected) => {
    expect(text(markdown)).toBe(expected);
  });

  test('what is no markup is written so that it is read as it stands', () => {
    const out = text('2 \\* 3 \\* 4, a_b_c, <div>, \\[x\\](y), 1\\. no list');
    expect(out).toContain('2 &#42; 3 &#42; 4');
    expect(out).toContain('a_b_c');
    expect(out).toContain('&lt;div&gt;');
    expect(out).not.toContain('[x](y)');
  });

  test.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'src/app.ts',
    'mailto:a@b.c',
    '#top',
    'http://[bad',
  ])('[feature: links and tags] a link to %s is told but not linked', (url) => {
    const out = text(`see [here](<${url}>)`);
    expect(out).toContain('here');
    expect(out).not.toMatch(/\]\(/);
  });

  test('a web link with odd characters survives, an image becomes a link', () => {
    expect(text('[a](https://x.example/q_(1)?a=b)')).toBe('[a](https://x.example/q_%281%29?a=b)');
    expect(text('![pic](https://x.example/p.png)')).toBe('[pic](https://x.example/p.png)');
  });

  test('a fence inside a fence is fenced longer', () => {
    expect(text('````md\n```js\n1\n```\n````')).toBe('````md\n```js\n1\n```\n````');
  });

  test('no card carries more than five tables', () => {
    const markdown = Array.from({ length: 12 }, (_, i) => table(i)).join('\n\ntext\n\n');
    const parts = render({ kind: 'text', markdown }, options);
    expect(parts.length).toBe(3);
    for (const part of parts) checkCard(body(part).content);
    const all = parts.map((part) => visibleText(body(part).content)).join('\n');
    for (let i = 0; i < 12; i++) expect(all).toContain(`| ${i} | x |`);
  });

  test.each([
    ['words', 'word '.repeat(20_000)],
    ['Chinese', '中文字符，'.repeat(10_000)],
    ['quotes and backslashes', '"\\\\" '.repeat(10_000)],
    ['one code block', `\`\`\`\n${'line "x"\n'.repeat(6_000)}\`\`\``],
  ])('[feature: splitting] long %s is split below the size limit', (_name, markdown) => {
    const parts = render({ kind: 'text', markdown }, options);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) {
      expect(sent(part)).toBeLessThan(30 * 1024);
      checkCard(body(part).content);
    }
  });

  test('the footer is small print on the last part, mentions come first', () => {
    const parts = render(
      { kind: 'text', markdown: 'hi', footer: 'opus · 12%', mentions: ['ou_x', '*'] },
      options,
    );
    const [first, last] = elementsOf(body(parts[0]).content);
    expect(first?.content).toBe('<at id=ou_x></at> <at id=all></at>\nhi');
    expect(last?.content).toContain('opus · 12%');
    expect(last?.text_size).toBe('notation');
  });

  test('[feature: mentions out] known names become mentions, longest first, not inside code or addresses', () => {
    const ids = new Map([
      ['Ann', 'ou_1'],
      ['Ann Lee', 'ou_2'],
    ]);
    const mention = (rest: string) => {
      const name = ['Ann Lee', 'Ann'].find((known) => rest.startsWith(known));
      return name === undefined ? undefined : { name, id: ids.get(name) ?? '' };
    };
    expect(text('hi @Ann Lee and @Ann, not me@Ann or `@Ann`', { mention })).toBe(
      'hi <at id=ou_2></at> and <at id=ou_1></at>, not me@Ann or `@Ann`',
    );
  });

  test('an empty answer still is one part', () => {
    expect(render({ kind: 'text', markdown: '' }, options)).toHaveLength(1);
  });
});

describe('answers as posts', () => {
  test('[feature: without cards] without cards the text goes out as a post, headings bold, tables as code', () => {
    const [part] = render({ kind: 'text', markdown: `# T\n\n${table(1)}` }, { ...options, cards: false });
    expect(body(part).type).toBe('post');
    const json = JSON.stringify(body(part).content);
    expect(json).toContain('**T**');
    expect(json).toContain('```');
  });

  test('a post has its own tag for mentions', () => {
    const out = render({ kind: 'text', markdown: 'hi', mentions: ['*'] }, { ...options, cards: false });
    expect(JSON.stringify(body(out[0]).content)).toContain('<at user_id=\\"all\\"></at>');
  });

  test('a card goes out as text with its choices named', () => {
    const card: Card = { title: 'Q', blocks: [{ kind: 'buttons', rows: [[{ label: 'Yes', data: 'y' }]] }] };
    const [part] = render({ kind: 'card', card }, { ...options, cards: false });
    expect(part?.plain).toContain('[Yes]');
  });
});

describe('cards', () => {
  const card: Card = {
    title: 'Delete?',
    tone: 'red',
    blocks: [
      { kind: 'text', markdown: 'Which **ones**?' },
      { kind: 'fields', fields: [{ label: 'Dir', value: '/tmp/*' }] },
      { kind: 'divider' },
      {
        kind: 'form',
        fields: [
          { kind: 'text', name: 'note', label: 'Note', placeholder: 'why' },
          {
            kind: 'choice',
            name: 'one',
            label: 'One',
            multiple: false,
            options: [{ label: 'A', value: 'a' }],
          },
          {
            kind: 'choice',
            name: 'some',
            label: 'Some',
            multiple: true,
            options: [
              { label: 'B', value: 'b', description: 'bee' },
              { label: 'C', value: 'c' },
            ],
          },
        ],
        submit: { label: 'Go', data: 'f:1', style: 'primary' },
      },
      {
        kind: 'buttons',
        rows: [
          [
            { label: 'No', data: 'n:1', style: 'danger' },
            { label: 'Later', data: 'l:1' },
          ],
        ],
      },
      { kind: 'note', text: 'small' },
    ],
  };

  test('[feature: cards and forms] every block has its form, buttons know their session', () => {
    const json = toCardJson(card, home);
    checkCard(json);
    expect(json.header).toMatchObject({ template: 'red' });
    expect(buttonsOf(json as Record<string, unknown>)).toEqual([
      {
        label: 'Go',
        name: 'submit_3',
        submits: true,
        value: {
          d: 'f:1',
          k: home.sessionKey,
          p: 1,
          o: 'demo',
          c: { box_2_0: ['some', 'b'], box_2_1: ['some', 'c'] },
        },
      },
      expect.objectContaining({
        label: 'No',
        submits: false,
        value: { d: 'n:1', k: home.sessionKey, p: 1, o: 'demo' },
      }),
      expect.objectContaining({ label: 'Later' }),
    ]);
  });

  test('a card that is too long goes on in further cards, the buttons on the last', () => {
    const long: Card = {
      title: 'Run?',
      blocks: [
        { kind: 'code', language: 'bash', code: 'echo hello world\n'.repeat(4_000) },
        { kind: 'buttons', rows: [[{ label: 'Allow', data: 'a:1' }]] },
      ],
    };
    const parts = render({ kind: 'card', card: long }, options);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) {
      checkCard(body(part).content);
      expect(sent(part)).toBeLessThan(30 * 1024);
    }
    expect(parts.map((part) => buttonsOf(body(part).content).length)).toEqual([
      ...parts.slice(1).map(() => 0),
      1,
    ]);
  });
});

describe('previews', () => {
  test('what only grows at the end only grows in the card', () => {
    const whole = '# Hi\n\nSome **bold** text, `a < b`\n\n```js\nlet a = [1](2);\n```\n\nand more <b> text';
    let before = '';
    for (let i = 1; i <= whole.length; i++) {
      const now = previewText(whole.slice(0, i));
      if (before !== '' && !now.startsWith(before)) expect(whole.slice(i - 3, i)).toMatch(/[<*`[!]/);
      before = now;
    }
  });

  test('links, images and the fourth table cannot make the service refuse it', () => {
    const markdown = `[a](javascript:x) ![p](x.png) [w](https://x.example) [half](java\n\n${[1, 2, 3, 4, 5, 6, 7].map(table).join('\n\n')}`;
    const content = previewText(markdown);
    checkCard({ schema: '2.0', body: { elements: [{ tag: 'markdown', content }] } });
    expect(content).toContain('[w](https://x.example)');
    expect(content.match(/^\| --- /gm)).toHaveLength(3);
  });

  test.each([
    ['code as the words of a link', 'see [`a.ts`](src/a.ts)', 'see `a.ts` (src/a.ts)'],
    ['code as the words of a good link', '[`a`](https://x.example)', '[`a`](https://x.example)'],
    ['a link that only its line takes for code', '`a\nb` [x](/y) `c', '`a\nb`'],
    ['a link behind a fence that ends with its list', '- ```\n  code\n[x](/y)', ']\u200b(/y'],
    ['a definition in a quote', '> [x]: /y', '> [x]&#58; /y'],
  ])('%s cannot either', (_name, markdown, expected) => {
    const content = previewText(markdown);
    expect(content).toContain(expected);
    expect(content).not.toMatch(/\]\(\//);
  });

  test('an open fence hides what looks like markup', () => {
    expect(previewText('```\n[x](y) <b>')).toBe('```\n[x](y) <b>');
  });
});
