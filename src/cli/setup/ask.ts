import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { AppError } from '../../core/errors.ts';
import type { Io } from '../io.ts';

/** Whether a person can be asked. */
export function isInteractive(io: Io): boolean {
  return io.stdin.isTTY === true && io.stdout.isTTY === true;
}

/** Asks on the terminal; what is typed for a secret is not shown. Throws `cancelled` when the input ends. */
export async function ask(question: string, how: { readonly secret: boolean }, io: Io): Promise<string> {
  let hidden = false;
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!hidden) io.stdout.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: io.stdin, output, terminal: true });
  const ended = new Promise<never>((_resolve, reject) => {
    const end = () => reject(new AppError('cancelled', 'nothing was set up', { kind: 'validation' }));
    lines.once('close', end);
    lines.once('SIGINT', end);
  });
  try {
    const answer = lines.question(`${question}: `);
    hidden = how.secret;
    return (await Promise.race([answer, ended])).trim();
  } finally {
    if (how.secret) io.stdout.write('\n');
    ended.catch(() => {}); // closing is the end of the asking, not of the command
    lines.close();
  }
}

/** The lines of a pipe, for secrets that must not stand in the arguments. */
export async function linesOfStdin(io: Io): Promise<readonly string[]> {
  let text = '';
  for await (const chunk of io.stdin) {
    text += String(chunk);
    if (text.length > 65_536)
      throw new AppError('usage', 'what comes in on stdin is too long for credentials', {
        kind: 'validation',
      });
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
