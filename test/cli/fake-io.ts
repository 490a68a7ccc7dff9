import { PassThrough } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';

export interface FakeIo extends Io {
  readonly lines: string[];
  readonly errors: string[];
  readonly typed: PassThrough;
}

/** A process without a terminal, with an environment of its own. */
export function fakeIo(cwd: string, env: Readonly<Record<string, string>> = {}): FakeIo {
  const lines: string[] = [];
  const errors: string[] = [];
  const typed = new PassThrough();
  return {
    lines,
    errors,
    typed,
    out: (line) => lines.push(...line.split('\n')),
    err: (line) => errors.push(...line.split('\n')),
    stdin: typed,
    stdout: new PassThrough(),
    columns: 80,
    env: { HOME: cwd, ...env },
    cwd,
  };
}
