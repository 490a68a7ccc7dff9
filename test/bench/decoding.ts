import { NdjsonDecoder } from '../../src/kit/ndjson.ts';
import { clock, median, round } from './numbers.ts';
import type { Figure } from './report.ts';

const chunkBytes = 64 * 1024;
const rounds = 9;

/** A stream as agents write it: many small deltas, now and then a long line. */
function sample(): Buffer {
  const lines: string[] = [];
  for (let at = 0; at < 20_000; at += 1) {
    const text = at % 500 === 0 ? 'long text, '.repeat(2000) : `piece ${at} of an answer — ✓ `;
    lines.push(
      JSON.stringify({
        type: 'stream_event',
        session_id: '3b1a7c9e-7a2f-4c11-9a55-7c1f0ed1f1aa',
        event: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
      }),
    );
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

function chunksOf(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  return chunks;
}

/** The least that any decoder does: text, lines, JSON. */
function plain(chunks: readonly Buffer[]): number {
  let count = 0;
  let rest = '';
  for (const chunk of chunks) {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (JSON.parse(line) !== null) count += 1;
  }
  return count;
}

function ours(chunks: readonly Buffer[]): number {
  const decoder = new NdjsonDecoder();
  let count = 0;
  for (const chunk of chunks) count += decoder.push(chunk).length;
  return count + decoder.end().length;
}

/** Speed of the stream decoder as a share of the least work there is. */
export function measureDecoding(): Figure[] {
  const bytes = sample();
  const chunks = chunksOf(bytes);
  const timed = (run: (chunks: readonly Buffer[]) => number) => {
    const started = clock();
    run(chunks);
    return clock() - started;
  };
  const ratios: number[] = [];
  const times: number[] = [];
  for (let at = 0; at < rounds; at += 1) {
    const reference = timed(plain);
    const mine = timed(ours);
    times.push(mine);
    ratios.push(reference / mine);
  }
  const speed = bytes.length / 2 ** 20 / (median(times) / 1000);
  return [
    {
      group: 'Stream decoding',
      name: 'speed of Buffer → lines → JSON.parse',
      value: median(ratios),
      unit: '×',
      samples: rounds,
      goal: { limit: 0.8, kind: 'min' },
      note: `${round(speed, 0)} MB/s`,
    },
  ];
}
