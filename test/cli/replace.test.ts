import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, pidFile, removePidFile, runningDaemon, writePidFile } from '../../src/cli/pid-file.ts';
import { replaceRunning } from '../../src/cli/replace.ts';
import { startTime } from '../../src/kit/process/process-table.ts';
import { LocalServer } from '../../src/servers/local/local-server.ts';
import { FakeBackend, quietLog } from '../servers/local/fake-backend.ts';
import { fakeIo } from './fake-io.ts';

let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-replace-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  child = undefined;
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
});
