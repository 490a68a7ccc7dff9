import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ChatWorld,
  discordWorld,
  feishuWorld,
  slackWorld,
  telegramWorld,
  weixinWorld,
} from './chat-world.ts';
import { cc, Daemon, type DaemonHome, makeHome, until, writeConfig } from './daemon.ts';

let home: DaemonHome;
let world: ChatWorld;
let daemon: Daemon | undefined;
beforeEach(() => {
  home = makeHome();
});
afterEach(async (context) => {
  if (context.task.result?.state === 'fail')
    process.stderr.write(`${daemon?.log ?? ''}\n${JSON.stringify(world.seen(), null, 1)}\n`);
  await daemon?.stop();
  daemon = undefined;
  await world.close();
  home.remove();
});

async function start(make: () => Promise<ChatWorld>): Promise<void> {
  world = await make();
  writeConfig(home, { platforms: world.config() });
  daemon = await Daemon.start(home);
}
const send = (text: string) =>
  cc(home, ['send', '--project', 'demo', '--session', world.sessionKey, '-m', text]);

describe('send --session, before anybody wrote and without anything stored', () => {
  it.each([
    ['telegram', telegramWorld],
    ['feishu', feishuWorld],
    ['slack', slackWorld],
    ['discord', discordWorld],
  ])('finds the chat of a %s key', async (_, make) => {
    await start(make);
    expect(await send('the **nightly** build is done')).toMatchObject({ code: 0 });
    const found = await until(() => world.seen()[0], 'the message');
    expect(found.text).toContain('nightly');
    world.send('say: thanks ;; token: AFTER');
    await until(
      () => world.seen().some(({ text }) => text.includes('echo:AFTER')),
      'the answer in the same chat',
    );
    expect(world.seen().filter(({ text }) => text.includes('nightly'))).toHaveLength(1);
  });

  it('is refused at once where a weixin bot cannot begin a talk, and sent once the person wrote', async () => {
    await start(weixinWorld);
    const early = await send('too early');
    expect(early.code).not.toBe(0);
    expect(early.stderr).toContain('has not written to this Weixin bot yet');
    expect(early.stderr).toContain('ask them to write to the bot once');
    expect((await cc(home, ['doctor'])).stdout).not.toContain('could not be delivered');
    world.send('say: hello ;; token: FIRST');
    await until(() => world.seen().some(({ text }) => text.includes('echo:FIRST')), 'the answer');
    expect(await send('the nightly build is done')).toMatchObject({ code: 0 });
    await until(() => world.seen().some(({ text }) => text.includes('nightly')), 'the message');
    expect(world.seen().some(({ text }) => text.includes('too early'))).toBe(false);
  });
});
