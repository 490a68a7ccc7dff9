import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';

/**
 * Keeps every core busy with work that gives way to any other (`SCHED_IDLE`, Linux). The cores of a virtual machine that
 * have nothing to do fall asleep, and each step of a message then waits for one to wake up, which is no time of ours.
 * Resolves with what ends it. Rejects when `chrt` is not there.
 */
export async function keepAwake(): Promise<() => void> {
  const spinners = cpus().map(() =>
    spawn('chrt', ['--idle', '0', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  await Promise.all(spinners.map((spinner) => once(spinner, 'spawn')));
  return () => {
    for (const spinner of spinners) spinner.kill('SIGKILL');
  };
}
