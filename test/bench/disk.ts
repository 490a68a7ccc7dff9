import { mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clock, pause, percentile } from './numbers.ts';

export interface DiskTimes {
  readonly p50: number;
  readonly p99: number;
}

const everyMs = 20;

/**
 * What the disk itself takes to make an appended page durable, in ms: the floor of every stored step. It is measured
 * while a load runs, because others who write to the same disk move it from one second to the next.
 */
export class DiskProbe {
  readonly #folder = mkdtempSync(join(tmpdir(), 'cc-bench-disk-'));
  readonly #page = Buffer.alloc(8192, 1);
  #times: number[] = [];
  #running: Promise<void> | undefined;
  #stopping = false;

  start(): void {
    this.#stopping = false;
    this.#times = [];
    this.#running = this.#run();
  }

  /** The times since `start`. */
  async stop(): Promise<DiskTimes> {
    this.#stopping = true;
    await this.#running;
    return { p50: percentile(this.#times, 0.5), p99: percentile(this.#times, 0.99) };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run(): Promise<void> {
    const file = await open(join(this.#folder, 'log'), 'a');
    try {
      while (!this.#stopping) await this.#once(file);
    } finally {
      await file.close();
    }
  }

  async #once(file: FileHandle): Promise<void> {
    await file.write(this.#page);
    const started = clock();
    await file.sync();
    this.#times.push(clock() - started);
    await pause(everyMs);
  }
}

/** The disk's times on their own, over about three seconds. */
export async function measureDisk(): Promise<DiskTimes> {
  const probe = new DiskProbe();
  probe.start();
  await pause(3000);
  const times = await probe.stop();
  probe.remove();
  return times;
}
