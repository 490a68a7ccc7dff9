import { describe, expect, test } from 'vitest';
import type { Part } from '../../../src/core/outgoing.ts';
import { parseMarkdown } from '../../../src/kit/markdown/parse.ts';
import { MarkdownStream } from '../../../src/kit/markdown/stream.ts';
import { renderHtml, visibleText } from '../../../src/platforms/telegram/html.ts';
import {
  type FileBody,
  renderParts,
  renderPreview,
  type TextBody,
} from '../../../src/platforms/telegram/render.ts';
import { parseHtml } from '../../sim/telegram/html.ts';

function body<T = TextBody>(part: Part | undefined): T {
  if (!part) throw new Error('no part');
  return part.body as T;
}
const html = (markdown: string) => body(renderParts({ kind: 'text', markdown })[0]).html;

describe('[feature: dialect] markdown becomes Telegram HTML', () => {
  test.each([
    ['bold and italic', '**a** *b* ~~c~~', '<b>a</b> <i>b</i> <s>c</s>'],
    ['headings', '## T & U', '<b>T &amp; U</b>'],
    ['inline code', 'run `a < b`', 'run <code>a &lt; b</code>'],
    ['fences', '```js\nx\n```', '<pre><code class="language-js">x</code></pre>'],
    ['plain fences', '```\nx\n```', '<pre>x</pre>'],
    ['links', '[a](https://x.org/?q="1"&b)', '<a href="https://x.org/?q=&quot;1&quot;&amp;b">a</a>'],
    ['paths as links', '[a.ts](src/a.ts)', 'a.ts (src/a.ts)'],
    ['lists', '- a\n- b', '• a\n• b'],
    ['numbered lists', '3. a\n4. b', '3. a\n4. b'],
    ['nested lists', '- a\n  - b\n- c', '• a\n  • b\n• c'],
    ['tasks', '- [x] a\n- [ ] b', '• ☑ a\n• ☐ b'],
    ['quotes', '> a\n> > b', '<blockquote>a\n\n&gt; b</blockquote>'],
    ['rules', 'a\n\n---\n\nb', 'a\n\n———\n\nb'],
    ['raw HTML', '<b>x</b>', '&lt;b&gt;x&lt;/b&gt;'],
  ])('%s', (_name, markdown, expected) => {
    expect(html(markdown)).toBe(expected);
  });

  test('tables are aligned monospace text, wide characters counting twice', () => {
    expect(html('| a | 名前 |\n|---|---|\n| long | x |')).toBe(
      '<pre>a    | 名前\n-----+-----\nlong | x</pre>',
    );
  });

  test('an empty answer still is a message', () => {
    expect(html('  \n')).toBe('…');
  });

  test('what it makes of odd text, Telegram can parse', () => {
    const odd = [
      '<<>>&&&amp;"\'',
      '**b** text\n---',
      '| a |\n|---|\n---',
      '***a** b* `c',
      '[x](javascript:alert(1)) ![y](z "t")',
      '> - a\n>   ```\n>   <x>\n>   ```\n> 1. b',
      '# `a` **b _c_** [d](http://e)',
      'a[^1]\n\n[^1]: note <b>',
      '&lt;b&gt; &nbsp; &#60;',
    ];
    for (const markdown of odd)
      for (const part of renderParts({ kind: 'text', markdown }))
        expect(parseHtml(body(part).html), markdown).toMatchObject({ ok: true });
  });
});

