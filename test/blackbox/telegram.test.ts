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
});
