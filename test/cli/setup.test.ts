import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { inflateSync } from 'node:zlib';
import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { ask } from '../../src/cli/setup/ask.ts';
import { qrLines, qrPng, showQr } from '../../src/cli/setup/qr.ts';
import { fakeIo } from './fake-io.ts';

/** The colours of a PNG as `qrPng` writes it, one entry per pixel, true = black. */
function pixelsOf(png: Buffer): boolean[][] {
  const width = png.readUInt32BE(16);
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const rows = inflateSync(Buffer.concat(data));
  const rowBytes = 1 + Math.ceil(width / 8);
  return Array.from({ length: rows.length / rowBytes }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const byte = rows[y * rowBytes + 1 + (x >> 3)] ?? 0;
      return (byte & (0x80 >> (x & 7))) === 0;
    }),
  );
}

describe('a QR code', () => {
  const modules = encode('https://example.com/scan?code=ABCD', { ecc: 'L', border: 4 }).data;

  it('is the same in the terminal, with and without colours', () => {
    const read = (lines: readonly string[], blackIsInk: boolean) =>
      lines.flatMap((line) => {
        const text = line.replace(/\u001b\[[\d;]*m/g, '');
        const ink = (marks: string) => [...text].map((char) => marks.includes(char) === blackIsInk);
        return [ink('█▀'), ink('█▄')];
      });
    expect(read(qrLines(modules, true), true).slice(0, modules.length)).toEqual(modules);
    expect(read(qrLines(modules, false), false).slice(0, modules.length)).toEqual(modules);
  });

  it('is the same as a PNG, with white around it', () => {
    const pixels = pixelsOf(qrPng(modules));
    expect(pixels).toHaveLength(modules.length * 8);
    const back = modules.map((row, y) => row.map((_, x) => pixels[y * 8 + 4]?.[x * 8 + 4]));
    expect(back).toEqual(modules);
    expect(pixels.slice(0, 32).flat()).not.toContain(true);
  });

  it('is left out of a terminal that is too narrow, and told as an address', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cc-qr-'));
    try {
      const io = fakeIo(folder);
      const narrow = { ...io, stdout: Object.assign(new PassThrough(), { columns: 20 }) };
      await showQr('https://example.com/x', 'code.png', narrow);
      expect(io.lines[0]).toContain('too narrow');
      expect(io.lines[1]).toContain('https://example.com/x');
      expect((await readFile(join(folder, 'code.png'))).length).toBeGreaterThan(100);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('asking', () => {
  it('shows nothing of a secret', async () => {
    const io = fakeIo('/');
    let screen = '';
    io.stdout.on('data', (chunk) => {
      screen += String(chunk);
    });
    const answer = ask('Bot token', { secret: true }, io);
    io.typed.write('very-secret\r');
    expect(await answer).toBe('very-secret');
    expect(screen).toContain('Bot token');
    expect(screen).not.toContain('very');
  });

  it('ends when the input ends', async () => {
    const io = fakeIo('/');
    const answer = ask('Bot token', { secret: true }, io);
    io.typed.end();
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
  });
});
