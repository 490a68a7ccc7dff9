import { DiscordSim, type SimChannel } from '../sim/discord/sim.ts';
import { FeishuSim } from '../sim/feishu/sim.ts';
import { SlackSim } from '../sim/slack/sim.ts';
import { TelegramSim } from '../sim/telegram/simulator.ts';
import { WeixinSim } from '../sim/weixin/simulator.ts';
import { clock, pause } from './numbers.ts';
import { wordsIn } from './script.ts';

/** What a bench needs of a simulated chat service. */
export interface ChatService {
  readonly name: string;
  /** The npm package through which the daemon talks to it. */
  readonly sdk: string;
  /** Lines of config that connect a daemon to it. */
  readonly config: string;
  /** Resolves when the daemon is connected. */
  connected(): Promise<void>;
  /** A person of this number writes in the direct chat. */
  write(person: number, text: string): void;
  /** The text left the service, toward the daemon. */
  onDelivered: (text: string, at: number) => void;
  /** The daemon called with a turn's first word anywhere, or with its last word in a message that stays. */
  onCall: (seen: { readonly word: 'begun' | 'ended'; readonly turn: number; readonly at: number }) => void;
  /** Whether a running answer is shown before it is over. */
  readonly shows: boolean;
  /** Words that start the least program for this service, beside which the daemon is measured. */
  readonly bare?: readonly string[];
  close(): Promise<void>;
}

/** Enough for a simulator to know that a daemon has come. */
const kept = 100;

/**
 * Reports each value that a simulator notes, at the moment it does. Later ones are not kept: thousands of calls would
 * have to be gone through by the garbage collection of the process that takes the times.
 */
function tap<T>(list: readonly T[], seen: (value: T) => void): void {
  const push = Array.prototype.push.bind(list) as (...values: T[]) => number;
  Object.defineProperty(list, 'push', {
    value: (...values: T[]) => {
      for (const value of values) seen(value);
      return list.length < kept ? push(...values) : list.length;
    },
  });
}

export async function telegramService(): Promise<ChatService> {
  const sim = await TelegramSim.start();
  const people = new Map<number, ReturnType<TelegramSim['addPrivateChat']>>();
  const sent = new Map<number, string>();
  const service: ChatService = {
    name: 'Telegram',
    bare: [sim.url, sim.token],
    sdk: 'grammy',
    config: [
      '[[projects.platforms]]',
      'type = "telegram"',
      '[projects.platforms.options]',
      `token = "${sim.token}"`,
      `api_base = "${sim.url}"`,
      'allow_from = "*"',
    ].join('\n'),
    connected: async () => {
      await sim.waitFor(() => sim.calls.some(({ method }) => method === 'getMe'), 10_000, 'the bot');
    },
    write: (person, text) => {
      const id = 10_000 + person;
      const user = people.get(id) ?? sim.addPrivateChat({ id, name: `Person${person}` });
      people.set(id, user);
      const { update } = sim.userSends(user, id, text);
      const at = sim.deliveredAt(update);
      if (at !== undefined) service.onDelivered(text, fromSim(at));
      else sent.set(update, text);
    },
    shows: true,
    onDelivered: () => {},
    onCall: () => {},
    close: () => sim.close(),
  };
  // Updates that had to wait for the next poll are found when a call shows that they were taken.
  tap(sim.calls, (call) => {
    if (call.method === 'getUpdates') {
      for (const [update, text] of sent) {
        const at = sim.deliveredAt(update);
        if (at === undefined) continue;
        sent.delete(update);
        service.onDelivered(text, fromSim(at));
      }
      return;
    }
    const draft = call.method === 'sendMessageDraft';
    for (const { word, turn } of wordsIn(JSON.stringify(call.payload)))
      if (word === 'begun' || !draft) service.onCall({ word, turn, at: fromSim(call.at) });
  });
  return service;
}

/** From the simulator's clock to the shared one. */
function fromSim(at: number): number {
  return at - (performance.timeOrigin + performance.now()) + clock();
}

