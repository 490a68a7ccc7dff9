import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clock, pause, percentile } from './numbers.ts';

export interface DiskTimes {
  readonly p50: number;
  readonly p99: number;
}

/** What the disk itself takes to make an appended page durable, in ms: the floor of every stored step. */
export async function measureDisk(rounds = 150): Promise<DiskTimes> {
  const folder = mkdtempSync(join(tmpdir(), 'cc-bench-disk-'));
  const file = await open(join(folder, 'log'), 'a');
  const page = Buffer.alloc(8192, 1);
  const times: number[] = [];
  try {
    for (let at = 0; at < rounds; at += 1) {
      await file.write(page);
      const started = clock();
      await file.sync();
      times.push(clock() - started);
      await pause(2);
    }
  } finally {
    await file.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}
