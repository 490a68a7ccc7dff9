import type { Root } from 'mdast';
import { describe, expect, test, vi } from 'vitest';
import { MarkdownStream } from '../../src/kit/markdown/stream.ts';
import { generatedDocuments, unfinished } from '../kit/markdown/documents.ts';
import { blankDocuments, goldenDocuments, longDocuments } from '../kit/markdown/golden.ts';
import { accept, dialects } from './dialects.ts';

/** All dialects are shown the same text one after another, and parsing it is most of the work: once is enough. */
const memory = vi.hoisted(() => ({
  text: undefined as string | undefined,
  root: undefined as Root | undefined,
}));
vi.mock('../../src/kit/markdown/parse.ts', async (load) => {
  const original = await load<typeof import('../../src/kit/markdown/parse.ts')>();
  return {
    ...original,
    parseMarkdown: (text: string) =>
      text === memory.text && memory.root ? memory.root : original.parseMarkdown(text),
  };
});
const { parseMarkdown } = await import('../../src/kit/markdown/parse.ts');

function remember(text: string): Root {
  memory.text = undefined;
  memory.root = parseMarkdown(text);
  memory.text = text;
  return memory.root;
}

/** The document of a growing text, made once for all previews of it. */
class SharedStream extends MarkdownStream {
  #text: string | undefined;
  #root: Root | undefined;

  override root(text: string): Root {
    if (this.#root === undefined || text !== this.#text) {
      this.#root = super.root(text);
      this.#text = text;
    }
    return this.#root;
  }
}

/** Says in which text a dialect failed. */
function during<T>(what: string, source: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}, of …${JSON.stringify(source.slice(-80))}`, {
      cause: error,
    });
  }
}

/** EVERY_CUT=1: everything behind every character, which takes half an hour. */
const everyCut = Boolean(process.env.EVERY_CUT);

/**
 * Every dialect's preview and messages of a text that stops here, to the judgement of its service. The second forms
 * are looked at every few characters.
 */
function unfinishedAccepted(source: string, growing: MarkdownStream): void {
  // As it goes in a daemon: the preview is written first, and what it has parsed is taken over by the rest.
  growing.root(source);
  remember(source);
  for (const dialect of dialects) {
    if (dialect.second && !everyCut && source.length % 7 !== 1) continue;
    during(`${dialect.name}, ${source.length} characters`, source, () => {
      const messages = dialect.render(source);
      if (messages.length === 0) throw new Error('nothing was rendered');
      accept(messages, source);
      const preview = dialect.preview?.(source, growing);
      if (preview) accept([preview], source.replace(/[\ud800-\udbff]$/, ''));
    });
  }
}

/** Every dialect's pieces of a document, split to this size. */
function splitAccepted(root: Root, source: string, limit: number): void {
  for (const dialect of dialects) {
    const most = Math.max(limit, dialect.least);
    during(`${dialect.name}, limit ${most}`, source, () =>
      accept(dialect.split?.(root, most) ?? [], source, most),
    );
  }
}

describe.each(dialects)('$name', (dialect) => {
  test.each([...goldenDocuments, ...longDocuments])(
    'says what stands in $name, in messages the service takes',
    ({ markdown, words }) => {
      const messages = dialect.render(markdown);
      accept(messages, markdown);
      const said = messages.map(({ plain }) => plain).join('\n');
      let at = 0;
      for (const word of words) {
        const found = said.indexOf(word, at);
        expect(found, word).toBeGreaterThanOrEqual(0);
        at = dialect.name.includes('files') ? 0 : found;
      }
    },
  );
});

describe('in every dialect', () => {
  test.each(blankDocuments)('something is said for %j', (markdown) => {
    unfinishedAccepted(markdown, new SharedStream());
  });

  test.each(goldenDocuments)('the service takes $name, unfinished behind any character', ({ markdown }) => {
    const growing = new SharedStream();
    for (let end = 1; end <= markdown.length; end += 1) unfinishedAccepted(markdown.slice(0, end), growing);
  });

  const patience = everyCut ? { timeout: 7_200_000 } : {};
  test.each(longDocuments)('the service takes $name, unfinished here and there', patience, ({ markdown }) => {
    const step = everyCut ? 1 : Math.ceil(markdown.length / 15);
    const growing = new SharedStream();
    for (let end = 1; end <= markdown.length; end += step)
      unfinishedAccepted(markdown.slice(0, end), growing);
  });

  test.each(goldenDocuments)('the service takes $name in pieces of any size', ({ markdown }) => {
    const root = parseMarkdown(markdown);
    for (let limit = 12; limit < markdown.length; limit += 1 + Math.floor(limit / 12))
      splitAccepted(root, markdown, limit);
  });

  test('the service takes documents made by chance, whole, unfinished and in pieces', () => {
    for (const document of generatedDocuments(250, 500, 2)) {
      const { seed, markdown } = document;
      for (const source of [markdown, ...unfinished(document, 1)])
        during(`seed ${seed}`, source, () => unfinishedAccepted(source, new SharedStream()));
      during(`seed ${seed}`, markdown, () =>
        splitAccepted(parseMarkdown(markdown), markdown, 30 + (seed % 400)),
      );
    }
  });
});