export async function feishuService(): Promise<ChatService> {
  const sim = await new FeishuSim().start();
  const service: ChatService = {
    name: 'Feishu',
    sdk: '@larksuiteoapi/node-sdk',
    config: [
      '[[projects.platforms]]',
      'type = "feishu"',
      '[projects.platforms.options]',
      `app_id = "${sim.appId}"`,
      `app_secret = "${sim.appSecret}"`,
      `domain = "${sim.url}"`,
      'allow_from = "*"',
    ].join('\n'),
    connected: async () => {
      await sim.waitFor('the long connection', () => sim.link.clients.size > 0);
    },
    write: (person, text) => {
      const user = `ou_${String(person).padStart(32, '0')}`;
      sim.world.people.set(user, `Person ${person}`);
      // An open connection takes the event within this call.
      service.onDelivered(text, clock());
      sim.userSends({ user, text });
    },
    shows: true,
    onDelivered: () => {},
    onCall: () => {},
    close: () => sim.close(),
  };
  tap(sim.calls, (call) => {
    const at = clock();
    // A streamed update is no final text, whatever it says; a card that stops streaming is the first call of an end.
    const passing = call.op === 'card.content';
    const ends = call.op === 'card.settings';
    for (const { word, turn } of wordsIn(JSON.stringify(call.body)))
      if (word === 'begun' || !passing) service.onCall({ word: ends ? 'ended' : word, turn, at });
  });
  return service;
}

/** `[[projects.platforms]]` with these options. */
function platformConfig(type: string, options: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(options).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  const all = [...lines, 'allow_from = "*"'].join('\n');
  return `[[projects.platforms]]\ntype = "${type}"\n[projects.platforms.options]\n${all}`;
}

async function until(there: () => boolean): Promise<void> {
  while (!there()) await pause(10);
  // The daemon has to take in what greets it.
  await pause(200);
}

export async function slackService(): Promise<ChatService> {
  const sim = await new SlackSim().start();
  const channels = new Map<number, string>();
  const service: ChatService = {
    name: 'Slack',
    sdk: '@slack/bolt',
    config: platformConfig('slack', {
      bot_token: sim.botToken,
      app_token: sim.appToken,
      api_url: `${sim.url}/api`,
    }),
    connected: () => until(() => sim.link.clients.size > 0),
    write: (person, text) => {
      const channel = channels.get(person) ?? sim.channel('im');
      channels.set(person, channel);
      service.onDelivered(text, clock());
      sim.says(channel, text);
    },
    shows: true,
    onDelivered: () => {},
    onCall: () => {},
    close: () => sim.close(),
  };
  tap(sim.calls, ({ args }) => report(service, args));
  return service;
}

export async function discordService(): Promise<ChatService> {
  const sim = await new DiscordSim().start();
  const channels = new Map<number, SimChannel>();
  const service: ChatService = {
    name: 'Discord',
    sdk: 'discord.js',
    config: platformConfig('discord', { token: sim.token, api_url: sim.url }),
    connected: () => until(() => sim.gateway.identifies.length > 0),
    write: (person, text) => {
      const channel = channels.get(person) ?? sim.channel({ type: 1, name: 'dm' });
      channels.set(person, channel);
      service.onDelivered(text, clock());
      sim.says(channel, sim.user(String(410_000_000_000_000_000n + BigInt(person)), `Person${person}`), text);
    },
    shows: true,
    onDelivered: () => {},
    onCall: () => {},
    close: () => sim.close(),
  };
  tap(sim.calls, ({ body }) => report(service, body));
  return service;
}

export async function weixinService(): Promise<ChatService> {
  const sim = await WeixinSim.start();
  const waiting: string[] = [];
  const service: ChatService = {
    name: 'Weixin',
    sdk: '',
    config: platformConfig('weixin', { token: sim.token, base_url: sim.url, cdn_base_url: sim.cdnUrl }),
    connected: () => until(() => sim.polled),
    write: (person, text) => {
      if (sim.polled) service.onDelivered(text, clock());
      else waiting.push(text);
      sim.personSends(`person${person}@im.wechat`, text);
    },
    shows: false,
    onDelivered: () => {},
    onCall: () => {},
    close: () => sim.close(),
  };
  tap(sim.calls, ({ method, body }) => {
    // What came between two polls is delivered by the next one.
    if (method === 'getupdates') for (const text of waiting.splice(0)) service.onDelivered(text, clock());
    else report(service, body);
  });
  return service;
}

function report(service: ChatService, body: unknown): void {
  const at = clock();
  for (const { word, turn } of wordsIn(JSON.stringify(body))) service.onCall({ word, turn, at });
}
