import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asId } from '../../src/core/ids.ts';
import { parseSize } from '../../src/kit/byte-size.ts';
import { writeCacheFile } from '../../src/kit/cache-file.ts';
import { saveTo } from '../../src/kit/download.ts';
import { PromptJournal } from '../../src/kit/prompt-journal.ts';
import { RotatingLog } from '../../src/kit/rotating-log.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kit-files-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function* chunks(count: number, ended?: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (let at = 0; at < count; at++) yield Buffer.alloc(1000, 'x');
  } finally {
    ended?.();
  }
}

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe.skipIf(process.platform === 'win32')('what is kept for an agent', () => {
  it('as a text is for nobody else to read, nor are its folders', async () => {
    const path = await writeCacheFile(join(dir, 'agents', 'demo'), 'secret', {
      prefix: 'prompt',
      extension: 'md',
    });
    expect(await modeOf(path)).toBe('600');
    expect(await modeOf(join(dir, 'agents', 'demo'))).toBe('700');
    expect(await modeOf(join(dir, 'agents'))).toBe('700');
  });

  it('as a journal of prompts is for nobody else to read, also after its older half is forgotten', async () => {
    const path = join(dir, 'agents', 'demo', 'prompts.jsonl');
    await new PromptJournal(path).note(asId('p1'), 's1', 'hello');
    expect(await modeOf(path)).toBe('600');
    expect(await modeOf(join(dir, 'agents', 'demo'))).toBe('700');
    await writeFile(path, `${'x'.repeat(200)}\n`.repeat(3000));
    await new PromptJournal(path).note(asId('p2'), 's1', 'hello');
    expect((await stat(path)).size).toBeLessThan(400_000);
    expect(await modeOf(path)).toBe('600');
  });
});

describe('a download', () => {
  it('appears whole, private, under its name', async () => {
    const target = join(dir, 'a.bin');
    expect(await saveTo(target, chunks(5), { maxBytes: 5000 })).toEqual({ bytes: 5000 });
    expect((await stat(target)).size).toBe(5000);
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    expect(await saveTo(join(dir, 'b'), new Response('hello'), { maxBytes: 5 })).toEqual({ bytes: 5 });
    expect(await saveTo(join(dir, 'c'), new Response(null), { maxBytes: 5 })).toEqual({ bytes: 0 });
    expect((await readdir(dir)).sort()).toEqual(['a.bin', 'b', 'c']);
  });

  it('over the cap is refused, ends its source and leaves nothing', async () => {
    let ended = false;
    const source = chunks(1_000_000, () => (ended = true));
    await expect(saveTo(join(dir, 'a'), source, { maxBytes: 2500 })).rejects.toMatchObject({
      code: 'download_too_large',
      kind: 'validation',
    });
    expect(ended).toBe(true);
    const declared = new Response('x', { headers: { 'content-length': '9999' } });
    await expect(saveTo(join(dir, 'a'), declared, { maxBytes: 10 })).rejects.toMatchObject({
      code: 'download_too_large',
    });
    expect(await readdir(dir)).toEqual([]);
  });

  it('that is aborted or breaks leaves nothing', async () => {
    const abort = new AbortController();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      abort.abort(new Error('stopped'));
      yield Buffer.alloc(10);
    }
    await expect(saveTo(join(dir, 'a'), slow(), { maxBytes: 100, signal: abort.signal })).rejects.toThrow(
      'stopped',
    );
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      throw new Error('reset');
    }
    await expect(saveTo(join(dir, 'a'), broken(), { maxBytes: 100 })).rejects.toThrow('reset');
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('a size', () => {
  it.each([
    ['10MB', 10 * 1024 ** 2],
    ['512K', 512 * 1024],
    ['1.5 GiB', 1.5 * 1024 ** 3],
    ['2048', 2048],
    ['7b', 7],
  ])('of %s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', 'MB', '10 parsecs', '-1K', '1e3'])('cannot be %j', (text) => {
    expect(() => parseSize(text)).toThrow(expect.objectContaining({ code: 'size_invalid' }));
  });
});

describe('a rotating log', () => {
  const line = (at: number) => `line ${String(at).padStart(4, '0')}\n`;

  it('keeps so many backups of so many bytes, newest first, in order', async () => {
    const path = join(dir, 'logs', 'a.log');
    const log = new RotatingLog({ path, maxBytes: 30, backups: 2 });
    for (let at = 0; at < 12; at++) {
      log.write(line(at));
      await log.flush();
    }
    await log.close();
    expect((await readdir(join(dir, 'logs'))).sort()).toEqual(['a.log', 'a.log.1', 'a.log.2']);
    const read = (name: string) => readFile(join(dir, 'logs', name), 'utf8');
    expect((await read('a.log.2')) + (await read('a.log.1')) + (await read('a.log'))).toBe(
      Array.from({ length: 9 }, (_unused, at) => line(at + 3)).join(''),
    );
  });

  it('goes on with the file of the run before, and rotates it when it is full', async () => {
    const path = join(dir, 'a.log');
    await writeFile(path, 'old '.repeat(10));
    const log = new RotatingLog({ path, maxBytes: 30 });
    log.write('new\n');
    await log.close();
    expect(await readFile(path, 'utf8')).toBe('new\n');
    expect(await readFile(`${path}.1`, 'utf8')).toBe('old '.repeat(10));
  });

  it('keeps none when none are wanted, and writes last words at once', async () => {
    const path = join(dir, 'a.log');
    const log = new RotatingLog({ path, maxBytes: 5, backups: 0 });
    log.write('first line\n');
    await log.flush();
    log.write('second line\n');
    await log.flush();
    log.write('last words\n');
    log.flushSync();
    expect(await readFile(path, 'utf8')).toBe('second line\nlast words\n');
    await log.close();
    expect(await readdir(dir)).toEqual(['a.log']);
  });

  it('tells once that the disk refuses, and recovers', async () => {
    const path = join(dir, 'gone', 'a.log');
    const errors: unknown[] = [];
    const log = new RotatingLog({ path, maxBytes: 100, onError: (error) => errors.push(error) });
    await rm(join(dir, 'gone'), { recursive: true });
    for (const text of ['a\n', 'b\n']) {
      log.write(text);
      await log.flush();
    }
    expect(errors).toMatchObject([{ code: 'ENOENT' }]);
    await import('node:fs/promises').then(({ mkdir }) => mkdir(join(dir, 'gone')));
    log.write('c\n');
    await log.close();
    expect(await readFile(path, 'utf8')).toBe('c\n');
  });
});
