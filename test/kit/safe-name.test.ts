import { describe, expect, it } from 'vitest';
import { safeName, uniqueName } from '../../src/kit/safe-name.ts';

describe('a safe name', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\photo.jpg', 'photo.jpg'],
    ['/', 'file'],
    ['..', 'file'],
    ['', 'file'],
    ['   . ', 'file'],
    ['.bashrc', 'bashrc'],
    ['a\u0000b\nc.txt', 'abc.txt'],
    ['exe\u202egpj.exe', 'exegpj.exe'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['con.tar.gz', '_con.tar.gz'],
    ['a<b>:"c|d?.md', 'a_b___c_d_.md'],
    ['trailing. ', 'trailing'],
    ['日本語 ファイル.xlsx', '日本語 ファイル.xlsx'],
    ['x\ud800y', 'xy'],
  ])('of %j is %j', (given, expected) => {
    expect(safeName(given)).toBe(expected);
  });

  it('fits in bytes, whole characters, with its extension', () => {
    const name = safeName(`${'字'.repeat(300)}.pdf`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name).toBe(`${'字'.repeat(65)}.pdf`);
  });

  it('is numbered before its extension until it is free', () => {
    const taken = new Set<string>();
    const names = ['a.txt', 'A.txt', 'a.txt', 'b', 'b', 'c.tar.gz', 'c.tar.gz'].map((name) =>
      uniqueName(name, taken),
    );
    expect(names).toEqual(['a.txt', 'A_1.txt', 'a_2.txt', 'b', 'b_1', 'c.tar.gz', 'c_1.tar.gz']);
  });
});
