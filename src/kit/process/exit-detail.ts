import { stripVTControlCharacters } from 'node:util';
import type { ProcessExit } from './owned-process.ts';

const MAX_DETAIL = 1_000;

/**
 * One text on why a program ended: how, and the end of what it wrote to stderr, at most 1,000 characters of it.
 * `noise`: lines that say nothing. Not redacted.
 */
export function exitDetail(label: string, exit: ProcessExit, noise?: RegExp): string {
  const how = exit.signal === null ? `exit code ${exit.code ?? 'unknown'}` : `signal ${exit.signal}`;
  const lines = stripVTControlCharacters(exit.stderrTail)
    .split('\n')
    .filter((line) => line.trim() !== '' && !noise?.test(line));
  const tail = lines.join('\n').trim();
  const shown = tail.length > MAX_DETAIL ? `…${tail.slice(-MAX_DETAIL)}` : tail;
  return `${label} ended (${how})${shown === '' ? '' : `: ${shown}`}`;
}
