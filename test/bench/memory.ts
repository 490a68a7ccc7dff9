import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BenchDaemon, type BenchFolder, benchConfig, benchFolder, cleanEnv } from './bench-daemon.ts';
import type { ChatService } from './chat-service.ts';
import { median, pause, round } from './numbers.ts';
import type { Figure } from './report.ts';
import { promptOf } from './script.ts';
import { program } from './start-up.ts';

/** Time after which a started process counts as idle. */
const settleMs = 2500;
const rounds = 3;
const group = 'Idle memory (RSS)';

/** Where bare imports of packages are resolved from. */
const packages = fileURLToPath(new URL('../..', import.meta.url));

/** MB of physical memory of an idle process with these arguments. */
async function rssOf(args: readonly string[], cwd: string, home: string): Promise<number> {
  const child = spawn(process.execPath, args, { cwd, env: cleanEnv(home), stdio: 'ignore' });
  const exit = once(child, 'exit');
  await pause(settleMs);
  const rss = residentMb(child);
  child.kill('SIGTERM');
  await exit;
  return rss;
}

/** MB of physical memory of a process. */
export function residentMb(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

const stay = 'setInterval(() => {}, 1e6)';

/** Idle daemons beside the bare runtime, and what a chat SDK adds beside its own bare import. Linux only. */
export async function measureIdleMemory(services: readonly ChatService[]): Promise<Figure[]> {
  if (process.platform !== 'linux') return [];
  const folder = benchFolder();
  const daemon = async (config: string) => {
    const home = benchFolder();
    const rss = await rssOf([program, '--config', benchConfig(home.path, config)], home.path, home.path);
    home.remove();
    return rss;
  };
  const bare = (code: string) =>
    rssOf(['--input-type=module', '-e', `${code}; ${stay}`], packages, folder.path);
  try {
    const figures: Figure[] = [];
    const [runtime, none] = await together([() => bare(''), () => daemon('')]);
    figures.push({
      group,
      name: 'no platform, over the bare runtime',
      value: none - runtime,
      unit: 'MB',
      samples: rounds,
      goal: { limit: 40, kind: 'max' },
      note: `${round(none, 0)} MB over ${round(runtime, 0)} MB`,
    });
    for (const service of services) {
      const { sdk } = service;
      const [imported, whole] = await together([
        () => bare(sdk === '' ? '' : `await import('${sdk}')`),
        () => daemon(service.config),
      ]);
      figures.push({
        group,
        name: `${service.name} connected, over no platform`,
        value: whole - none,
        unit: 'MB',
        samples: rounds,
        note: sdk === '' ? 'no SDK' : `bare import of ${sdk}: ${round(imported - runtime, 1)} MB`,
      });
    }
    return figures;
  } finally {
    folder.remove();
  }
}

/** Medians of two kinds of processes, measured side by side. */
async function together(runs: [() => Promise<number>, () => Promise<number>]): Promise<[number, number]> {
  const values: [number[], number[]] = [[], []];
  for (let at = 0; at < rounds; at += 1) {
    const [left, right] = await Promise.all([runs[0](), runs[1]()]);
    values[0].push(left);
    values[1].push(right);
  }
  return [median(values[0]), median(values[1])];
}

const firstLot = 500;
const people = 3000;

/** What people add who are known from before the start, and what those add who wrote since. */
export async function measureSessionMemory(service: ChatService): Promise<Figure[]> {
  const [few, many] = [benchFolder(), benchFolder()];
  try {
    await heapOfTalks(service, few, 0);
    const met = await heapOfTalks(service, many, people);
    const known: number[] = [];
    for (let at = 0; at < rounds; at += 1) {
      const less = await rssAfterStart(service.config, few);
      known.push((await rssAfterStart(service.config, many)) - less);
    }
    const goal = { limit: 2, kind: 'max' } as const;
    const per = (value: number) => value / (people / 1000);
    return [
      {
        group,
        name: 'per 1,000 known sessions',
        value: per(median(known)),
        unit: 'MB',
        samples: rounds,
        goal,
      },
      { group, name: 'per 1,000 talked to since the start (heap)', value: per(met), unit: 'MB', goal },
    ];
  } finally {
    few.remove();
    many.remove();
    await service.close();
  }
}

/** MB of heap that is still held by so many people after their turns, beyond those of a first lot. */
async function heapOfTalks(service: ChatService, folder: BenchFolder, more: number): Promise<number> {
  const daemon = await BenchDaemon.start(service.config, folder);
  try {
    await service.connected();
    let ended = 0;
    let next = 0;
    service.onCall = ({ word }) => {
      if (word === 'ended') ended += 1;
    };
    const talk = async (count: number) => {
      for (const until = next + count; next < until; ) {
        next += 1;
        service.write(next, promptOf({ turn: next, thinkMs: 1, deltas: 0, everyMs: 1 }));
        while (next - ended > 20) await pause(2);
      }
      while (ended < next) await pause(10);
      await pause(1500);
    };
    await talk(firstLot);
    const before = await daemon.ask('memory');
    await talk(more);
    const after = await daemon.ask('memory');
    return after.heap - before.heap;
  } finally {
    await daemon.stop({ keep: true });
  }
}

async function rssAfterStart(config: string, folder: BenchFolder): Promise<number> {
  const daemon = await BenchDaemon.start(config, folder);
  await pause(1500);
  const { rss } = await daemon.ask('memory');
  await daemon.stop({ keep: true });
  return rss;
}
