import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { momentOf, strikeAt } from './calls.ts';
import { DaemonLife } from './daemon-life.ts';
import { Dice } from './dice.ts';
import { ownedProcesses, readRuns, readStore } from './evidence.ts';
import { type Failpoint, failpointOf } from './failpoints.ts';
import { openWorld } from './open-world.ts';
import { Oracle, type Tally, type Violation } from './oracle.ts';
import { Person } from './person.ts';
import { writeScript } from './script.ts';
import type { PlatformName, World } from './world.ts';

export interface CycleSetup {
  readonly seed: number;
  readonly failpoint: Failpoint | undefined;
  /** The failpoint is to strike at its first commit. */
  readonly surely: boolean;
  readonly platforms: readonly PlatformName[];
  readonly dist: string;
  readonly keep: boolean;
}

export interface CycleResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly tally: Tally;
  /** Whether the daemon was killed by the failpoint. */
  readonly struck: boolean;
  readonly kills: number;
  /** Those at one of the daemon's calls. */
  readonly atCalls: number;
  readonly tookMs: number;
  /** Where the daemon's files are, when they were kept. */
  readonly home: string | undefined;
}

/** How long everything may take to settle after the last kill. */
const settleMs = 90_000;
/** How often a connection goes dead unnoticed in the last life: Telegram's long poll lasts 40 s. */
const deafChance = 0.08;
/** How often a life ends at one of its calls, how many it may make at most, and in what time. */
const atCallChance = 0.5;
const mostCalls = 30;
const callMs = 2_500;
/** How long a failpoint may take to be reached. */
const failpointMs = 5_000;
const lookEveryMs = 60;

/** One home, platforms that outlive the daemon, some people, three lives of the daemon, one judgement. */
export class Cycle {
  readonly #setup: CycleSetup;
  readonly #dice: Dice;
  readonly #home: string;
  readonly #ledger: string;
  readonly #store: string;
  readonly #people: Person[] = [];
  readonly #worlds: World[] = [];
  #kills = 0;
  #atCalls = 0;
  #lastBegan = 0;
  #struck = false;

  constructor(setup: CycleSetup) {
    this.#setup = setup;
    this.#dice = new Dice(setup.seed);
    this.#home = mkdtempSync(join(tmpdir(), 'cc-torture-'));
    this.#ledger = join(this.#home, 'ledger');
    this.#store = join(this.#home, 'data', 'state.db');
  }

