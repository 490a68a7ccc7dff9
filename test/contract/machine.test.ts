import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../blackbox/daemon.ts';
import { ownedProcesses } from '../torture/evidence.ts';
import { ContractWorld } from './contract-world.ts';

let world: ContractWorld;
beforeEach(async () => {
  world = await ContractWorld.open();
  world.configure();
});

describe('a disk of 3 MB under the built daemon', () => {
  let mounted = false;
  beforeEach(() => {
    mkdirSync(world.home.dataDir, { mode: 0o700 });
    mounted = mountSmall(world.home.dataDir, '3m');
  });
  afterEach(async (context) => {
    await world.daemon?.stop();
    if (mounted) execFileSync('umount', ['-l', world.home.dataDir]);
    await world.close(context.task.result?.state === 'fail');
  });

  it('runs full: nothing is acknowledged, the person is told, and the message is answered once there is space', async (context) => {
    if (!mounted) {
      // A report of passed tests says nothing of those left out.
      process.stderr.write(`NOT RUN, only root may mount a small disk here: ${context.task.name}\n`);
      return context.skip('not run: only root may mount a small disk here');
    }
    await world.start();
    world.telegramPlace.say('token: F1');
    await world.appears(world.telegramPlace, 'echo:F1');
    const filler = join(world.home.dataDir, 'filler');
    fill(filler);
    world.telegramPlace.say(`token: F2 ;; ${'x'.repeat(3500)}`);
    await world.appears(world.telegramPlace, 'the disk is full');
    expect(world.telegram.pendingUpdates).toBeGreaterThan(0);
    expect(world.runs('F2')).toBe(0);
    rmSync(filler);
    await world.appears(world.telegramPlace, 'echo:F2');
    await until(() => world.telegram.pendingUpdates === 0, 'all updates acknowledged');
    expect(world.runs('F2')).toBe(1);
    expect(world.count(world.telegramPlace, 'echo:F2')).toBe(1);
  });
});

describe.runIf(process.platform === 'linux')('a disk that refuses to sync', () => {
  afterEach((context) => world.close(context.task.result?.state === 'fail'));

  it('ends the built daemon with an error: what was not acknowledged comes again and runs once', async () => {
    const disk = pathToFileURL(fileURLToPath(new URL('refusing-disk.mjs', import.meta.url)));
    const daemon = await world.start({ NODE_OPTIONS: `--import=${disk.href}` });
    world.telegramPlace.say('token: D1');
    await world.appears(world.telegramPlace, 'echo:D1');
    daemon.child.kill('SIGUSR2');
    await sleep(200);
    world.telegramPlace.say('token: D2');
    expect(await daemon.exited).toEqual({ code: 1, signal: null });
    expect(daemon.log).toContain('Error: the store cannot be written any more');
    await world.start();
    await world.appears(world.telegramPlace, 'echo:D2');
    expect(world.runs('D1')).toBe(1);
    expect(world.runs('D2')).toBe(1);
  });
});

describe('the clock of the built daemon', () => {
  afterEach((context) => world.close(context.task.result?.state === 'fail'));

  it('sleeps three hours while its connections die unnoticed: what is recent is answered once, what is old asked about', async () => {
    const offset = join(world.home.home, 'clock-offset');
    const clock = pathToFileURL(fileURLToPath(new URL('shifted-clock.mjs', import.meta.url)));
    writeFileSync(offset, '0');
    await world.start({ NODE_OPTIONS: `--import=${clock.href}`, TEST_CLOCK_OFFSET_FILE: offset });
    await until(() => world.feishu.link.clients.size > 0, 'the connection to Feishu');
    world.telegramPlace.say('slow: 0.7 ;; token: Z1');
    await world.running('Z1');
    const pids = [world.daemon?.child.pid ?? 0, ...agentsOf(world)];
    expect(pids.length).toBeGreaterThan(1);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    world.feishu.link.deafen();
    world.telegram.deafenPoll();
    const threeHours = 3 * 3_600_000;
    const connections = new Set(world.feishu.link.clients);
    const feishu = (text: string, at: number) => world.feishu.userSends({ text, at, user: feishuPerson });
    feishu('token: Z2', Date.now());
    world.telegramPlace.say('token: Z3');
    feishu('token: Z4', Date.now() + threeHours - 60_000);
    writeFileSync(offset, String(threeHours));
    await sleep(1500);
    for (const pid of pids.reverse()) process.kill(pid, 'SIGCONT');
    await world.appears(world.telegramPlace, 'echo:Z1');
    await world.appears(world.feishuPlace, 'echo:Z4');
    expect([...world.feishu.link.clients].some((client) => connections.has(client))).toBe(false);
    for (const place of [world.feishuPlace, world.telegramPlace]) {
      const card = await world.button(place, 'Run');
      expect(card.text).toContain('late');
      place.press(card, 'Run');
    }
    await world.appears(world.feishuPlace, 'echo:Z2');
    await world.appears(world.telegramPlace, 'echo:Z3');
    await until(() => world.openInputs() === 0, 'everything settled');
    expect(['Z1', 'Z2', 'Z3', 'Z4'].map((token) => world.runs(token))).toEqual([1, 1, 1, 1]);
    for (const token of ['Z1', 'Z3']) expect(world.count(world.telegramPlace, `echo:${token}`)).toBe(1);
    for (const token of ['Z2', 'Z4']) expect(world.count(world.feishuPlace, `echo:${token}`)).toBe(1);
  });

  it('leaps a day forward and two back: no turn ends, no message is lost, none runs twice', async () => {
    const offset = join(world.home.home, 'clock-offset');
    const leap = (days: number) => writeFileSync(offset, String(days * 86_400_000));
    const clock = pathToFileURL(fileURLToPath(new URL('shifted-clock.mjs', import.meta.url)));
    leap(0);
    // What is a day old by a wrong clock would be asked about first.
    world.configure({ top: 'stale_after_mins = 0' });
    await world.start({ NODE_OPTIONS: `--import=${clock.href}`, TEST_CLOCK_OFFSET_FILE: offset });
    world.telegramPlace.say('slow: 1.5 ;; token: C1');
    await world.running('C1');
    leap(1);
    world.feishuPlace.say('token: C2');
    await world.appears(world.feishuPlace, 'echo:C2');
    await world.appears(world.telegramPlace, 'echo:C1');
    leap(-1);
    world.telegramPlace.say('token: C3');
    await world.appears(world.telegramPlace, 'echo:C3');
    world.feishuPlace.say('token: C4');
    await world.appears(world.feishuPlace, 'echo:C4');
    for (const token of ['C1', 'C2', 'C3', 'C4']) expect(world.runs(token)).toBe(1);
    const order = world.telegramPlace.seen().flatMap(({ text }) => /echo:(C\d)/.exec(text)?.[1] ?? []);
    expect(order).toEqual(['C1', 'C3']);
  });
});

const feishuPerson = `ou_person${'2'.padStart(26, '0')}`;

/** Pids of the agents that run now. */
function agentsOf({ home }: ContractWorld): number[] {
  return ownedProcesses(home.home).map((line) => Number(line.split(' ')[0]));
}

function mountSmall(folder: string, size: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'none', folder], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** Takes all the space there is. */
function fill(path: string): void {
  for (let size = 1 << 20; size >= 1024; size >>= 1) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
