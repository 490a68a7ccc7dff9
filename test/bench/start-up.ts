import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchConfig, benchFolder, cleanEnv } from './bench-daemon.ts';
import { clock, median, round } from './numbers.ts';
import type { Figure } from './report.ts';

/** The built program; this file is bundled into dist/test. */
export const program = fileURLToPath(new URL('../cc-connect.js', import.meta.url));

const rounds = 15;
const starts = 7;

async function timeOf(args: readonly string[], home: string): Promise<number> {
  const started = clock();
  const child = spawn(process.execPath, args, { env: cleanEnv(home), stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return clock() - started;
}

/** Client commands against the bare runtime, taken in turns so that a busy moment hits all of them. */
export async function measureCommands(): Promise<Figure[]> {
  const folder = benchFolder();
  const cases = {
    '--version': [program, '--version'],
    'send --help': [program, 'send', '--help'],
  };
  const bare: number[] = [];
  const ratios = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
  const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
  try {
    for (let at = 0; at < rounds; at += 1) {
      const reference = await timeOf(['-e', '0'], folder.path);
      bare.push(reference);
      for (const [name, args] of Object.entries(cases)) {
        const time = await timeOf(args, folder.path);
        times.get(name)?.push(time);
        ratios.get(name)?.push(time / reference);
      }
    }
  } finally {
    folder.remove();
  }
  return Object.keys(cases).map((name) => ({
    group: 'Client commands over node -e 0',
    name: `cc-connect ${name}`,
    value: median(times.get(name) ?? []) / median(bare),
    unit: '×' as const,
    samples: rounds,
    goal: { limit: 1.6, kind: 'max' as const },
    note: `${round(median(times.get(name) ?? []), 0)} ms over ${round(median(bare), 0)} ms`,
  }));
}

/** From the start of the process to the line that says it is ready, with a project and no chat platform. */
export async function measureReady(): Promise<Figure[]> {
  const times: number[] = [];
  for (let at = 0; at < starts; at += 1) times.push(await timeToReady());
  return [
    {
      group: 'Start',
      name: 'start to ready, no chat SDK',
      value: median(times),
      unit: 'ms',
      samples: starts,
      goal: { limit: 500, kind: 'max' },
    },
  ];
}

async function timeToReady(): Promise<number> {
  const folder = benchFolder();
  const file = benchConfig(folder.path, '', 'info');
  const started = clock();
  const child = spawn(process.execPath, [program, '--config', file], {
    cwd: join(folder.path, 'work'),
    env: cleanEnv(folder.path),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit');
  let said = '';
  try {
    return await new Promise<number>((resolve, reject) => {
      const look = (chunk: Buffer) => {
        said += chunk.toString('utf8');
        if (said.includes('"msg":"ready"')) resolve(clock() - started);
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.once('exit', () => reject(new Error(`the daemon ended before it was ready:\n${said}`)));
    });
  } finally {
    child.kill('SIGTERM');
    await exit;
    folder.remove();
  }
}
