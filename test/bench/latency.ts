import { monitorEventLoopDelay } from 'node:perf_hooks';
import { BenchDaemon } from './bench-daemon.ts';
import type { ChatService } from './chat-service.ts';
import { DiskProbe, type DiskTimes } from './disk.ts';
import { pause, percentile, round } from './numbers.ts';
import type { Figure } from './report.ts';
import { type Plan, planOf, promptOf } from './script.ts';

/** One load: so many people at once, each writing again some time after the answer. */
export interface Load {
  readonly sessions: number;
  readonly forMs: number;
  readonly deltas: number;
  readonly everyMs: number;
  /** A person's pause after an answer; half to one and a half times this. */
  readonly pauseMs: number;
}

interface Times {
  delivered?: number;
  prompt?: number;
  first?: number;
  begun?: number;
  last?: number;
  ended?: number;
}

/** Between two people's first words: services limit how often a bot may write. */
const meetingMs = 80;
/** Above the disk's own time. */
const goalMs = 5;
const answerDeadlineMs = 20_000;

/** The figures of one load. */
interface Taken {
  readonly load: Load;
  readonly figures: Figure[];
}

/** Latencies that the daemon adds on the way in and on the way out, at several loads. */
export async function measureLatency(service: ChatService, loads: readonly Load[]): Promise<Figure[]> {
  try {
    const least = service.bare
      ? await measure(await BenchDaemon.startBare(service.bare), service, loads)
      : [];
    const taken = await measure(await BenchDaemon.start(service.config), service, loads);
    return taken.flatMap(({ figures }, index) => figures.map((figure) => beside(figure, least[index])));
  } finally {
    await service.close();
  }
}

/** Notes what the least program took for the same. */
function beside(figure: Figure, least: Taken | undefined): Figure {
  const same = least?.figures.find(({ name }) => name === figure.name);
  if (!same?.goal) return figure;
  const note = `${figure.note}; the least program ${round(same.p50 ?? Number.NaN)} / ${round(same.value)}`;
  return { ...figure, note };
}

async function measure(
  daemon: BenchDaemon,
  service: ChatService,
  loads: readonly Load[],
): Promise<readonly Taken[]> {
  const taken: Taken[] = [];
  const probe = new DiskProbe();
  try {
    await service.connected();
    const run = new LatencyRun(service);
    await run.load({ sessions: 10, forMs: 3000, deltas: 5, everyMs: 10, pauseMs: 600 });
    for (const load of loads) {
      await run.meet(load.sessions);
      await daemon.ask('marks');
      run.times.clear();
      const own = monitorEventLoopDelay({ resolution: 1 });
      own.enable();
      await daemon.ask('watch');
      probe.start();
      await run.load(load);
      const disk = await probe.stop();
      const delay = await daemon.ask('delay');
      own.disable();
      for (const { turn, what, at } of await daemon.ask('marks')) run.of(turn)[what] = at;
      const loops: Figure = {
        group: `${service.name}, p50 / p99`,
        name: `event loop of the daemon, ${load.sessions} session${load.sessions === 1 ? '' : 's'}`,
        value: delay.p99,
        p50: delay.p50,
        unit: 'ms',
        note: `max ${round(delay.max)}; the simulator's p99 ${round(own.percentile(99) / 1e6)}, max ${round(own.max / 1e6)}`,
      };
      taken.push({ load, figures: [loops, ...run.figures(load, disk)] });
    }
  } finally {
    probe.remove();
    await daemon.stop();
  }
  return taken;
}

class LatencyRun {
  readonly times = new Map<number, Times>();
  readonly #service: ChatService;
  readonly #ended = new Map<number, () => void>();
  #turns = 0;

  constructor(service: ChatService) {
    this.#service = service;
    service.onDelivered = (text, at) => {
      const plan = planOf(text);
      if (plan) this.of(plan.turn).delivered ??= at;
    };
    service.onCall = ({ word, turn, at }) => {
      const times = this.of(turn);
      if (word === 'begun') times.begun ??= at;
      else times.ended ??= at;
      if (word === 'ended') this.#ended.get(turn)?.();
    };
  }

  of(turn: number): Times {
    const known = this.times.get(turn) ?? {};
    this.times.set(turn, known);
    return known;
  }

  /** Everybody has written once and been answered: conversations are open, as they are for people who talk. */
  async meet(people: number): Promise<void> {
    for (let person = 0; person < people; person += 1) {
      this.#turns += 1;
      const plan: Plan = { turn: this.#turns, thinkMs: 0, deltas: 1, everyMs: 1 };
      const answered = this.#answer(plan.turn);
      this.#service.write(person, promptOf(plan));
      await answered;
      await pause(meetingMs);
    }
  }

  async load(load: Load): Promise<void> {
    const until = Date.now() + load.forMs;
    const people = Array.from({ length: load.sessions }, (_, person) => this.#person(person, load, until));
    await Promise.all(people);
  }

  figures(load: Load, disk: DiskTimes): Figure[] {
    const all = [...this.times.values()];
    const between = (from: keyof Times, to: keyof Times) =>
      all.flatMap((times) => {
        const [start, end] = [times[from], times[to]];
        return start === undefined || end === undefined ? [] : [end - start];
      });
    const figure = (name: string, values: number[]): Figure => ({
      group: `${this.#service.name}, p50 / p99`,
      name: `${name}, ${load.sessions} session${load.sessions === 1 ? '' : 's'}`,
      value: percentile(values, 0.99),
      p50: percentile(values, 0.5),
      unit: 'ms',
      samples: values.length,
      goal: { limit: goalMs + disk.p99, kind: 'max', how: `${goalMs} ms and the disk's own p99` },
      note: `fsync ${round(disk.p50)} / ${round(disk.p99)}`,
    });
    return [
      figure('update → agent', between('delivered', 'prompt')),
      ...(this.#service.shows ? [figure('first delta → call', between('first', 'begun'))] : []),
      figure('end of turn → call', between('last', 'ended')),
    ];
  }

  async #person(person: number, load: Load, until: number): Promise<void> {
    await pause(Math.random() * load.pauseMs);
    while (Date.now() < until) {
      this.#turns += 1;
      const plan: Plan = { turn: this.#turns, thinkMs: 25, deltas: load.deltas, everyMs: load.everyMs };
      const answered = this.#answer(plan.turn);
      this.#service.write(person, promptOf(plan));
      await answered;
      await pause(load.pauseMs * (0.5 + Math.random()));
    }
  }

  #answer(turn: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`turn ${turn} got no answer`)), answerDeadlineMs);
      this.#ended.set(turn, () => {
        clearTimeout(timer);
        this.#ended.delete(turn);
        resolve();
      });
    });
  }
}
