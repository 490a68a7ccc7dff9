import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { FeishuPlatform } from '../../../src/platforms/feishu/platform.ts';
import { cc, Daemon, type DaemonHome, makeHome, program, until, writeConfig } from '../../blackbox/daemon.ts';
import { type LogLine, RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { type FeishuSim, startFeishuSim } from '../../sim/feishu/sim.ts';
import { forever, makePlatform, quick } from './harness.ts';

let sim: FeishuSim;
let lines: LogLine[];
const platforms: FeishuPlatform[] = [];
beforeEach(async () => {
  lines = [];
  sim = await startFeishuSim({ pingIntervalSecs: 1, ackTimeoutMs: 3_000, redeliverMs: 200 });
});
afterEach(async () => {
  for (const platform of platforms.splice(0)) await platform.stop();
  await sim.close();
});

const counting = { ...quick, rivals: { firstMs: 30, againMs: 60, everyMs: 90 } };
async function start(options: Record<string, unknown> = {}) {
  const platform = makePlatform(sim, options, lines, counting);
  platforms.push(platform);
  const sink = new RecordingSink();
  await platform.start(sink, forever);
  await waitUntil('it is ready', () => sink.lastState === 'ready');
  return { platform, sink };
}
const detail = (sink: RecordingSink) => sink.states.at(-1)?.detail;
const counts = () => sim.calls.filter(({ op }) => op === 'connections').length;
const warnings = () => lines.filter((line) => JSON.stringify(line).includes('go to another program'));

/** A connection of the same app that somebody else holds. */
async function stranger(): Promise<WebSocket> {
  const socket = new WebSocket(`${sim.url.replace('http', 'ws')}/ws?device_id=other&service_id=1`);
  await waitUntil('the other is connected', () => socket.readyState === WebSocket.OPEN);
  return socket;
}

describe('another program with the same app', () => {
  it('[feature: another program with the same app] is told in plain words, and taken back when it is gone', async () => {
    const { sink } = await start();
    const other = await stranger();
    await waitUntil('it is told', () => detail(sink) !== undefined);
    expect(sink.lastState).toBe('ready');
    expect(detail(sink)).toMatch(
      /another program is connected as this app \(2 connections, 1 of them ours\)/,
    );
    expect(detail(sink)).toMatch(/only one of them.*stop the other program/);
    other.close();
    await waitUntil('it is taken back', () => detail(sink) === undefined);
    expect(sink.lastState).toBe('ready');
    expect(warnings()).toHaveLength(1);
  });

  it('is not suspected of a connection that was counted once only', async () => {
    const { sink } = await start();
    const other = await stranger();
    const from = counts();
    await waitUntil('one count', () => counts() > from);
    other.close();
    const later = counts();
    await waitUntil('more counts', () => counts() > later + 3);
    expect(sink.states.filter(({ detail }) => detail !== undefined)).toEqual([]);
  });

  it('is not suspected of what a break left behind', async () => {
    const { sink } = await start();
    const from = counts();
    await waitUntil('one count', () => counts() > from);
    sim.link.drop();
    await waitUntil('it is noticed', () => sink.lastState === 'down');
    const left = await stranger();
    await waitUntil('it is ready', () => sink.lastState === 'ready');
    await new Promise((resolve) => setTimeout(resolve, 60));
    left.close();
    const later = counts();
    await waitUntil('more counts', () => counts() > later + 2);
    expect(sink.states.filter(({ detail }) => detail?.includes('another program'))).toEqual([]);
  });

  it('is not this process: projects with settings of their own', async () => {
    const first = await start();
    const second = await start({ domain: sim.url.replace('127.0.0.1', 'localhost') });
    const from = counts();
    await waitUntil('many counts', () => counts() > from + 6);
    expect([detail(first.sink), detail(second.sink)]).toEqual([undefined, undefined]);
  });

  it('is not seen where connections cannot be counted, and nothing is made of that', async () => {
    sim.faults.add({ on: 'connections', trouble: { kind: 'http', status: 404 }, times: 1_000 });
    const { sink, platform } = await start();
    const from = counts();
    await waitUntil('some counts', () => counts() > from + 3);
    expect(sink.states).toHaveLength(1);
    expect(JSON.stringify(await platform.check(forever))).toContain('cannot be counted (not_found)');
  });

  it('is named when the app may have no more connections', async () => {
    sim.faults.add({ on: 'ws.endpoint', trouble: { kind: 'code', code: 1000040350, status: 200 } });
    const { sink } = await start();
    expect(sink.states[0]).toMatchObject({ state: 'down', detail: expect.stringMatching(/stop the others/) });
  });
});

describe('two built daemons on one app', () => {
  const homes: DaemonHome[] = [];
  const daemons: Daemon[] = [];
  afterEach(async () => {
    for (const daemon of daemons.splice(0)) await daemon.stop();
    for (const home of homes.splice(0)) home.remove();
  });

  async function daemon(): Promise<DaemonHome> {
    const home = makeHome();
    homes.push(home);
    const own = `app_id = "${sim.appId}"\napp_secret = "${sim.appSecret}"\ndomain = "${sim.url}"`;
    const options = `[projects.platforms.options]\n${own}\nallow_from = "*"\n`;
    writeConfig(home, { platforms: `[[projects.platforms]]\ntype = "feishu"\n${options}` });
    daemons.push(await Daemon.start(home));
    return home;
  }

  it('[feature: two daemons and one app] share the messages unseen: both say so, in the log, in status and in doctor', async () => {
    expect(existsSync(program), 'npm run build comes before this test').toBe(true);
    const first = await daemon();
    const second = await daemon();
    for (const [at, home] of [first, second].entries()) {
      const log = () => daemons[at]?.log ?? '';
      await until(
        () => log().includes('messages of this app go to another program too'),
        'the warning',
        60_000,
      );
      const status = await cc(home, ['status']);
      expect(status.stdout).toMatch(
        /feishu +ready: another program is connected as this app \(2 connections/,
      );
      const doctor = await cc(home, ['doctor', '--config', home.configFile]);
      expect(doctor.stdout).toContain('2 programs are connected as this app');
    }
    const chat = sim.directChat();
    for (let i = 0; i < 8; i++) sim.userSends({ text: `say: hello ;; token: T${i}` });
    await until(() => sim.messages(chat).length >= 8, 'the answers of both', 60_000);
  });
});
