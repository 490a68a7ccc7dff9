import type { Readable, Writable } from 'node:stream';

// An import would load all of it, with its streams and promises, which takes a client command longer than all it does.
const { fstatSync, writeSync } = process.getBuiltinModule('node:fs');

/** Everything a command may touch of the process it runs in, so that tests can hand it another one. */
export interface Io {
  /** A line of result. */
  out(line: string): void;
  /** A line for the person: notes and errors. */
  err(line: string): void;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  /** Columns that results are laid out for: those of the terminal, or 80 where there is none. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** What commander takes too. */
const defaultColumns = 80;

/** This process's own. */
export function processIo(): Io {
  let stdout: typeof process.stdout | undefined;
  // Node's stream costs a client command a tenth of its start: it is made only when it is needed.
  const stream = () => {
    if (stdout) return stdout;
    stdout = process.stdout;
    stdout.on('error', readerGone);
    return stdout;
  };
  return {
    out: (line) => {
      const rest = stdout ? Buffer.from(`${line}\n`) : writeNow(`${line}\n`);
      if (rest.length > 0) stream().write(rest);
    },
    err: (line) => process.stderr.write(`${line}\n`),
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return stream();
    },
    get columns() {
      return (mayBeTerminal() ? stream().columns : undefined) ?? defaultColumns;
    },
    env: process.env,
    cwd: process.cwd(),
  };
}

/** False for the pipes and files that programs read from; asking them needs no stream. */
function mayBeTerminal(): boolean {
  return fstatSync(1).isCharacterDevice();
}

/** Writes as much as is taken at once; returns what is left. */
function writeNow(text: string): Buffer {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return rest;
      readerGone(error as NodeJS.ErrnoException);
    }
  }
  return rest;
}

/** A reader that goes away early (`| head`) is no failure of ours. */
function readerGone(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
