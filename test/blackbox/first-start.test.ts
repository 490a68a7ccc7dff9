import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { program, until } from './daemon.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** From util-linux: runs a command on a terminal of its own. */
const script = ['/usr/bin/script', '/bin/script'].find((path) => existsSync(path));
const hasTerminal = process.platform === 'linux' && script !== undefined;
if (!hasTerminal)
  process.stderr.write('LEFT OUT: no script(1) of util-linux, so nothing is tried on a terminal\n');

let home: string;
let work: string;
let child: ChildProcess | undefined;
let said = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cc-first-'));
  work = join(home, 'work');
  mkdirSync(work);
  said = '';
});
afterEach(async (context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(`${said}\n`);
  if (child?.pid && child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'close');
    // With all that it started.
    process.kill(-child.pid, 'SIGKILL');
    await closed;
  }
  child = undefined;
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

function start(command: string, args: readonly string[], cwd = work, path = '/nonexistent'): ChildProcess {
  child = spawn(command, args, {
    cwd,
    env: { HOME: home, PATH: path, LANG: 'C.UTF-8', TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said += String(chunk);
    });
  return child;
}

const config = () => readFileSync(join(home, '.cc-connect', 'config.toml'), 'utf8');

describe('the first start', () => {
  it.skipIf(!hasTerminal)('on a terminal opens the chat, which ends with the daemon', async () => {
    const started = start(script ?? '', ['-qec', `"${process.execPath}" "${program}"`, '/dev/null']);
    const ended = once(started, 'close');
    await until(() => said.includes('Wrote a first configuration'), 'the first words');
    await until(() => existsSync(join(home, '.cc-connect', 'run', 'api.sock')), 'the daemon');
    started.stdin?.write('hello from a terminal\r');
    await until(() => /\[?1\]?.*(Allow|allow)/s.test(said), 'the question of the demo agent');
    started.stdin?.write('y\r');
    await until(() => existsSync(join(work, 'cc-connect-demo.txt')), 'the file of the demo agent');
    started.stdin?.write('\u0004');
    expect((await ended)[0]).toBe(0);
    expect(existsSync(join(home, '.cc-connect', 'run', 'api.sock'))).toBe(false);
    expect(said).not.toContain('"msg"');
  });

  it('takes the first agent whose program is on PATH', async () => {
    const bin = join(home, 'bin');
    mkdirSync(bin);
    // Neither a folder nor a file that cannot be run is a program.
    mkdirSync(join(bin, 'codex'));
    writeFileSync(join(bin, 'gemini'), '', { mode: 0o644 });
    writeFileSync(join(bin, 'claude'), '#!/bin/sh\necho 2.0.0\n', { mode: 0o755 });
    start(process.execPath, [program], work, ['/nonexistent', bin].join(delimiter));
    await until(() => said.includes('It uses the agent found on PATH: claudecode.'), 'the choice');
    await until(() => said.includes('"msg":"ready"'), 'the daemon');
    expect(config()).toMatch(/\[projects\.agent\]\ntype = "claudecode"/);
    expect(config()).toContain(`work_dir = ${JSON.stringify(work)}`);
    const doctor = await promisify(execFile)(process.execPath, [program, 'doctor'], {
      cwd: work,
      env: { HOME: home, PATH: bin },
    }).catch((error: { stdout: string }) => error);
    expect(doctor.stdout).toMatch(/ok +\d+ more files and folders/);
    expect(doctor.stdout).not.toContain('can be read by others');
  });

  it('by npm start says what to do next, with the words that work there', async () => {
    const path = [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
    start('npm', ['start'], root, path);
    await until(() => said.includes('cc-connect is running.'), 'the daemon', 60_000);
    await until(() => said.includes('commands reach it over'), 'the advice');
    expect(said).toMatch(/talk to it: +npm start -- chat/);
    expect(said).toMatch(/connect a chat platform: +npm start -- telegram setup/);
    expect(said).toMatch(/see what it does: +npm start -- status/);
    // Never in the folder of the program itself.
    expect(config()).toContain(`work_dir = ${JSON.stringify(join(home, '.cc-connect', 'workspace'))}`);
  }, 90_000);
});
