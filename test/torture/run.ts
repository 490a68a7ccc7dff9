import { dirname } from 'node:path';
import { Cycle, type CycleResult } from './cycle.ts';
import { allFailpoints, type Failpoint, failpointOf } from './failpoints.ts';
import { readOptions, type TortureOptions, usage } from './options.ts';
import type { Fault, Tally } from './oracle.ts';
import type { PlatformName } from './world.ts';

interface Job {
  readonly seed: number;
  readonly failpoint: Failpoint | undefined;
  /** How often this failpoint was tried without being reached. */
  readonly misses: number;
}

/** A failpoint that was not reached is tried again with other seeds, this often. */
const tries = 12;

/** Runs the cycles that the options ask for; resolves with the exit code. `script` is the built entry. */
export async function runTorture(argv: readonly string[], script: string): Promise<number> {
  let options: TortureOptions | 'help';
  try {
    options = readOptions(argv);
  } catch (error) {
    process.stderr.write(`${String(error)}\n${usage}\n`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  // dist/test/torture.js
  return new Torture(options, dirname(dirname(script))).run();
}

class Torture {
  readonly #options: TortureOptions;
  readonly #dist: string;
  readonly #jobs: Job[] = [];
  readonly #results: CycleResult[] = [];
  readonly #reached = new Set<string>();
  readonly #missed = new Set<string>();
  #nextSeed: number;
  #failed = 0;

  constructor(options: TortureOptions, dist: string) {
    this.#options = options;
    this.#dist = dist;
    this.#nextSeed = options.seed;
    const points = options.failpoint ? [failpointOf(options.failpoint)] : allFailpoints();
    const wanted = options.failpoints || options.failpoint ? points : [];
    const count = options.failpoint ? options.cycles : Math.max(options.cycles, wanted.length);
    for (let at = 0; at < count; at++) {
      const failpoint = options.failpoint ? points[0] : wanted[at];
      this.#jobs.push({ seed: this.#nextSeed++, failpoint, misses: 0 });
    }
  }

  async run(): Promise<number> {
    const startedAt = Date.now();
    const workers = Array.from({ length: this.#options.jobs }, () => this.#work());
    await Promise.all(workers);
    return this.#report(Date.now() - startedAt);
  }

  async #work(): Promise<void> {
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) await this.#one(job);
  }

  async #one(job: Job): Promise<void> {
    const { seed, failpoint } = job;
    const platforms = pairFor(seed, this.#options.among, failpoint?.platform);
    const label = `seed ${seed} ${platforms.join('+')}${failpoint ? ` ${failpoint.name}` : ''}`;
    try {
      const surely = job.misses > 0;
      const { keep } = this.#options;
      const dist = this.#dist;
      const result = await new Cycle({ seed, failpoint, surely, platforms, dist, keep }).run();
      this.#results.push(result);
      const { tally } = result;
      const hit = failpoint ? (result.struck ? ' struck' : ' not reached') : '';
      say(
        `${result.violations.length === 0 ? 'ok  ' : 'FAIL'} ${label}${hit}: ${tally.messages} messages, ${tally.answered} answered, ${tally.interrupted} told of their end, ${result.kills} kills, ${(result.tookMs / 1000).toFixed(1)} s`,
      );
      for (const { fault, what } of result.violations) say(`     ${fault}: ${what}`);
      if (result.home) say(`     kept in ${result.home}`);
      if (result.violations.length > 0) this.#failed += 1;
      if (failpoint) this.#after(job, failpoint, result.struck);
    } catch (error) {
      this.#failed += 1;
      say(`FAIL ${label}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  #after(job: Job, failpoint: Failpoint, struck: boolean): void {
    if (struck) {
      this.#reached.add(failpoint.name);
      this.#missed.delete(failpoint.name);
      return;
    }
    if (this.#reached.has(failpoint.name)) return;
    this.#missed.add(failpoint.name);
    if (job.misses + 1 >= tries || this.#options.failpoint) return;
    const life = job.misses % 2 === 0 ? (failpoint.life === 0 ? 1 : 0) : failpoint.life;
    this.#jobs.push({ seed: this.#nextSeed++, failpoint: { ...failpoint, life }, misses: job.misses + 1 });
  }

  #report(tookMs: number): number {
    const all = this.#results.flatMap(({ violations }) => violations);
    const count = (...faults: Fault[]) => all.filter(({ fault }) => faults.includes(fault)).length;
    const sum = (key: keyof Tally) => this.#results.reduce((total, { tally }) => total + tally[key], 0);
    const kills = (key: 'kills' | 'atCalls') =>
      this.#results.reduce((total, result) => total + result[key], 0);
    const bad = this.#results.filter(({ violations }) => violations.length > 0).map(({ seed }) => seed);
    say('');
    // Once more, where the end of a long output is all one gets to see.
    for (const { seed, violations } of this.#results)
      for (const { fault, what } of violations) say(`seed ${seed}: ${fault}: ${what}`);
    say(
      `${sum('messages')} messages, ${kills('kills')} kills (${kills('atCalls')} at a call), ${(tookMs / 1000).toFixed(0)} s: ${sum('answered')} answered, ${sum('interrupted')} told of their end, ${sum('marked')} marked repeats, ${sum('rerun')} begun again`,
    );
    if (this.#reached.size + this.#missed.size > 0)
      say(`failpoints: ${this.#reached.size} struck, not reached: ${[...this.#missed].join(' ') || 'none'}`);
    say(
      `lost ${count('lost')}, repeated ${count('repeated')}, run twice ${count('twice')}, out of order ${count('order')}, orphans ${count('orphan')}, left behind ${count('leftover')}, other ${count('other')}`,
    );
    if (bad.length > 0) say(`again: npm run test:torture -- --cycles 1 --keep --seed <${bad.join(' | ')}>`);
    const missed = this.#options.failpoints ? this.#missed.size : 0;
    const passed = this.#results.length - bad.length;
    say(`${passed} passed, ${this.#failed + missed} failed`);
    return this.#failed + missed > 0 ? 1 : 0;
  }
}

/** Two platforms that talk to the same daemon: all pairs take turns. */
function pairFor(
  seed: number,
  among: readonly PlatformName[],
  wanted: PlatformName | undefined,
): readonly PlatformName[] {
  const pairs = among.flatMap((one, at) => among.slice(at + 1).map((other) => [one, other]));
  const fitting = pairs.filter((pair) => wanted === undefined || pair.includes(wanted));
  return fitting[seed % fitting.length] ?? among;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