describe('limits', () => {
  test('no part is longer than 4096 UTF-16 units, and nothing is lost', () => {
    const words = Array.from({ length: 3000 }, (_, i) => `w${i}🙂`);
    const parts = renderParts({ kind: 'text', markdown: words.join(' ') });
    for (const part of parts) {
      expect(part.plain.length).toBeLessThanOrEqual(4096);
      expect(part.plain).toBe(visibleText(body(part).html));
    }
    expect(parts.flatMap((part) => part.plain.split(/\s+/))).toEqual(words);
  });

  test.each([
    ['words', Array.from({ length: 450 }, (_, i) => `**b${i}** \`c${i}\``).join(' ')],
    ['list items', Array.from({ length: 250 }, (_, i) => `- \`c${i}\`: *i${i}*`).join('\n')],
    [
      'links in bold',
      Array.from({ length: 250 }, (_, i) => `**see [l${i}](http://x/${i}) now**`).join('\n\n'),
    ],
    ['fences', Array.from({ length: 150 }, (_, i) => `\`\`\`js\nc${i}\n\`\`\``).join('\n\n')],
    ['quotes', Array.from({ length: 120 }, (_, i) => `> **q${i}**\n\nx`).join('\n\n')],
  ])(
    '[feature: many formats] hundreds of formatted %s keep their form: no part has more than 100 entities',
    (_what, markdown) => {
      const form = (text: string) => parseHtml(text, Number.POSITIVE_INFINITY);
      const made = (text: string) => {
        const parsed = form(text);
        if (!parsed.ok) throw new Error(parsed.description);
        return parsed.entities.map(({ type, offset, length }) => [
          type,
          parsed.text.slice(offset, offset + length),
        ]);
      };
      const parts = renderParts({ kind: 'text', markdown, footer: 'opus', mentions: ['42'] });
      expect(parts.length).toBeGreaterThan(1);
      for (const part of parts) expect(made(body(part).html).length).toBeLessThanOrEqual(100);
      const whole = renderHtml(parseMarkdown(markdown));
      expect(parts.flatMap((part) => made(body(part).html)).slice(0, -2)).toEqual(made(whole));
      const { html: shown } = renderPreview(markdown, 'working', new MarkdownStream());
      expect(made(shown).length).toBeLessThanOrEqual(100);
      expect(made(shown).at(-1)).toEqual(['italic', 'working']);
    },
  );

  test('a text with few forms is split by its words alone', () => {
    const markdown = `${'**b** '.repeat(90)}${'word '.repeat(600)}`;
    expect(renderParts({ kind: 'text', markdown })).toHaveLength(1);
  });

  test('a quote does not make the formats behind it count twice', () => {
    const spans = Array.from({ length: 49 }, (_, i) => `\`c${i}\``).join(' ');
    expect(renderParts({ kind: 'text', markdown: `> quoted\n\n${spans}` })).toHaveLength(1);
  });

  test('[feature: splitting] a long fence is closed and opened again with its language', () => {
    const code = Array.from({ length: 400 }, (_, i) => `const value${i} = ${i};`).join('\n');
    const parts = renderParts({ kind: 'text', markdown: `\`\`\`ts\n${code}\n\`\`\`` });
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts)
      expect(body(part).html).toMatch(/^<pre><code class="language-ts">[^<]*<\/code><\/pre>$/);
  });

  test('the footer goes under the last part, or into one of its own when that is full', () => {
    const short = renderParts({ kind: 'text', markdown: 'done', footer: 'opus · 3%' });
    expect(body(short[0]).html).toBe('done\n\n<i>opus · 3%</i>');
    const full = renderParts({ kind: 'text', markdown: 'x'.repeat(4090), footer: 'a long footer' });
    expect(full.map((part) => part.plain.length)).toEqual([4090, 13]);
  });

  test('people are mentioned by id', () => {
    const [part] = renderParts({ kind: 'text', markdown: 'look', mentions: ['42', '*'] });
    expect(body(part).html).toContain('<a href="tg://user?id=42">@42</a>');
  });

  test('a caption that is too long follows as text', () => {
    const file = { kind: 'image', path: '/a.png', name: 'a.png', mime: 'image/png', size: 10 } as const;
    expect(renderParts({ kind: 'file', file, caption: 'short' }).map((part) => part.kind)).toEqual(['file']);
    const long = renderParts({ kind: 'file', file, caption: 'word '.repeat(400) });
    expect(long.map((part) => part.kind)).toEqual(['file', 'text']);
    expect(body<FileBody>(long[0]).caption).toBeUndefined();
  });

  test.each([
    ['image', 'image/png', 100, 'photo'],
    ['image', 'image/png', 11 * 1024 * 1024, 'document'],
    ['image', 'image/svg+xml', 100, 'document'],
    ['audio', 'audio/ogg', 100, 'voice'],
    ['audio', 'audio/mpeg', 100, 'audio'],
    ['audio', 'audio/flac', 100, 'document'],
    ['video', 'video/mp4', 100, 'video'],
    ['file', 'text/plain', 100, 'document'],
  ] as const)('%s of type %s (%d bytes) goes out as %s', (kind, mime, size, field) => {
    const file = { kind, path: '/f', name: 'f', mime, size };
    expect(body<FileBody>(renderParts({ kind: 'file', file })[0]).field).toBe(field);
  });
});

