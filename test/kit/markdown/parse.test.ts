import type { Nodes, Root } from 'mdast';
import { describe, expect, it } from 'vitest';
import { parseMarkdown } from '../../../src/kit/markdown/parse.ts';
import { markdownToPlain, renderPlain } from '../../../src/kit/markdown/plain.ts';
import { type Renderer, renderMarkdown } from '../../../src/kit/markdown/walk.ts';
import { generatedDocuments } from './documents.ts';

function types(node: Nodes): string[] {
  return 'children' in node ? [node.type, ...(node.children as Nodes[]).flatMap(types)] : [node.type];
}

describe('parsing', () => {
  it('resolves references and keeps definitions nobody refers to', () => {
    const root = parseMarkdown('[a][1] ![b][1] [c][none]\n\n[1]: http://x "t"\n\n[INFO]: done');
    expect(types(root)).not.toContain('linkReference');
    expect(root.children).toMatchObject([
      {
        children: [
          { type: 'link', url: 'http://x', title: 't' },
          {},
          { type: 'image', url: 'http://x', alt: 'b' },
          { value: ' [c][none]' },
        ],
      },
      { type: 'paragraph', children: [{ value: '[INFO]: done' }] },
    ]);
  });

  it('reads HTML as text', () => {
    expect(markdownToPlain('<div>\nuse `x` in <b>Foo</b><!-- c -->')).toBe(
      '<div>\nuse x in <b>Foo</b><!-- c -->',
    );
  });

  it('takes one tilde as a range, two as struck out', () => {
    expect(markdownToPlain('1~3 and 4~5 ~~gone~~')).toBe('1~3 and 4~5 gone');
  });

  it('reads code that goes over a line end as one line', () => {
    expect(parseMarkdown('> a `b\n> c` d').children).toMatchObject([
      { children: [{ children: [{}, { type: 'inlineCode', value: 'b c' }, {}] }] },
    ]);
  });

  it('survives absurd nesting and lone surrogates', () => {
    expect(markdownToPlain(`${'>'.repeat(20_000)} deep`)).toContain('deep');
    expect(markdownToPlain(`${'- '.repeat(20_000)}deep`)).toContain('deep');
    expect(markdownToPlain(`${'*a _b '.repeat(2_000)}${'_ *'.repeat(2_000)}`)).toContain('a _b');
    expect(markdownToPlain('a\ud800b')).toBe('a\ufffdb');
  });

  it('makes only nodes a renderer must know', () => {
    for (const { markdown } of generatedDocuments(200)) {
      expect(() => renderPlain(parseMarkdown(markdown))).not.toThrow();
    }
  });
});

describe('plain text', () => {
  it('keeps structure and addresses', () => {
    const text = `# T\n\nHi **you**, see [docs](http://d) and http://e\n\n- [x] done\n- list\n  1. one\n  2. two\n\n> quote\n> more\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\`\`\`sh\nls\n\`\`\``;
    expect(markdownToPlain(text)).toBe(
      'T\n\nHi you, see docs (http://d) and http://e\n\n• ☑ done\n• list\n  1. one\n  2. two\n\n> quote\n> more\n\na | b\n———\n1 | 2\n\nls',
    );
  });
});

describe('walking', () => {
  it('tells a handler its ancestors and position', () => {
    const seen: string[] = [];
    const note: Partial<Renderer<string>> = {
      root: (_node, context) => context.children().join(''),
      paragraph: (_node, context) => context.children().join(''),
      strong: (_node, context) => `<b>${context.children().join('')}</b>`,
      text: (node, context) => {
        seen.push(`${context.parents.map((parent) => parent.type).join('>')}#${context.index}`);
        return node.value;
      },
    };
    expect(renderMarkdown(parseMarkdown('a **b**'), note as Renderer<string>)).toBe('a <b>b</b>');
    expect(seen).toEqual(['root>paragraph#0', 'root>paragraph>strong#0']);
  });

  it('refuses a node of another making', () => {
    const root = { type: 'root', children: [{ type: 'html', value: '<b>' }] } as Root;
    expect(() => renderPlain(root)).toThrow(TypeError);
  });
});
