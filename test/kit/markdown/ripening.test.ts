import type { Nodes } from 'mdast';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseAnew, parseMarkdown } from '../../../src/kit/markdown/parse.ts';
import { Ripening } from '../../../src/kit/markdown/ripening.ts';
import { MarkdownStream } from '../../../src/kit/markdown/stream.ts';
import { seededRandom } from '../seeded-random.ts';
import { generatedDocuments } from './documents.ts';

function strip(node: Nodes): unknown {
  const { position: _position, ...rest } = node;
  return 'children' in rest ? { ...rest, children: (rest.children as Nodes[]).map(strip) } : rest;
}
const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

describe('a ripening text', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is in the end what parsing it whole gives, however it came in', async () => {
    for (const { seed, markdown } of generatedDocuments(15)) {
      const text = markdown.slice(0, 3_000);
      const random = seededRandom(seed);
      const ripening = new Ripening();
      for (let at = 0; at < text.length; ) {
        at += 1 + Math.floor(random() * 200);
        ripening.grow(text.slice(0, at));
        if (random() < 0.5) await turnOfTheLoop();
      }
      ripening.drop();
      expect(strip(parseMarkdown(text)), JSON.stringify(seed)).toEqual(strip(parseAnew(text)));
    }
  });

  it('leaves only its last block to parse to whoever shows it', async () => {
    const paragraph = `${'words and words '.repeat(10)}\n\n`;
    const text = `The beginning.\n\n${paragraph}${paragraph}${paragraph}the end`;
    const ripening = new Ripening();
    ripening.grow(text);
    await turnOfTheLoop();
    await turnOfTheLoop();
    const shown = new MarkdownStream().root(text);
    const whole = parseMarkdown(text);
    expect(whole.children).toHaveLength(5);
    for (const at of [0, 1, 2, 3]) expect(whole.children[at]).toBe(shown.children[at]);
    expect(whole.children[4]).not.toBe(shown.children[4]);
  });

  it('leaves nothing to parse behind a blank line that has ended a block', async () => {
    const text = 'A word.\n\n```ts\nconst one = 1;\n```\n\n';
    const ripening = new Ripening();
    ripening.grow(text);
    await turnOfTheLoop();
    await turnOfTheLoop();
    const shown = new MarkdownStream().root(`${text}the end`);
    const whole = parseMarkdown(`${text}the end`);
    expect(whole.children).toHaveLength(3);
    for (const at of [0, 1]) expect(whole.children[at]).toBe(shown.children[at]);
  });

  it('is looked at less often the longer a block does not end', async () => {
    const looks = vi.spyOn(MarkdownStream.prototype, 'advance');
    const ripening = new Ripening();
    let text = '```ts\n';
    for (let line = 0; line < 1_500; line++) {
      text += 'const answer = await agent.ask(question);\n\n';
      ripening.grow(text);
      await turnOfTheLoop();
    }
    const parsed = looks.mock.calls.reduce((sum, [seen]) => sum + seen.length, 0);
    expect(looks.mock.calls.length).toBeGreaterThan(3);
    expect(parsed).toBeLessThan(4 * text.length);
  });

  it('is not looked at any more once it is dropped', async () => {
    const looks = vi.spyOn(MarkdownStream.prototype, 'advance');
    const others = [1, 2, 3].map(() => new Ripening());
    for (const one of others) one.grow(`${'a line of words\n\n'.repeat(20)}`);
    for (const one of others) one.drop();
    for (let turn = 0; turn < 5; turn++) await turnOfTheLoop();
    expect(looks).not.toHaveBeenCalled();
  });
});
