import { describe, expect, it } from 'vitest';
import { LineSplitter, NdjsonDecoder, type NdjsonObject, ndjson, readNdjson } from '../../src/kit/ndjson.ts';
import { seededRandom } from './seeded-random.ts';

function decode(
  chunks: Buffer[],
  options: ConstructorParameters<typeof NdjsonDecoder>[0] = {},
): NdjsonObject[] {
  const decoder = new NdjsonDecoder(options);
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()];
}

function cut(whole: Buffer, sizes: () => number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < whole.length; ) {
    const size = Math.max(1, sizes());
    chunks.push(whole.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

async function* from(chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

const objects = [
  { a: 1 },
  { text: '日本語 🧑‍💻 \\ " \u2028' },
  { nested: { list: [1, 'x\ny'] } },
  { last: true },
];
const whole = Buffer.from(objects.map((object) => JSON.stringify(object)).join('\n'));

describe('ndjson', () => {
  it('gives the same objects however the bytes are cut, also within a character', () => {
    for (let size = 1; size <= whole.length; size++) expect(decode(cut(whole, () => size))).toEqual(objects);
    const random = seededRandom(7);
    for (let round = 0; round < 200; round++) {
      expect(decode(cut(whole, () => Math.floor(random() * 20)))).toEqual(objects);
    }
  });

  it('ignores blank lines and carriage returns, and takes an unterminated last line', () => {
    expect(decode([Buffer.from('\n\r\n{"a":1}\r\n  \n{"b":2}')])).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('reports lines that are no JSON object and goes on', () => {
    const bad: string[] = [];
    const text = 'warning: hi\n{"a":1}\n[1]\n7\nnull\n{"half":\n{"b":2}\n';
    const found = decode([Buffer.from(text)], { onBad: (line) => bad.push(line) });
    expect(found).toEqual([{ a: 1 }, { b: 2 }]);
    expect(bad).toEqual(['warning: hi', '[1]', '7', 'null', '{"half":']);
  });

  it('cuts what it reports of a bad line', () => {
    const bad: string[] = [];
    decode([Buffer.from(`${'x'.repeat(10_000)}\n`)], { onBad: (line) => bad.push(line) });
    expect(bad[0]).toHaveLength(2_000);
  });

  it('skips a line over the cap to its newline wherever the chunks fall, and goes on', () => {
    const text = Buffer.from(`{"a":1}\n{"x":"${'y'.repeat(100)}"}\n{"b":2}\n{"c":"${'z'.repeat(100)}"}`);
    for (const size of [1, 3, 10, 50, 60, 1000]) {
      const skipped: number[] = [];
      const found = decode(
        cut(text, () => size),
        { lineCap: 50, onSkipped: (bytes) => skipped.push(bytes) },
      );
      expect(found).toEqual([{ a: 1 }, { b: 2 }]);
      expect(skipped).toEqual([108, 108]);
    }
  });

  it('keeps a line that is exactly as long as the cap', () => {
    const line = JSON.stringify({ x: 'y'.repeat(42) });
    for (const size of [1, 7, 1000]) {
      expect(
        decode(
          cut(Buffer.from(`${line}\n`), () => size),
          { lineCap: line.length },
        ),
      ).toHaveLength(1);
    }
  });

  it('survives broken UTF-8 inside a string', () => {
    const line = Buffer.concat([
      Buffer.from('{"a":"'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('"}\n{"b":2}\n'),
    ]);
    expect(decode([line])).toEqual([{ a: '\ufffd\ufffd' }, { b: 2 }]);
  });

  it('never searches a byte twice: a long line in many small chunks costs linear work', () => {
    let searched = 0;
    const splitter = new LineSplitter();
    for (let n = 0; n < 5_000; n++) {
      const chunk = Buffer.from('a'.repeat(64));
      const own = chunk.lastIndexOf.bind(chunk) as (value: number) => number;
      chunk.lastIndexOf = ((value: number) => {
        searched += chunk.length;
        return own(value);
      }) as typeof chunk.lastIndexOf;
      splitter.push(chunk);
    }
    expect(splitter.push(Buffer.from('\n'))[0]).toHaveLength(5_000 * 64);
    expect(searched).toBe(5_000 * 64);
  });

  it('reads an async source as an iterable and with a callback that is waited for', async () => {
    const iterated: NdjsonObject[] = [];
    for await (const object of ndjson(from(cut(whole, () => 5)))) iterated.push(object);
    expect(iterated).toEqual(objects);
    const order: string[] = [];
    await readNdjson(from([Buffer.from('{"n":1}\n{"n":2}\n')]), async (object) => {
      order.push(`start ${object.n}`);
      await Promise.resolve();
      order.push(`end ${object.n}`);
    });
    expect(order).toEqual(['start 1', 'end 1', 'start 2', 'end 2']);
  });

  it('finds every good line among garbage, and never throws', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const good: number[] = [];
      const pieces: Buffer[] = [];
      for (let at = 0; at < 50; at++) {
        if (random() < 0.5) {
          const noise = Buffer.from(
            Array.from({ length: Math.floor(random() * 80) }, () => Math.floor(random() * 256)),
          );
          pieces.push(
            Buffer.from('#'),
            Buffer.from(noise.filter((byte) => byte !== 0x0a)),
            Buffer.from('\n'),
          );
        } else {
          good.push(at);
          pieces.push(Buffer.from(`${JSON.stringify({ at, text: '文'.repeat(random() * 5) })}\n`));
        }
      }
      const chunks = cut(Buffer.concat(pieces), () => Math.floor(random() * 200));
      expect(decode(chunks).map((object) => object.at)).toEqual(good);
    }
  });
});
