import { describe, expect, test } from 'vitest';
import { PreviewTail } from '../../src/engine/preview-tail.ts';

const line = (at: number) => `line ${at} with some words\n`;

/** What a preview shows of a text that grows piece by piece. */
function shown(pieces: readonly string[], room: { maxChars: number; maxBytes?: number }): string[] {
  const tail = new PreviewTail();
  let text = '';
  return pieces.map((piece) => {
    text += piece;
    return tail.of(text, room);
  });
}

describe('the end of a growing text', () => {
  test('is all of it as long as that fits', () => {
    expect(shown(['a', 'b\n', 'c'], { maxChars: 4 })).toEqual(['a', 'ab\n', 'ab\nc']);
  });

  test('begins at a line, stays in the room and always shows what is newest', () => {
    const pieces = Array.from({ length: 400 }, (_, at) => line(at));
    const views = shown(pieces, { maxChars: 500 });
    for (const [at, view] of views.entries()) {
      expect(view.length).toBeLessThanOrEqual(503);
      expect(view.endsWith(line(at))).toBe(true);
      if (at > 100) expect(view).toMatch(/^…\n\nline \d/);
      if (at > 100) expect(view.length).toBeGreaterThan(250);
    }
  });

  test('begins with a paragraph rather than with a line', () => {
    const pieces = Array.from({ length: 200 }, (_, at) => line(at) + (at % 4 === 0 ? '\n' : ''));
    for (const view of shown(pieces, { maxChars: 800 }).slice(100))
      expect(Number(/^…\n\nline (\d+)/.exec(view)?.[1]) % 4).toBe(1);
  });

  test('keeps its beginning over many updates, so that only its end is new', () => {
    const views = shown(
      Array.from({ length: 400 }, (_, at) => line(at)),
      { maxChars: 3_000 },
    );
    const moved = views.filter((view, at) => !view.startsWith(views[at - 1] ?? '')).length;
    expect(moved).toBeGreaterThan(2);
    expect(moved).toBeLessThan(12);
  });

  test('opens the fence again that it begins in, and no other', () => {
    const code = Array.from({ length: 60 }, (_, at) => `  code ${at}\n`);
    const inside = shown(['text\n', '```ts {1}\n', ...code], { maxChars: 200 }).at(-1);
    expect(inside).toMatch(/^…\n\n```ts \{1\}\n {2}code \d/);
    const behind = shown(['```ts\n', ...code, '```\n', ...Array.from({ length: 30 }, (_, at) => line(at))], {
      maxChars: 200,
    });
    expect(behind.at(-1)).toMatch(/^…\n\nline \d/);
    const nested = shown(['~~~~md\n', '```\n', 'x\n', '```\n', ...code], { maxChars: 200 }).at(-1);
    expect(nested).toMatch(/^…\n\n~~~~md\n {2}code \d/);
    const shorter = shown(['````\n', '```\n', ...code], { maxChars: 200 }).at(-1);
    expect(shorter).toMatch(/^…\n\n````\n {2}code \d/);
  });

  test('counts bytes where the room is given in bytes', () => {
    for (const view of shown(
      Array.from({ length: 300 }, () => '字字字字字字字字字\n'),
      { maxChars: 2800, maxBytes: 900 },
    )) {
      expect(Buffer.byteLength(view)).toBeLessThanOrEqual(910);
      expect(view.length).toBeGreaterThan(9);
    }
  });

  test('does not begin in the middle of a character', () => {
    for (const view of shown(
      Array.from({ length: 200 }, () => '😀'),
      { maxChars: 51 },
    ))
      expect(view).toMatch(/^(…\n\n)?(😀)+$/u);
  });

  test('starts over with a text that is shorter', () => {
    const tail = new PreviewTail();
    tail.of('a\n'.repeat(100), { maxChars: 20 });
    expect(tail.of('new', { maxChars: 20 })).toBe('new');
  });
});
