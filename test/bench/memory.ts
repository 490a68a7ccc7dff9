import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BenchDaemon, benchConfig, benchFolder, cleanEnv } from './bench-daemon.ts';
import type { ChatService } from './chat-service.ts';
import { median, pause, round } from './numbers.ts';
import type { Figure } from './report.ts';
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

function residentMb(child: ChildProcess): number {
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
      const [imported, whole] = await together([
        () => bare(`await import('${service.sdk}')`),
        () => daemon(service.config),
      ]);
      figures.push({
        group,
        name: `${service.name} connected, over no platform`,
        value: whole - none,
        unit: 'MB',
        samples: rounds,
        note: `bare import of ${service.sdk}: ${round(imported - runtime, 1)} MB`,
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

/** What a person adds who wrote once and is idle since. */
export async function measureSessionMemory(service: ChatService): Promise<Figure[]> {
  const daemon = await BenchDaemon.start(service.config);
  try {
    await service.connected();
    let ended = 0;
    let next = 0;
    service.onCall = ({ word }) => {
      if (word === 'ended') ended += 1;
    };
    const talk = async (people: number) => {
      const until = next + people;
      while (next < until) {
        next += 1;
        service.write(next, `bench ${next} 1 0 1`);
        while (next - ended > 20) await pause(2);
      }
      while (ended < next) await pause(10);
      await pause(1500);
    };
    await talk(1000);
    const before = await daemon.ask('memory');
    await talk(2000);
    const after = await daemon.ask('memory');
    return [
      {
        group,
        name: 'per 1,000 known sessions',
        value: (after.rss - before.rss) / 2,
        unit: 'MB',
        goal: { limit: 2, kind: 'max' },
        note: `of it JavaScript heap: ${round((after.heap - before.heap) / 2)} MB`,
      },
    ];
  } finally {
    await daemon.stop();
    await service.close();
  }
}
