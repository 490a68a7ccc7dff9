import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, pidFile, removePidFile, runningDaemon, writePidFile } from '../../src/cli/pid-file.ts';
import { replaceRunning } from '../../src/cli/replace.ts';
import { type ProcessIdentity, startTime } from '../../src/kit/process/process-table.ts';
import { LocalServer } from '../../src/servers/local/local-server.ts';
import { configLockPath } from '../../src/store/lock.ts';
import { FakeBackend, quietLog } from '../servers/local/fake-backend.ts';
import { fakeIo } from './fake-io.ts';

let folder: string;
let child: ChildProcess | undefined;
let holder: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-replace-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  child = undefined;
  holder?.kill('SIGKILL');
  holder = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** A process that the pid file names as the daemon. */
async function recorded(started?: string): Promise<number> {
  child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (child.stdout) await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  await mkdir(join(folder, 'run'));
  await writeFile(pidFile(folder), `${pid}\n${started ?? (await startTime(pid))}\n`);
  return pid;
}

const configFile = () => join(folder, 'config.toml');
const sqlite = createRequire(import.meta.url).resolve(
  Number(process.versions.node.split('.')[0]) < 22 ? 'better-sqlite3' : 'better-sqlite3-napi',
);

/** A process that holds the lock of the config, be it for a time only; beside it stands what the test says. */
async function locked(
  named: (pid: number) => Promise<string>,
  forMs = 2_000_000_000,
): Promise<ProcessIdentity> {
  const lock = configLockPath(configFile());
  const script = `
    const db = new (require(${JSON.stringify(sqlite)}))(${JSON.stringify(lock)});
    db.exec('BEGIN EXCLUSIVE');
    setTimeout(() => process.exit(), ${forMs});
    console.log('up');`;
  holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (holder.stdout) await once(holder.stdout, 'data');
  const pid = holder.pid ?? 0;
  await writeFile(`${lock}.pid`, await named(pid));
  return { pid, startTime: (await startTime(pid)) ?? '' };
}

const self = async () => `${process.pid}\n${await startTime(process.pid)}\n`;

describe('the pid file', () => {
  it('names this process while it runs and nobody afterwards', async () => {
    expect(await runningDaemon(folder)).toBeUndefined();
    await writePidFile(folder);
    expect((await runningDaemon(folder))?.pid).toBe(process.pid);
    await removePidFile(folder);
    expect(await runningDaemon(folder)).toBeUndefined();
  });

  it('does not take a later owner of the number for the daemon', async () => {
    await recorded('another start');
    expect(await runningDaemon(folder)).toBeUndefined();
  });
});

describe('--force', () => {
  it('ends the recorded process by signal when its socket does not answer', async () => {
    const pid = await recorded();
    const identity = { pid, startTime: (await startTime(pid)) ?? '' };
    expect(await replaceRunning(folder, join(folder, 'config.toml'), fakeIo(folder))).toBe(true);
    expect(await isAlive(identity)).toBe(false);
  });

  it('asks over the socket and waits until it is silent', async () => {
    const backend = new FakeBackend();
    const server = new LocalServer({ backend, dataDir: folder, log: quietLog, maxFileBytes: () => 1 });
    await server.start();
    const shutdown = backend.shutdown.bind(backend);
    backend.shutdown = (reason) => {
      shutdown(reason);
      setTimeout(() => void server.stop(), 100);
    };
    expect(await replaceRunning(folder, join(folder, 'config.toml'), fakeIo(folder))).toBe(true);
    expect(backend.stopped).toHaveLength(1);
    const next = new LocalServer({ backend, dataDir: folder, log: quietLog, maxFileBytes: () => 1 });
    await next.start();
    await next.stop();
  });

  it('does nothing when nothing runs', async () => {
    expect(await replaceRunning(folder, join(folder, 'config.toml'), fakeIo(folder))).toBe(false);
  });

  it('ends who holds the lock of the config, with another data directory', async () => {
    const identity = await locked(async (pid) => `${pid}\n${await startTime(pid)}\n`);
    expect(await replaceRunning(folder, configFile(), fakeIo(folder))).toBe(true);
    expect(await isAlive(identity)).toBe(false);
  });

  it.each([
    ['itself', self],
    ['a stranger who has the number now', async () => `${await recorded('gone')}\nanother start\n`],
    ['somebody without a start time', async () => `${await recorded('gone')}\n`],
    ['nobody', async () => ''],
  ])('waits for the lock where %s is named beside it, and ends nobody', async (_, named) => {
    const identity = await locked(named, 700);
    const io = fakeIo(folder);
    expect(await replaceRunning(folder, configFile(), io)).toBe(true);
    expect(io.errors).toEqual(['Waiting for the running cc-connect to end …']);
    expect(await isAlive(identity)).toBe(false);
    expect(holder?.signalCode ?? null).toBeNull();
    if (child) expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });

  it('says that it cannot where the lock stays with somebody unknown', async () => {
    const identity = await locked(self);
    await expect(replaceRunning(folder, configFile(), fakeIo(folder), 200)).rejects.toMatchObject({
      code: 'cannot_replace',
    });
    expect(await isAlive(identity)).toBe(true);
  });
});
