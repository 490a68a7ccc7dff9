import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TelegramSim } from '../sim/telegram/simulator.ts';
import { cc, Daemon, type DaemonHome, makeHome, until, writeConfig } from './daemon.ts';

let home: DaemonHome;
let sim: TelegramSim;
let daemon: Daemon | undefined;

beforeEach(async () => {
  home = makeHome();
  sim = await TelegramSim.start();
});
afterEach(async (context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(daemon?.log ?? '');
  await daemon?.stop();
  daemon = undefined;
  await sim.close();
  home.remove();
});

function configure(
  more: Partial<Parameters<typeof writeConfig>[1]> = {},
  options = 'allow_from = "*"',
): void {
  writeConfig(home, {
    ...more,
    platforms: `[[projects.platforms]]\ntype = "telegram"\n[projects.platforms.options]\ntoken = "${sim.token}"\napi_base = "${sim.url}"\n${options}\n`,
  });
}

const botTexts = (chat: number) => sim.botMessages(chat).map((message) => message.text ?? '');

describe('telegram', () => {
  it('answers a message through the agent', async () => {
    configure();
    const user = sim.addPrivateChat({ id: 501, name: 'Ada' });
    daemon = await Daemon.start(home);
    sim.userSends(user, 501, 'say: hello there ;; token: T1');
    await until(() => botTexts(501).some((text) => text.includes('echo:T1')), 'the answer');
    expect(botTexts(501).filter((text) => text.includes('echo:T1'))).toHaveLength(1);
  });

  it('lets a stranger in after the owner approved the pairing code', async () => {
    configure({}, '');
    const user = sim.addPrivateChat({ id: 502, name: 'Bob' });
    daemon = await Daemon.start(home);
    sim.userSends(user, 502, 'say: secret ;; token: T2');
    const text = await until(() => botTexts(502)[0], 'the pairing code');
    const code = /approve (\w{8})/.exec(text)?.[1] ?? '';
    expect((await cc(home, ['pair', 'approve', 'WRONGCOD'])).code).toBe(1);
    expect(await cc(home, ['pair', 'approve', code])).toMatchObject({ code: 0 });
    sim.userSends(user, 502, 'say: hi ;; token: T3');
    await until(() => botTexts(502).some((one) => one.includes('echo:T3')), 'the answer');
    expect(botTexts(502).some((one) => one.includes('echo:T2'))).toBe(false);
  });

  it('lists who is paired, turns a person out and lets them in again while it runs', async () => {
    configure({}, '');
    const user = sim.addPrivateChat({ id: 503, name: 'Cid' });
    daemon = await Daemon.start(home);
    sim.userSends(user, 503, 'hello');
    const told = await until(() => botTexts(503)[0], 'the pairing code');
    const people = async () =>
      JSON.parse((await cc(home, ['pair', 'list', '--json'])).stdout) as { id: string; state: string }[];
    const [asked] = await people();
    expect(asked).toMatchObject({ state: 'pending', userId: '503', userName: 'Cid', project: 'demo' });
    const id = asked?.id ?? '';
    await cc(home, ['pair', 'approve', /approve (\w{8})/.exec(told)?.[1] ?? '']);
    sim.userSends(user, 503, 'say: hi ;; token: T4');
    await until(() => botTexts(503).some((one) => one.includes('echo:T4')), 'the answer');
    expect(await cc(home, ['pair', 'revoke', id])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Revoked Cid (503) for demo on telegram:'),
    });
    expect(await people()).toMatchObject([{ state: 'revoked' }]);
    sim.userSends(user, 503, 'say: still here ;; token: T5');
    await until(() => sim.pendingUpdates === 0, 'the message to be taken in');
    const { stdout } = await cc(home, ['audit', '-p', 'demo', '--json']);
    expect((JSON.parse(stdout) as { action: string }[]).map(({ action }) => action)).toEqual([
      'access.refused',
      'pairing.asked',
      'pairing.approved',
      'pairing.revoked',
      'access.refused',
    ]);
    expect((await cc(home, ['audit', '--actor', 'operator'])).stdout.trim().split('\n')).toHaveLength(3);
    expect(await cc(home, ['pair', 'approve', id])).toMatchObject({ code: 0 });
    sim.userSends(user, 503, 'say: back ;; token: T6');
    await until(() => botTexts(503).some((one) => one.includes('echo:T6')), 'the answer');
    expect(botTexts(503).some((one) => one.includes('echo:T5'))).toBe(false);
    expect(botTexts(503).filter((one) => one.includes('pair approve'))).toHaveLength(1);
  });

  it('says at the start and in doctor who is still in though allow_from lists others', async () => {
    configure({}, '');
    const user = sim.addPrivateChat({ id: 504, name: 'Dee' });
    daemon = await Daemon.start(home);
    sim.userSends(user, 504, 'hello');
    const told = await until(() => botTexts(504)[0], 'the pairing code');
    await cc(home, ['pair', 'approve', /approve (\w{8})/.exec(told)?.[1] ?? '']);
    await daemon.stop();
    configure({}, 'allow_from = "77"');
    daemon = await Daemon.start(home);
    expect(daemon.log).toMatch(/"people":\["504"\].*allow_from does not list these people by id/);
    const { stdout } = await cc(home, ['doctor', '--json']);
    const found = (JSON.parse(stdout) as { area: string; what: string; fix?: string }[]).filter(
      ({ area }) => area === 'access',
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.what).toContain('504 (Dee) is not listed by id in allow_from');
    const id = /pair revoke (\S+),/.exec(found[0]?.fix ?? '')?.[1] ?? '';
    expect(await cc(home, ['pair', 'revoke', id])).toMatchObject({ code: 0 });
    expect((await cc(home, ['doctor', '--json'])).stdout).not.toContain('in allow_from');
  });

  it('lists the conversations of the Go version with their chats and the names of their people', async () => {
    configure();
    const session = {
      sessions: { s1: { agent_session_id: 'native-1' } },
      user_sessions: { 'telegram:505:505': ['s1'] },
    };
    mkdirSync(join(home.dataDir, 'sessions'), { recursive: true });
    writeFileSync(
      join(home.dataDir, 'sessions', 'demo.json'),
      JSON.stringify({ ...session, user_meta: { 'telegram:505:505': { user_name: 'Eve' } } }),
    );
    expect(await cc(home, ['import', 'go', '--config', home.configFile])).toMatchObject({ code: 0 });
    daemon = await Daemon.start(home);
    await daemon.says('telegram is ready');
    const listed = JSON.parse((await cc(home, ['sessions', 'list', '--json'])).stdout) as object[];
    expect(listed).toMatchObject([{ user: '505', chat: '505', userName: 'Eve', platform: 'telegram' }]);
    expect((await cc(home, ['sessions'])).stdout).toMatch(/telegram\s+Eve\s+505\s/);
  });

  it('tells in doctor and status of a message that could not be delivered, with the way to trace it', async () => {
    configure();
    const user = sim.addPrivateChat({ id: 506, name: 'Fay' });
    daemon = await Daemon.start(home);
    sim.userSends(user, 506, 'say: hello ;; token: T7');
    await until(() => botTexts(506).some((text) => text.includes('echo:T7')), 'the answer');
    expect((await cc(home, ['doctor'])).stdout).not.toContain('could not be delivered');
    sim.chat(506).forbidden = 'Forbidden: bot was blocked by the user';
    await cc(home, ['send', '--project', 'demo', '--session', 'telegram:506:506', '-m', 'are you there']);
    await daemon.says('part cannot be delivered');
    const found = (
      JSON.parse((await cc(home, ['doctor', '--json'])).stdout) as {
        area: string;
        what: string;
        fix: string;
      }[]
    ).filter(({ area }) => area === 'delivery');
    expect(found).toEqual([
      {
        area: 'delivery',
        level: 'warning',
        what: expect.stringMatching(/^a message to telegram:\d+ chat 506 could not be delivered: .*blocked/),
        fix: expect.stringMatching(/^cc-connect trace \w+$/),
      },
    ]);
    expect((await cc(home, ['status'])).stdout).toContain('1 given up');
    const traced = await cc(home, (found[0]?.fix ?? '').split(' ').slice(1));
    expect(traced.code, traced.stderr).toBe(0);
    expect(traced.stdout).toContain('now dead');
  });
});
