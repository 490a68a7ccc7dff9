import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { killTree, leftovers } from '../../../src/kit/process/kill-tree.ts';
import { kin } from '../../../src/kit/process/kin.ts';
import { type OwnedProcess, type ProcessSpec, startProcess } from '../../../src/kit/process/owned-process.ts';
import { startTime } from '../../../src/kit/process/process-table.ts';

let dir: string;
let count = 0;
const open: OwnedProcess[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'owned-process-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((child) => child.close({}, AbortSignal.abort())));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function node(script: string, more: Partial<ProcessSpec> = {}): Promise<OwnedProcess> {
  const child = await startProcess({
    command: process.execPath,
    args: ['-e', script],
    cwd: dir,
    env: { PATH: process.env.PATH },
    marker: `test-${process.pid}-${++count}`,
    ...more,
  });
  open.push(child);
  return child;
}

async function text(source: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The first line of stdout; reading goes on behind it. */
async function firstLine(child: OwnedProcess): Promise<string> {
  let seen = '';
  return new Promise((resolve) => {
    void (async () => {
      for await (const chunk of child.stdout) {
        seen += chunk.toString();
        if (seen.includes('\n')) resolve(seen.slice(0, seen.indexOf('\n')));
      }
    })();
  });
}

/** A tool in a session of its own, as shells of agent CLIs start them; prints its pid when it runs. */
const setsidTool = (body: string) => `
  const { spawn } = require('node:child_process');
  const tool = spawn(process.execPath, ['-e', ${JSON.stringify(body)}], { detached: true, stdio: 'ignore' });
  tool.unref();
  console.log(tool.pid);
`;
const STAY = 'setInterval(() => {}, 1000);';

describe('OwnedProcess', () => {
  it('passes cwd, argv, environment and its marker, and nothing else', async () => {
    const child = await node('', {
      env: { A: '1', B: undefined },
      args: [
        '-e',
        'console.log(JSON.stringify([process.cwd(), process.argv.slice(1), process.env.A, process.env.HOME ?? null, process.env.CC_CONNECT_OWNER]))',
        'x y',
        '$z',
      ],
    });
    expect(JSON.parse(await text(child.stdout))).toEqual([dir, ['x y', '$z'], '1', null, child.marker]);
    expect(await child.exited).toEqual({ code: 0, signal: null, stderrTail: '' });
  });

  it('writes lines in order and waits while the child does not read', async () => {
    const child = await node(`
      const read = () => {
        let n = 0;
        process.stdin.on('data', (c) => { n += c.length; }).on('end', () => { console.log(n); process.exit(0); });
      };
      process.once('SIGUSR1', read);
      console.log('ready');
      ${STAY}`);
    const line = 'x'.repeat(1024 * 1024);
    let taken = 0;
    const writes = Array.from({ length: 4 }, () => child.write(line).then(() => taken++));
    const output = (async () => {
      let all = '';
      for await (const chunk of child.stdout) {
        all += chunk.toString();
        if (all === 'ready\n') {
          expect(taken).toBe(0);
          process.kill(child.pid, 'SIGUSR1');
        }
      }
      return all;
    })();
    await Promise.all(writes);
    child.endInput();
    expect(await output).toBe(`ready\n${4 * line.length}\n`);
  });

  it('refuses input when too much waits, and after the exit', async () => {
    const child = await node(STAY, { maxPendingInputBytes: 1024 });
    const first = child.write('x'.repeat(1024 * 1024)).catch((error: unknown) => error);
    await expect(child.write('y')).rejects.toMatchObject({ code: 'process.input_full' });
    await child.close({ eofMs: 1, termMs: 1000 });
    expect(await first).toMatchObject({ code: 'process.input_closed' });
    await expect(child.write('z')).rejects.toMatchObject({ code: 'process.input_closed' });
  });

  it('keeps the end of stderr and hands its lines on', async () => {
    const lines: string[] = [];
    const child = await node(
      'process.stderr.write("a".repeat(9000) + "\\nlast words é\\nunfinished"); process.exitCode = 3',
      {
        stderrTailBytes: 100,
        onStderrLine: (line) => lines.push(line),
      },
    );
    const exit = await child.exited;
    expect(exit.code).toBe(3);
    expect(Buffer.byteLength(exit.stderrTail)).toBe(100);
    expect(exit.stderrTail.endsWith('a\nlast words é\nunfinished')).toBe(true);
    expect(lines.slice(-2)).toEqual(['last words é', 'unfinished']);
  });

  it('makes a fast child wait for a slow reader, and loses nothing', async () => {
    const child = await node(
      'process.stdout.write("x".repeat(8 * 1024 * 1024)); process.stderr.write("written\\n")',
    );
    await sleep(50);
    expect(child.hasExited).toBe(false);
    expect(await text(child.stdout)).toHaveLength(8 * 1024 * 1024);
    expect((await child.exited).code).toBe(0);
  });

  it('delivers what was written before the exit to a reader that comes late', async () => {
    const child = await node(
      'require("node:fs").writeSync(1, "x".repeat(60000)); process.kill(process.pid, "SIGKILL")',
    );
    expect((await child.exited).signal).toBe('SIGKILL');
    expect(await text(child.stdout)).toHaveLength(60000);
  });

  it('ends although a grandchild holds stdout open, and ends the grandchild on close', async () => {
    const child = await node(`
      const { spawn } = require('node:child_process');
      spawn(process.execPath, ['-e', ${JSON.stringify(STAY)}], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] }).unref();
      console.log('x'.repeat(5000)); process.exit(0);`);
    expect(await text(child.stdout)).toHaveLength(5001);
    expect((await child.exited).code).toBe(0);
    expect(await child.tools()).toHaveLength(1);
    const report = await child.close();
    expect(report).toMatchObject({ step: 'exited', survivors: [] });
    expect(await kin(child.record)).toEqual([]);
  });
});

describe('a child that cannot start', () => {
  it.each([
    ['a program that does not exist', { command: 'no-such-program-here' }, 'process.not_found'],
    ['a directory that does not exist', { cwd: '/no/such/dir' }, 'process.cwd_missing'],
    ['a file that is not executable', { command: './plain' }, 'process.not_allowed'],
    ['arguments beyond the limit of the system', { args: ['x'.repeat(4_000_000)] }, 'process.too_long'],
  ])('is told apart: %s', async (_what, more, code) => {
    await writeFile(join(dir, 'plain'), 'text', { mode: 0o644 });
    const error = await node('', more).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code, advice: expect.stringMatching(/.+/) });
  });
});

