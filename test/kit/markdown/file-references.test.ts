import { describe, expect, it } from 'vitest';
import { type ReferenceStyle, rewriteFileReferences } from '../../../src/kit/markdown/file-references.ts';

const plain: ReferenceStyle = {
  path: 'relative',
  marker: 'none',
  enclosure: 'code',
  workDir: '/srv/app',
};
const show = (text: string, change: Partial<ReferenceStyle> = {}) =>
  rewriteFileReferences(text, { ...plain, ...change });

describe('references to files', () => {
  it.each([
    ['see /srv/app/src/main.ts:12 now', 'see `src/main.ts:12` now'],
    ['see [main](/srv/app/src/main.ts#L3-L9).', 'see `src/main.ts:3-9`.'],
    ['see [main](file:///srv/app/src/main.ts:3:7).', 'see `src/main.ts:3:7`.'],
    ['see `src/main.ts`', 'see `src/main.ts`'],
    ['in src/deep/er.ts and main.ts:4', 'in `src/deep/er.ts` and `main.ts:4`'],
    ['(./src/main.ts)', '(`src/main.ts`)'],
    ['elsewhere: /etc/hosts/x.conf', 'elsewhere: `/etc/hosts/x.conf`'],
    ['- a list: **src/a.ts:1**\n- and src/b.ts', '- a list: **`src/a.ts:1`**\n- and `src/b.ts`'],
    ['[mit leer](/srv/app/my%20file.md)', '`my file.md`'],
    ['中文路径 src/a.ts:3，好', '中文路径 `src/a.ts:3`，好'],
  ])('%s', (text, expected) => {
    expect(show(text)).toBe(expected);
  });

  it.each([
    'either/or, and 1/2, and 12:30',
    'https://example.org/a/b.ts:3 and [x](https://example.org/a.ts)',
    '```sh\ncat /srv/app/src/main.ts\n```',
    'a `git diff src/main.ts` command',
    'me@host.org:22 and v1.2.3 and example.org',
    '[below](#part)',
    'mail [me](mailto:me@example.org)',
  ])('leaves alone: %s', (text) => {
    expect(show(text)).toBe(text);
  });

  it('are shown in the form that is asked for', () => {
    const text = 'at /srv/app/src/very/long/folder/names/to/see/main_file.ts:12';
    expect(show(text, { path: 'absolute', enclosure: 'none' })).toBe(
      'at /srv/app/src/very/long/folder/names/to/see/main\\_file.ts:12',
    );
    expect(show(text, { path: 'basename', marker: 'emoji' })).toBe('at 📄 `main_file.ts:12`');
    expect(show(text, { path: 'dirname_basename', enclosure: 'fullwidth', marker: 'ascii' })).toBe(
      'at 【@see/main\\_file.ts:12】',
    );
    expect(show(text, { path: 'smart' })).toBe('at `see/main_file.ts:12`');
    expect(show('at /srv/app/src/a.ts', { path: 'smart', enclosure: 'angle' })).toBe('at \\<src/a.ts\\>');
    expect(show('at /srv/app/src/a.ts', { enclosure: 'bracket' })).toBe('at \\[src/a.ts\\]');
  });
});