  async run(): Promise<CycleResult> {
    const startedAt = Date.now();
    const eyes = new AbortController();
    let watching: Promise<void> = Promise.resolve();
    try {
      await this.#prepare();
      watching = this.#watch(eyes.signal);
      const last = await this.#lives(eyes.signal);
      await this.#settled();
      const oracle = this.#judge();
      const end = await last.stop(20_000);
      if (end === 'stuck' || end.code !== 0) oracle.other(`the daemon ended with ${JSON.stringify(end)}`);
      oracle.orphans(ownedProcesses(this.#home));
      return this.#result(oracle, startedAt);
    } finally {
      eyes.abort();
      await watching;
      for (const world of this.#worlds) await world.close();
      for (const line of ownedProcesses(this.#home)) endQuietly(Number(line.split(' ')[0]));
    }
  }

  #result(oracle: Oracle, startedAt: number): CycleResult {
    const kept = oracle.violations.length > 0 && this.#setup.keep;
    if (!kept) rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
    return {
      seed: this.#setup.seed,
      violations: oracle.violations,
      tally: oracle.tally,
      struck: this.#struck,
      kills: this.#kills,
      atCalls: this.#atCalls,
      tookMs: Date.now() - startedAt,
      home: kept ? this.#home : undefined,
    };
  }

  async #prepare(): Promise<void> {
    mkdirSync(join(this.#home, 'work'));
    for (const [at, name] of this.#setup.platforms.entries())
      this.#worlds.push(await openWorld(name, 1 + 2 * at, this.#dice));
    const started = () => startsOf(this.#ledger);
    const places = this.#worlds.flatMap((world) => world.places);
    places.forEach((place, index) => {
      const steps = writeScript(this.#dice, { index, place }, this.#setup.failpoint?.wanted ?? []);
      this.#people.push(new Person(place, steps, started));
    });
    // The platforms lose answers, refuse, repeat and shuffle until the last life has begun.
    for (const world of this.#worlds) world.misbehave(this.#dice);
    this.#configure();
  }

  #configure(): void {
    const env = {
      CLAUDE_CONFIG_DIR: join(this.#home, 'claude'),
      FAKE_LEDGER: this.#ledger,
      FAKE_EOF: this.#dice.pick(['finish', 'die']),
      FAKE_FLUSH: this.#dice.chance(0.3) ? 'late' : 'soon',
    };
    const cards = this.#change.startsWith('progress') || this.#dice.chance(0.3);
    const text = [
      `data_dir = ${JSON.stringify(join(this.#home, 'data'))}`,
      'stale_after_mins = 0',
      ...(this.#change === 'joinTurn' || this.#dice.chance(0.1) ? ['busy_mode = "steer"'] : []),
      '[log]',
      'level = "debug"',
      '[queue]',
      'max_depth = 1000',
      '[rate_limit]',
      'max_messages = 0',
      '[restart]',
      'grace_secs = 2',
      'max_crashes = 0',
      '[[projects]]',
      'name = "demo"',
      ...this.#agent('projects.agent', 'claudecode', env),
      // Its conversations are its own; the ledger is shared.
      ...this.#agent('projects.agents', 'other', { ...env, CLAUDE_CONFIG_DIR: join(this.#home, 'other') }),
      ...this.#worlds.flatMap(({ platform, options }) => platformText(platform, options, cards)),
    ];
    writeFileSync(join(this.#home, 'config.toml'), `${text.join('\n')}\n`, { mode: 0o600 });
  }

  #agent(key: string, name: string, env: Readonly<Record<string, string>>): string[] {
    return [
      key === 'projects.agent' ? `[${key}]` : `[[${key}]]`,
      `name = "${name}"`,
      'type = "claudecode"',
      `[${key}.options]`,
      `work_dir = ${JSON.stringify(join(this.#home, 'work'))}`,
      `cmd = [${JSON.stringify(process.execPath)}, ${JSON.stringify(join(this.#setup.dist, 'test', 'scripted-agent.js'))}]`,
      `[${key}.options.env]`,
      ...Object.entries(env).map(([variable, value]) => `${variable} = ${JSON.stringify(value)}`),
    ];
  }

  /** Two lives that end by a kill; the third is left to bring everything to its end. */
  async #lives(signal: AbortSignal): Promise<DaemonLife> {
    const dice = this.#dice;
    const { failpoint } = this.#setup;
    const early = this.#early();
    const first = this.#begin(early);
    await first.ready;
    const written = Promise.all(this.#people.map((person) => person.write(signal)));
    // Refusals are recorded.
    for (const world of this.#worlds) world.stranger?.();
    await this.#end(first, early, dice.between(30, 2200));
    await sleep(dice.between(0, 200));
    const second = this.#begin(failpoint?.life === 1 ? failpoint : undefined);
    await this.#end(second, failpoint?.life === 1 ? failpoint : undefined, dice.between(250, 2000));
    await sleep(dice.between(0, 200));
    for (const world of this.#worlds) world.calm();
    this.#lastBegan = Date.now();
    const last = this.#begin(undefined);
    await last.ready;
    for (const world of this.#worlds) if (dice.chance(deafChance)) world.deafen?.();
    await written;
    // What a spent send budget holds back goes out when the person writes.
    for (const world of this.#worlds.filter(({ holds }) => holds))
      for (const person of this.#people.filter(({ place }) => world.places.includes(place))) person.writeOn();
    return last;
  }

  #begin(failpoint: Failpoint | undefined): DaemonLife {
    return new DaemonLife({
      program: join(this.#setup.dist, 'cc-connect.js'),
      home: this.#home,
      configFile: join(this.#home, 'config.toml'),
      logFile: join(this.#home, 'daemon.log'),
      failpoint: failpoint && { name: failpoint.name, nth: this.#nth(failpoint) },
    });
  }

  /** The change a failpoint is about. */
  get #change(): string {
    return this.#setup.failpoint?.name.split('@')[0] ?? '';
  }

  #nth(failpoint: Failpoint): number {
    const rare = failpoint.life === 1 || failpoint.wanted.length > 0 || this.#setup.surely;
    return rare || this.#dice.chance(0.6) ? 1 : this.#dice.between(2, 4);
  }

  /** Waits for the failpoint, or kills at one of the daemon's calls, or after this long. */
  async #end(life: DaemonLife, failpoint: Failpoint | undefined, afterMs: number): Promise<void> {
    const strike = failpoint ? undefined : this.#strikeAtCall(life);
    const mostMs = failpoint ? failpointMs : strike ? callMs : afterMs;
    await Promise.race([life.ended, sleep(mostMs)]);
    strike?.();
    this.#kills += 1;
    if (life.over?.signal === 'SIGKILL') this.#struck ||= failpoint === this.#setup.failpoint;
    else if (life.over) throw new Error(`the daemon ended by itself: ${JSON.stringify(life.over)}`);
    else await life.kill();
  }

  #strikeAtCall(life: DaemonLife): (() => void) | undefined {
    if (!this.#dice.chance(atCallChance)) return undefined;
    const options = this.#worlds.flatMap((world) => Object.values(world.options));
    const urls = options.map(String).filter((option) => option.startsWith('http'));
    return strikeAt(urls, momentOf(this.#dice, mostCalls), () => {
      this.#atCalls += 1;
      void life.kill();
    });
  }

  /** Where the first life ends: killed right after a turn began, that turn goes back into the queue. */
  #early(): Failpoint | undefined {
    const { failpoint } = this.#setup;
    if (this.#change === 'requeue') return failpointOf('beginTurn');
    return failpoint?.life === 0 ? failpoint : undefined;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const person of this.#people) person.look();
      await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when nothing is open any more, or when that takes too long. */
  async #settled(): Promise<void> {
    const until = Date.now() + settleMs;
    for (let quiet = 0; quiet < 3 && Date.now() < until; ) {
      await sleep(150);
      quiet = this.#isQuiet() ? quiet + 1 : 0;
    }
  }

  #isQuiet(): boolean {
    if (this.#worlds.some(({ pending }) => pending > 0)) return false;
    const store = readStore(this.#store);
    // Agents of earlier lives are ended by now.
    if (store.processes.some((startedAt) => startedAt < this.#lastBegan)) return false;
    const stored = new Set(store.inputs.map(({ message }) => message));
    const all = this.#people.flatMap(({ asked }) => asked.flatMap(({ ids }) => ids));
    return store.open.length === 0 && all.every((id) => stored.has(id));
  }

  #judge(): Oracle {
    const oracle = new Oracle(readStore(this.#store), readRuns(this.#ledger));
    for (const world of this.#worlds)
      for (const person of this.#people.filter(({ place }) => world.places.includes(place)))
        oracle.judge(person, world.delivery, this.#kills);
    return oracle;
  }
}

/** `cards`: what a turn does is shown in a card, where messages can be edited. */
function platformText(type: PlatformName, options: World['options'], cards: boolean): string[] {
  const lines = Object.entries(options).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  if (cards && type !== 'weixin') lines.push('progress_style = "card"');
  return ['[[projects.platforms]]', `type = "${type}"`, '[projects.platforms.options]', ...lines];
}

function startsOf(ledger: string): ReadonlyMap<string, number> {
  return new Map(
    [...readRuns(ledger)].map(([token, { starts }]) => [
      token,
      starts.at(-1)?.at ?? Number.POSITIVE_INFINITY,
    ]),
  );
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
