import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { clock } from './numbers.ts';
import { firstWord } from './script.ts';

/** When a turn's prompt went into a CLI, or its first word came out; by the shared clock. */
export interface Passed {
  readonly turn: number;
  readonly way: 'in' | 'out';
  readonly at: number;
  /** The CLI's own process. */
  readonly pid: number;
}

/** Characters of the chunk before that a word may begin in. */
const overlap = 64;
const word = new RegExp(`(say: )?${firstWord(0).replace('0', '(\\d+)')}`, 'g');

/** Stands between the daemon and a CLI and notes what passes: so each turn is compared with the CLI's own time in it. */
export function runTee(log: string, program: string, args: readonly string[]): void {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const note = (way: Passed['way'], wanted: (match: RegExpMatchArray) => boolean) => {
    let tail = '';
    const seen = new Set<number>();
    return (chunk: Buffer) => {
      const at = clock();
      const text = tail + chunk.toString('latin1');
      tail = text.slice(-overlap);
      for (const match of text.matchAll(word)) {
        const turn = Number(match[2]);
        if (!wanted(match) || seen.has(turn)) continue;
        seen.add(turn);
        appendFileSync(log, `${JSON.stringify({ turn, way, at, pid: child.pid ?? 0 } satisfies Passed)}\n`);
      }
    };
  };
  const prompt = note('in', (match) => match[1] !== undefined);
  // CLIs may say the prompt again.
  const answer = note('out', (match) => match[1] === undefined);
  process.stdin.on('data', (chunk: Buffer) => {
    child.stdin.write(chunk);
    prompt(chunk);
  });
  process.stdin.on('end', () => child.stdin.end());
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    answer(chunk);
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
    process.stdin.destroy();
  });
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => child.kill(name));
}
