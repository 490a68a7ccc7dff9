import { describe, expect, it } from 'vitest';
import { humanCode, normalizeCode, shortId, sortableId, uuidV5 } from '../../src/kit/ids.ts';

describe('ids', () => {
  it('sort by creation, also within a millisecond and when the clock steps back', () => {
    const now = Date.now() + 1_000;
    const made = [
      ...Array.from({ length: 2_000 }, () => sortableId(now)),
      sortableId(now - 5_000),
      sortableId(now + 1),
    ];
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true);
  });

  it('hold their time in the first ten characters', () => {
    expect(sortableId(2 ** 45).slice(0, 10)).toBe('1000000000');
  });

  it('as codes survive sloppy typing', () => {
    const code = humanCode();
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(normalizeCode(` ${code.toLowerCase().slice(0, 4)}-${code.slice(4)} `)).toBe(code);
    expect(normalizeCode('oil0-1')).toBe('01101');
    expect(shortId()).toMatch(/^[0-9a-z]{10}$/);
  });

  it('as UUIDs follow RFC 9562 and stay the same', () => {
    expect(uuidV5('www.example.com', '6ba7b810-9dad-11d1-80b4-00c04fd430c8')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
    expect(uuidV5('a')).toBe(uuidV5('a'));
    expect(uuidV5('a')).not.toBe(uuidV5('b'));
  });
});