describe('cards', () => {
  test('[feature: cards and buttons] become text with an inline keyboard on the last part', () => {
    const parts = renderParts({
      kind: 'card',
      card: {
        title: 'Permission',
        blocks: [
          { kind: 'text', markdown: '**Bash** wants <to>' },
          { kind: 'code', language: 'bash', code: 'rm -rf /' },
          {
            kind: 'fields',
            fields: [
              { label: 'Mode', value: 'plan' },
              { label: 'Dir', value: '/a' },
            ],
          },
          { kind: 'divider' },
          { kind: 'note', text: 'expires' },
          { kind: 'form', fields: [], submit: { label: 'Send', data: 'f' } },
          {
            kind: 'buttons',
            rows: [
              [
                { label: 'Yes', data: 'y', style: 'primary' },
                { label: 'No', data: 'n' },
              ],
              [],
            ],
          },
        ],
      },
    });
    expect(parts).toHaveLength(1);
    expect(body(parts[0])).toEqual({
      html: '<b>Permission</b>\n\n<b>Bash</b> wants &lt;to&gt;\n\n<pre><code class="language-bash">rm -rf /</code></pre>\n\n<b>Mode</b>: plan\n<b>Dir</b>: /a\n\n———\n\n<i>expires</i>',
      buttons: {
        inline_keyboard: [
          [
            { text: 'Yes', callback_data: 'y', style: 'primary' },
            { text: 'No', callback_data: 'n' },
          ],
        ],
      },
    });
  });

  test('more than eight buttons in a row are wrapped', () => {
    const row = Array.from({ length: 10 }, (_, i) => ({ label: `${i}`, data: `${i}` }));
    const parts = renderParts({ kind: 'card', card: { blocks: [{ kind: 'buttons', rows: [row] }] } });
    expect(body(parts[0]).buttons?.inline_keyboard.map((wrapped) => wrapped.length)).toEqual([8, 2]);
  });

  test('a button payload over 64 bytes is refused by name', () => {
    const rows = [[{ label: 'Big', data: 'ü'.repeat(33) }]];
    expect(() => renderParts({ kind: 'card', card: { blocks: [{ kind: 'buttons', rows }] } })).toThrow(
      /"Big"/,
    );
  });
});

describe('previews', () => {
  test('a growing text shows the same as one rendered whole', () => {
    const text =
      '# Title\n\nFirst **para**.\n\n```js\nlet a;\n\nlet b;\n```\n\n- one\n- two\n\nLast `word` here\n\n1. x\n';
    const growing = new MarkdownStream();
    for (let end = 1; end <= text.length; end++) {
      const shown = renderPreview(text.slice(0, end), undefined, growing).html;
      expect(shown).toBe(renderPreview(text.slice(0, end), undefined, new MarkdownStream()).html);
      expect(parseHtml(shown)).toMatchObject({ ok: true });
    }
    expect(renderPreview(text, undefined, growing).html).toBe(html(text));
  });

  test('the status stands below and counts for the limit', () => {
    const { html: shown, plain } = renderPreview('x'.repeat(5000), 'working <…>', new MarkdownStream());
    expect(shown.endsWith('<i>working &lt;…&gt;</i>')).toBe(true);
    expect(plain.length).toBeLessThanOrEqual(4096);
  });
});
