import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Real-time, and in turns: threads that wait for each other in a loop would stand still under `--fifo`. */
const goesFirst = ['--rr', '10'];

/**
 * Runs this program once more, with these words, before everything else the machine does (`SCHED_RR`, Linux, needs the
 * right to it). The service, the agents and the daemon of the bench share the cores of one machine: an ordinary program
 * that wakes up there may wait for whoever is at work, some milliseconds each time and a dozen times for each message.
 * Resolves with the exit code; `undefined` where the system does not allow it.
 */
export async function runFirst(words: readonly string[]): Promise<number | undefined> {
  if (spawnSync('chrt', [...goesFirst, 'true'], { stdio: 'ignore' }).status !== 0) return undefined;
  const child = spawn(
    'chrt',
    [...goesFirst, process.execPath, ...process.execArgv, process.argv[1] ?? '', ...words],
    { stdio: 'inherit' },
  );
  // Whoever ends this one ends that one.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
