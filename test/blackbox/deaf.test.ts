import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFeishuSim } from '../sim/feishu/sim.ts';
import { SlackSim } from '../sim/slack/sim.ts';
import { TelegramSim } from '../sim/telegram/simulator.ts';
import { cc, Daemon, type DaemonHome, makeHome, until, writeConfig } from './daemon.ts';

let home: DaemonHome;
let daemon: Daemon | undefined;
let close: () => Promise<void>;
beforeEach(() => {
  home = makeHome();
});
afterEach(async (context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(daemon?.log ?? '');
  await daemon?.stop();
  daemon = undefined;
  await close();
  home.remove();
});

/** Telegram is polled for half a minute at a time, Slack pinged every five seconds, Feishu as it says itself. */
const bounds = { telegram: 3_000, slack: 9_000, feishu: 5_000 };

async function telegram() {
  const sim = await TelegramSim.start();
  const user = sim.addPrivateChat({ id: 501, name: 'Ada' });
  return {
    boundMs: bounds.telegram,
    config: `[[projects.platforms]]\ntype = "telegram"\n[projects.platforms.options]\ntoken = "${sim.token}"\napi_base = "${sim.url}"\nallow_from = "*"\n`,
    silent: (on: boolean) => {
      sim.faults.silentNow = on;
    },
    send: (text: string) => void sim.userSends(user, 501, { text }),
    texts: () => sim.botMessages(501).map((message) => message.text ?? ''),
    close: () => sim.close(),
  };
}

async function slack() {
  const sim = await new SlackSim().start();
  const chat = sim.channel('im');
  return {
    boundMs: bounds.slack,
    config: `[[projects.platforms]]\ntype = "slack"\n[projects.platforms.options]\nbot_token = "${sim.botToken}"\napp_token = "${sim.appToken}"\napi_url = "${sim.url}/api"\nallow_from = "*"\n`,
    silent: (on: boolean) => {
      sim.silent = on;
    },
    send: (text: string) => void sim.says(chat, text),
    texts: () => sim.botMessages(chat).map(({ text }) => text),
    close: () => sim.close(),
  };
}

async function feishu() {
  const sim = await startFeishuSim({ pingIntervalSecs: 1, redeliverMs: 300 });
  const chat = sim.directChat();
  return {
    boundMs: bounds.feishu,
    config: `[[projects.platforms]]\ntype = "feishu"\n[projects.platforms.options]\napp_id = "${sim.appId}"\napp_secret = "${sim.appSecret}"\ndomain = "${sim.url}"\nallow_from = "*"\n`,
    silent: (on: boolean) => {
      sim.silent = on;
    },
    send: (text: string) => void sim.userSends({ text }),
    texts: () => sim.messages(chat).map(({ text }) => text),
    close: () => sim.close(),
  };
}

describe.each([
  ['telegram', telegram],
  ['slack', slack],
  ['feishu', feishu],
])('a connection to %s on which nothing comes any more', (name, world) => {
  it('is replaced within its bound, also while it starts; that is counted, logged and told', async () => {
    const far = await world();
    close = far.close;
    writeConfig(home, { platforms: far.config });
    far.silent(true);
    daemon = await Daemon.start(home, { env: { CC_CONNECT_DEAF_AFTER_MS: String(far.boundMs) } });
    await daemon.says('platform is deaf', 60_000);
    far.silent(false);
    far.send('say: hi ;; token: D1');
    await until(() => far.texts().some((text) => text.includes('echo:D1')), 'the first answer', 60_000);
    const before = count(daemon.log);
    far.silent(true);
    await until(() => count(daemon?.log ?? '') > before, 'the silence to be noticed', 60_000);
    far.silent(false);
    far.send('say: hi again ;; token: D2');
    await until(() => far.texts().some((text) => text.includes('echo:D2')), 'the second answer', 60_000);
    for (const token of ['D1', 'D2'])
      expect(far.texts().filter((text) => text.includes(`echo:${token}`))).toHaveLength(1);
    const status = await cc(home, ['status', '--json']);
    const { projects } = JSON.parse(status.stdout) as {
      projects: { platforms: { type: string; replaced: number }[] }[];
    };
    expect(projects[0]?.platforms.find(({ type }) => type === name)?.replaced).toBeGreaterThan(before);
    expect((await cc(home, ['status'])).stdout).toMatch(/silent and connected anew \d+×/);
    expect((await cc(home, ['doctor', '--config', home.configFile])).stdout).toMatch(
      /connection went silent and was replaced \d+ times/,
    );
  }, 240_000);
});

const count = (log: string) => log.split('platform is deaf').length - 1;
