import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conversation } from './acp.ts';
import { type RecordedLine, trimLine } from './trim.ts';

const TEE = fileURLToPath(new URL('./tee.mjs', import.meta.url));
/** Says every piece of its input in capitals, complains, and ends with 3 or by a signal to itself. */
const PROGRAM = `
  process.stdin.setEncoding('utf8').on('data', (text) => process.stdout.write(text.toUpperCase()));
  process.stdin.on('end', () => {
    console.error(process.argv.slice(1).join(' '));
    if (process.argv.includes('--kill')) process.kill(process.pid, 'SIGKILL');
    else process.exitCode = 3;
  });`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cc-tee-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the program behind the tee; gives what came through, and what was written down. */
async function through(input: string, args: readonly string[], env: Record<string, string> = {}) {
  const command = [TEE, folder, process.execPath, '-e', PROGRAM, '--', ...args];
  const child = spawn(process.execPath, command, { env: { ...process.env, ...env } });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.end(input);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once('close', (...how) => resolve(how));
  });
  const [file = ''] = readdirSync(folder);
  const lines = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n');
  return { said, code, signal, lines: lines.map((line) => JSON.parse(line) as RecordedLine) };
}

const of = (lines: readonly RecordedLine[], dir: string) =>
  lines.filter((entry) => entry.dir === dir).map(({ line }) => line);

describe('what stands in front of a recorded program', () => {
  it('passes everything on and writes it down, also a line that is not ended', async () => {
    const { said, code, lines } = await through('one\ntwö\nrest', ['-x']);
    expect(said).toBe('ONE\nTWÖ\nREST');
    expect(code).toBe(3);
    expect(of(lines, 'in').sort()).toEqual(['[stdin closed]', 'one', 'rest', 'twö']);
    expect(of(lines, 'out')).toEqual(['ONE', 'TWÖ', 'REST']);
    expect(of(lines, 'err')).toEqual(['-x']);
  });

  it('ends as the program does', async () => {
    const { code, signal } = await through('', ['--kill']);
    expect([code, signal]).toEqual([null, 'SIGKILL']);
  });

  it('adds arguments, but to no question', async () => {
    const env = { CC_RECORD_ARGS: '["--resume","x"]' };
    expect(of((await through('', ['-y'], env)).lines, 'err')).toEqual(['-y --resume x']);
    rmSync(folder, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'cc-tee-'));
    expect(of((await through('', ['--version'], env)).lines, 'err')).toEqual(['--version']);
  });
});

const line = (dir: 'in' | 'out' | 'err', message: object | string): RecordedLine => ({
  t: 0,
  dir,
  line: typeof message === 'string' ? message : JSON.stringify(message),
});

it('leaves out of an ACP conversation what a replay does not send, with the replies', () => {
  const kept = [
    line('in', { id: 0, method: 'initialize' }),
    line('out', { id: 0, result: {} }),
    line('out', { id: 1, method: 'session/request_permission' }),
    line('in', { id: 1, result: {} }),
    line('out', { method: 'session/update' }),
  ];
  const left = [
    line('err', 'a warning'),
    line('in', '[stdin closed]'),
    line('in', { id: 1, method: 'session/set_mode' }),
    line('out', { id: 1, result: {} }),
  ];
  const [greeting, reply, ...rest] = kept as [RecordedLine, RecordedLine, ...RecordedLine[]];
  expect(conversation([greeting, reply, ...left, ...rest])).toEqual(kept);
});

it('shortens the lists and words of vendors', () => {
  const description = 'x'.repeat(81);
  const availableCommands = Array.from({ length: 9 }, (_, at) => ({ name: `c${at}`, description }));
  const { line: text } = trimLine(line('out', { update: { availableCommands } }));
  const { update } = JSON.parse(text) as { update: { availableCommands: object[] } };
  expect(update.availableCommands).toHaveLength(4);
  expect(update.availableCommands[0]).toEqual({ name: 'c0', description: '' });
});
