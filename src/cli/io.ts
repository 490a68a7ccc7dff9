import type { Readable, Writable } from 'node:stream';

/** Everything a command may touch of the process it runs in, so that tests can hand it another one. */
export interface Io {
  /** A line of result. */
  out(line: string): void;
  /** A line for the person: notes and errors. */
  err(line: string): void;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** This process's own. */
export function processIo(): Io {
  return {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    env: process.env,
    cwd: process.cwd(),
  };
}
