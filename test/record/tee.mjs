// Stands in front of an agent's program while it is recorded: node tee.mjs FOLDER PROGRAM [ARGUMENT…]
// What goes in and comes out passes unchanged, and is written line by line to a file of this process in FOLDER. The first
// line of that file holds the arguments. CC_RECORD_ARGS (JSON) adds some that the adapter would not give.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, program, ...given] = process.argv.slice(2);
const asks = given.some((arg) => ['--version', '--help'].includes(arg));
const args = asks ? given : [...given, ...JSON.parse(process.env.CC_RECORD_ARGS ?? '[]')];
const file = join(folder, `${Date.now()}-${process.pid}.jsonl`);
const started = performance.now();

/** Written at once: the next moment may be the last one of this process. */
function note(dir, line) {
  const t = Math.round(performance.now() - started);
  appendFileSync(file, `${JSON.stringify({ t, dir, line })}\n`);
}

/** Notes every line of a stream, also a last one that is not ended. */
function follow(stream, dir, pass) {
  let rest = '';
  const decoder = new TextDecoder();
  stream.on('data', (chunk) => {
    pass(chunk);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) note(dir, line);
  });
  stream.on('end', () => {
    if (rest !== '') note(dir, rest);
  });
}

note('args', JSON.stringify(args));
const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
// Whoever no longer reads has reasons of their own; the exit tells.
for (const stream of [child.stdin, process.stdout, process.stderr]) stream.on('error', () => undefined);
follow(process.stdin, 'in', (chunk) => child.stdin.write(chunk));
follow(child.stdout, 'out', (chunk) => process.stdout.write(chunk));
follow(child.stderr, 'err', (chunk) => process.stderr.write(chunk));
process.stdin.on('end', () => {
  note('in', '[stdin closed]');
  child.stdin.end();
});
// They go to the whole group, so the program has them already.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => note('in', `[signal ${signal} to group]`));
child.on('close', (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
