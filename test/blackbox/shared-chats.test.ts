import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChatWorld, discordWorld, feishuWorld, weixinWorld } from './chat-world.ts';
import { cc, Daemon, type DaemonHome, makeHome, until } from './daemon.ts';
import { promptsOf, writeTwoProjects } from './two-projects.ts';

/** A bot with two people, each in a direct chat, and a look at how often it is connected. */
interface Bot {
  readonly world: ChatWorld;
  /** The second person's. */
  readonly chat: string;
  sendThere(text: string): void;
  textsThere(): readonly string[];
  connections(): number;
}

async function discordBot(): Promise<Bot> {
  const world = await discordWorld();
  const { sim } = world;
  const channel = sim.channel({ type: 1, name: 'dm of Bob' });
  const bob = sim.user('410000000000000502', 'Bob');
  return {
    world,
    chat: channel.id,
    sendThere: (text) => void sim.says(channel, bob, text),
    textsThere: () => sim.botMessages(channel.id).map((message) => sim.seen(message).text),
    connections: () => sim.gateway.sockets,
  };
}

async function feishuBot(): Promise<Bot> {
  const world = await feishuWorld();
  const { sim } = world;
  const bob = 'ou_bob0000000000000000000000000002';
  const chat = sim.directChat(bob);
  return {
    world,
    chat,
    sendThere: (text) => void sim.userSends({ user: bob, text }),
    textsThere: () => sim.messages(chat).map(({ text }) => text),
    connections: () => sim.link.clients.size,
  };
}

async function weixinBot(): Promise<Bot> {
  const world = await weixinWorld();
  const { sim } = world;
  const chat = 'bob@im.wechat';
  return {
    world,
    chat,
    sendThere: (text) => void sim.personSends(chat, text),
    textsThere: () => sim.messages.filter(({ to }) => to === chat).map(({ text }) => text),
    connections: () => sim.mostPolls,
  };
}

describe.each([
  ['discord', discordBot],
  ['feishu', feishuBot],
  ['weixin', weixinBot],
])('one bot for two projects on %s', (_, make) => {
  let home: DaemonHome;
  let bot: Bot;
  let daemon: Daemon | undefined;
  beforeEach(async () => {
    home = makeHome();
    bot = await make();
  });
  afterEach(async (context) => {
    if (context.task.result?.state === 'fail') process.stderr.write(daemon?.log ?? '');
    await daemon?.stop();
    daemon = undefined;
    await bot.world.close();
    home.remove();
  });

  const answered = (token: string) => bot.world.seen().filter(({ text }) => text.includes(`echo:${token}`));
  const answers = (token: string) => until(() => answered(token)[0], `the answer ${token}`);
  const answersThere = (token: string) =>
    until(() => bot.textsThere().some((text) => text.includes(`echo:${token}`)), `the answer ${token}`);

  it('is connected once; a rule gives one chat to the second project, /project the other, over a restart', async () => {
    const routes = `allow_from = "*"\n[projects.platforms.routes]\nchats = ["${bot.chat}"]`;
    writeTwoProjects(home, { demo: bot.world.config(), other: bot.world.config(routes) });
    daemon = await Daemon.start(home);
    bot.world.send('say: hi ;; token: ADA1');
    bot.sendThere('say: hi ;; token: BOB1');
    await answers('ADA1');
    await answersThere('BOB1');
    expect(promptsOf(home, 'demo')).not.toContain('BOB1');
    expect(promptsOf(home, 'other')).not.toContain('ADA1');
    bot.world.send('/project other');
    await until(() => bot.world.seen().some(({ text }) => text.includes('now talks to other')), 'the switch');
    expect(bot.connections()).toBe(1);
    await daemon.kill();
    bot.world.send('say: hi ;; token: ADA2');
    daemon = await Daemon.start(home);
    bot.sendThere('say: hi ;; token: BOB2');
    await answers('ADA2');
    await answersThere('BOB2');
    expect(promptsOf(home, 'demo')).not.toMatch(/ADA2|BOB2/);
    expect(promptsOf(home, 'other')).toContain('ADA2');
    expect(answered('ADA2')).toHaveLength(1);
    expect(bot.connections()).toBe(1);
    expect((await cc(home, ['routes'])).stdout).toContain('shared by 2 projects');
  });
});