describe('close', () => {
  it('asks by protocol first, then ends stdin, and reports a child that follows', async () => {
    const child = await node(
      `process.stdin.on('data', (d) => console.log('got ' + d)).on('end', () => process.exit(7));`,
    );
    const output = text(child.stdout);
    const report = await child.close({ interrupt: () => child.write('stop') });
    expect(report).toMatchObject({ step: 'eof', exit: { code: 7 }, survivors: [] });
    expect(await output).toBe('got stop\n');
  });

  it('goes on when the interrupt fails or never answers', async () => {
    const failing = await node(`process.stdin.resume()`);
    expect((await failing.close({ interrupt: () => Promise.reject(new Error('no')) })).step).toBe('eof');
    const silent = await node(`process.stdin.resume()`);
    let aborted = false;
    const interrupt = (signal: AbortSignal) =>
      new Promise<void>(() => signal.addEventListener('abort', () => (aborted = true)));
    expect((await silent.close({ interrupt, interruptMs: 20 })).step).toBe('eof');
    expect(aborted).toBe(true);
  });

  it('sends SIGTERM to a child that ignores the end of its input', async () => {
    const child = await node(`process.on('SIGTERM', () => process.exit(0)); console.log('up'); ${STAY}`);
    await firstLine(child);
    expect(await child.close({ eofMs: 20 })).toMatchObject({ step: 'term', exit: { code: 0 } });
  });

  it('kills a child that ignores SIGTERM', async () => {
    const child = await node(`process.on('SIGTERM', () => {}); console.log('up'); ${STAY}`);
    await firstLine(child);
    expect(await child.close({ eofMs: 20, termMs: 50 })).toMatchObject({
      step: 'kill',
      exit: { signal: 'SIGKILL' },
      survivors: [],
    });
  });

  it('skips all waiting once a signal aborts, also that of a later call', async () => {
    const child = await node(`process.on('SIGTERM', () => {}); console.log('up'); ${STAY}`);
    await firstLine(child);
    const gentle = child.close({ eofMs: 3_600_000 });
    const hurried = await child.close({}, AbortSignal.abort());
    expect(hurried.step).toBe('kill');
    expect(await gentle).toBe(hurried);
  });

  it('ends a tool in a session of its own, whose parent the child was', async () => {
    const child = await node(
      `${setsidTool(`process.on('SIGTERM', () => {}); ${STAY}`)} process.stdin.resume();`,
    );
    const tool = Number(await firstLine(child));
    expect(await startTime(tool)).toBeDefined();
    expect(await child.close()).toMatchObject({ step: 'eof', survivors: [] });
    expect(await startTime(tool)).toBeUndefined();
  });

  it('ends a tool that was re-parented before, and one that dropped the marker', async () => {
    const orphaned = await node(`
      const { spawnSync } = require('node:child_process');
      spawnSync('/bin/sh', ['-c', 'setsid sleep 1000 </dev/null >/dev/null 2>&1 &']);
      spawnSync('/bin/sh', ['-c', 'sleep 0.05']);
      require('node:child_process').spawn('/usr/bin/setsid', ['sleep', '1000'], { env: {}, stdio: 'ignore' });
      console.log('up'); process.stdin.resume();`);
    await firstLine(orphaned);
    await expect
      .poll(async () => (await orphaned.tools()).filter((tool) => tool.name === 'sleep').length)
      .toBe(2);
    const before = await orphaned.tools();
    expect((await orphaned.close({ eofMs: 20 })).survivors).toEqual([]);
    for (const { pid } of before) expect(await startTime(pid)).toBeUndefined();
  });
});

describe('after a crash of the daemon', () => {
  it('finds the child by pid and start time and its tools by marker, and ends them', async () => {
    const child = await node(`${setsidTool(STAY)} ${STAY}`);
    const tool = Number(await firstLine(child));
    const record = { ...child.record };
    expect((await leftovers(record)).map((info) => info.pid).sort()).toEqual([child.pid, tool].sort());
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
    expect((await leftovers(record)).map((info) => info.pid)).toEqual([tool]);
    expect(await killTree(record, { graceMs: 1000 })).toEqual([]);
    expect(await leftovers(record)).toEqual([]);
  });

  it('leaves alone a stranger who now has the pid', async () => {
    const stranger = await node(STAY);
    const record = { pid: stranger.pid, startTime: 'another boot:1', marker: 'nobody' };
    expect(await leftovers(record)).toEqual([]);
    expect(await killTree(record)).toEqual([]);
    expect(stranger.hasExited).toBe(false);
  });
});
