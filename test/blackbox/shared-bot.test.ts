import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlackSim } from '../sim/slack/sim.ts';
import { TelegramSim } from '../sim/telegram/simulator.ts';
import { cc, Daemon, type DaemonHome, makeHome, until } from './daemon.ts';
import { promptsOf, writeTwoProjects } from './two-projects.ts';

/** A bot with one person, and a look at how often it is connected. */
interface Bot {
  readonly platform: string;
  readonly chat: string;
  readonly person: string;
  config(routes?: string): string;
  send(text: string): void;
  seen(): readonly { readonly id: string; readonly text: string; readonly buttons: readonly string[] }[];
  press(message: string, label: string): Promise<unknown>;
  /** Throws when there is or was more than one connection at a time; names the current one. */
  connection(): unknown;
  close(): Promise<void>;
}

async function telegramBot(): Promise<Bot> {
  const sim = await TelegramSim.start();
  const chat = 501;
  const user = sim.addPrivateChat({ id: chat, name: 'Ada' });
  return {
    platform: 'telegram',
    chat: String(chat),
    person: String(chat),
    config: (routes = '') =>
      `[[projects.platforms]]\ntype = "telegram"\n[projects.platforms.options]\ntoken = "${sim.token}"\napi_base = "${sim.url}"\nallow_from = "*"\n${routes}\n`,
    send: (text) => void sim.userSends(user, chat, { text }),
    seen: () =>
      sim.botMessages(chat).map((message) => ({
        id: String(message.id),
        text: message.text ?? '',
        buttons: message.markup?.inline_keyboard.flat().map(({ text }) => text) ?? [],
      })),
    press: (message, label) => sim.press(user, chat, Number(message), label),
    connection() {
      const polls = sim.calls.filter(({ method }) => method === 'getUpdates');
      expect(polls.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
      return sim.calls.filter(({ method }) => method === 'getMe').length;
    },
    close: () => sim.close(),
  };
}

async function slackBot(): Promise<Bot> {
  const sim = await new SlackSim().start();
  const chat = sim.channel('im');
  return {
    platform: 'slack',
    chat,
    person: sim.ann,
    config: (routes = '') =>
      `[[projects.platforms]]\ntype = "slack"\n[projects.platforms.options]\nbot_token = "${sim.botToken}"\napp_token = "${sim.appToken}"\napi_url = "${sim.url}/api"\nallow_from = "*"\n${routes}\n`,
    send: (text) => void sim.says(chat, text),
    seen: () => sim.botMessages(chat),
    press: (message, label) => sim.press(chat, message, label),
    connection() {
      const [only, ...more] = sim.link.clients;
      expect(more).toEqual([]);
      return only;
    },
    close: () => sim.close(),
  };
}

let home: DaemonHome;
let bot: Bot;
let daemon: Daemon | undefined;
afterEach(async (context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(daemon?.log ?? '');
  await daemon?.stop();
  daemon = undefined;
  await bot.close();
  home.remove();
});

const prompts = (project: 'demo' | 'other') => promptsOf(home, project);

/** `demo` and `other`, both reached through the one bot. */
function configure(routes: { demo?: string; other?: string } = {}): void {
  writeTwoProjects(home, { demo: bot.config(routes.demo), other: bot.config(routes.other) });
}

const appears = (text: string) =>
  until(() => bot.seen().find((message) => message.text.includes(text)), `"${text}" in the chat`);
const answersTo = (token: string) => bot.seen().filter(({ text }) => text.includes(`echo:${token}`)).length;

async function choose(project: string): Promise<void> {
  const told = () => bot.seen().filter(({ text }) => text.includes(`now talks to ${project}`)).length;
  const before = told();
  bot.send(`/project ${project}`);
  await until(() => told() > before, `the switch to ${project}`);
}

describe.each([
  ['telegram', telegramBot],
  ['slack', slackBot],
])('two projects behind one bot on %s', (_, world) => {
  beforeEach(async () => {
    home = makeHome();
    bot = await world();
    configure();
  });

  it('share one connection; /project switches for good, and nothing is lost over a kill', async () => {
    daemon = await Daemon.start(home);
    expect(daemon.log).toContain('without routes');
    bot.send('say: hi ;; token: A1');
    await appears('echo:A1');
    bot.send('/project');
    const card = await until(() => bot.seen().find(({ buttons }) => buttons.includes('other')), 'the card');
    await bot.press(card.id, 'other');
    await appears('now talks to other');
    bot.send('say: hi ;; token: B1');
    await appears('echo:B1');
    expect(prompts('demo')).toContain('A1');
    expect(prompts('demo')).not.toContain('B1');
    expect(prompts('other')).toContain('B1');
    bot.connection();
    await choose('demo');
    bot.send('slow: 2 ;; say: late ;; token: A2');
    await until(() => prompts('demo').includes('A2'), 'the prompt');
    bot.send('/project other');
    await daemon.kill();
    bot.send('say: while down ;; token: B2');
    daemon = await Daemon.start(home);
    await appears('echo:B2');
    await appears('echo:A2');
    expect(prompts('other')).toContain('B2');
    expect(prompts('demo')).not.toContain('B2');
    for (const token of ['A1', 'B1', 'A2', 'B2']) expect(answersTo(token), token).toBe(1);
    bot.connection();
  });

  it('a button goes to the project whose question it answers', async () => {
    daemon = await Daemon.start(home);
    bot.send('ask: Bash {"command":"touch x"} ;; token: ASK');
    const request = await until(
      () => bot.seen().find(({ buttons }) => buttons.includes('Allow')),
      'the request',
    );
    await choose('other');
    await bot.press(request.id, 'Allow');
    await appears('echo:ASK');
    expect(prompts('other')).toBe('');
  });

  it('a reload takes one of them away and back while the other goes on over the same connection', async () => {
    daemon = await Daemon.start(home);
    const both = readFileSync(home.configFile, 'utf8');
    const second = both.lastIndexOf('[[projects]]');
    const first = both.indexOf('[[projects]]');
    await choose('other');
    const before = bot.connection();
    bot.send('slow: 1 ;; say: undisturbed ;; token: R1');
    await until(() => prompts('other').includes('R1'), 'the prompt');
    writeFileSync(home.configFile, both.slice(0, first) + both.slice(second));
    expect(await cc(home, ['reload'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('project demo removed'),
    });
    await appears('echo:R1');
    bot.send('say: still here ;; token: R2');
    await appears('echo:R2');
    writeFileSync(home.configFile, both);
    expect(await cc(home, ['reload'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('project demo added'),
    });
    await choose('demo');
    bot.send('say: back ;; token: R3');
    await appears('echo:R3');
    expect(prompts('demo')).toContain('R3');
    writeFileSync(home.configFile, both.slice(0, second));
    expect((await cc(home, ['reload'])).stdout).toContain('project other removed');
    bot.send('say: alone ;; token: R4');
    await appears('echo:R4');
    expect(bot.connection()).toBe(before);
  });
});

describe('the routes of a shared bot', () => {
  beforeEach(async () => {
    home = makeHome();
    bot = await telegramBot();
  });

  it('are followed, shown with their reasons, and changed by a reload without a new connection', async () => {
    configure({ other: `[projects.platforms.routes]\nchats = [${bot.chat}]` });
    daemon = await Daemon.start(home);
    bot.send('say: hi ;; token: C1');
    await appears('echo:C1');
    const before = bot.connection();
    expect(prompts('other')).toContain('C1');
    bot.send('/project demo');
    await appears('ties this place to other');
    const asked = await cc(home, ['routes', '--chat', bot.chat, '--user', bot.person]);
    expect(asked.stdout).toContain('shared by 2 projects');
    expect(asked.stdout).toContain('project other, by a rule for the chat');
    const text = readFileSync(home.configFile, 'utf8');
    writeFileSync(home.configFile, text.replace(`chats = [${bot.chat}]`, 'chats = [7]'));
    expect((await cc(home, ['reload'])).stdout).toContain('other: telegram changed');
    bot.send('say: hi ;; token: C2');
    await appears('echo:C2');
    expect(prompts('demo')).toContain('C2');
    await choose('other');
    const live = await cc(home, ['routes', '--chat', bot.chat, '--json']);
    expect(JSON.parse(live.stdout)).toMatchObject({
      live: true,
      accounts: [
        { choices: [{ chat: bot.chat, project: 'other' }], answer: { project: 'other', level: 'choice' } },
      ],
    });
    expect((await cc(home, ['status'])).stdout).toContain('shared with other');
    expect(bot.connection()).toBe(before);
  });

  it('are those of a choice that was taken in right before a kill', async () => {
    configure();
    daemon = await Daemon.start(home, { env: { CC_CONNECT_FAILPOINT: 'setPreference@before:1' } });
    bot.send('/project other');
    await daemon.exited;
    bot.send('say: hi ;; token: K1');
    daemon = await Daemon.start(home);
    await appears('echo:K1');
    expect(prompts('other')).toContain('K1');
    expect(prompts('demo')).toBe('');
    expect(bot.seen().filter(({ text }) => text.includes('now talks to other'))).toHaveLength(1);
  });

  it.each([
    ['cannot start', 'acp'],
    ['has errors in the config', 'claudcode'],
  ])('of a project that %s are kept from the other one, which goes on', async (_, agent) => {
    configure({ other: `[projects.platforms.routes]\nchats = [${bot.chat}]` });
    const whole = readFileSync(home.configFile, 'utf8');
    const at = whole.lastIndexOf('type = "claudecode"');
    writeFileSync(
      home.configFile,
      `${whole.slice(0, at)}type = "${agent}"${whole.slice(at + 19)}`.replace(
        /(type = "(?:acp|claudcode)"[\s\S]*?)cmd = .*\n/,
        '$1',
      ),
    );
    daemon = await Daemon.start(home);
    bot.send('say: secret ;; token: D1');
    await appears('belongs to project other, which is not running');
    bot.send('say: secret ;; token: D2');
    const asked = await cc(home, ['routes', '--chat', bot.chat]);
    expect(asked.stdout).toContain('shared by 2 projects');
    expect(asked.stdout).toContain('; not running: ');
    expect(asked.stdout).toContain('it is not running: the message is refused, and no other gets it');
    await daemon.kill();
    bot.send('say: secret ;; token: D3');
    daemon = await Daemon.start(home);
    writeFileSync(home.configFile, whole);
    await until(() => bot.seen().length >= 2, 'the words after the restart');
    expect((await cc(home, ['reload'])).stdout).toContain('project other added');
    bot.send('say: here I am ;; token: D4');
    await appears('echo:D4');
    expect(prompts('demo')).toBe('');
    expect(prompts('other')).not.toMatch(/D[123]/);
  });

  it('that contradict each other are told by config check', async () => {
    const routes = `[projects.platforms.routes]\nchats = [${bot.chat}]`;
    configure({ demo: routes, other: routes });
    const checked = await cc(home, ['config', 'check', home.configFile]);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain(
      `"${bot.chat}" belongs to project demo already (projects[0].platforms[0])`,
    );
  });
});
