import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buttonsOf } from '../../engine-harness/fake-platform.ts';
import { alice, until } from '../../engine-harness/harness.ts';
import { SharedBot } from '../../engine-harness/shared-bot.ts';

const bob = { id: 'bob', name: 'Bob' };
let bot: SharedBot;
beforeEach(async () => {
  bot = await SharedBot.open({ red: {}, blue: {} });
});
afterEach(() => bot.close());

const prompts = (name: string) => bot.project(name).agent.last?.prompts.map(({ text }) => text) ?? [];
const reaches = (name: string, text: string) =>
  until(`${name} to get ${text}`, () => prompts(name).some((prompt) => prompt.includes(text)));
const shows = (text: string) =>
  until(`"${text}" in the chat`, () => bot.platform.texts.some((one) => one.includes(text)));
const choose = async (name: string) => {
  await bot.say(`/project ${name}`);
  await shows(`now talks to ${name}`);
};

const redAsks = () =>
  bot.project('red').agent.last?.emit({
    kind: 'approval',
    wireId: 'w1',
    request: {
      kind: 'permission',
      tool: 'Bash',
      summary: 'ls',
      input: {},
      options: [
        { id: 'yes', role: 'allow', label: 'Yes' },
        { id: 'no', role: 'deny', label: 'No' },
      ],
    },
  });

describe('a bot behind which there are several projects', () => {
  it('gives each message to one of them', async () => {
    bot.claim('blue', { users: ['bob'] });
    await bot.say('for red');
    await bot.say('for blue', { sender: bob, address: bot.place(bob, { chat: 'c2' }) });
    await reaches('red', 'for red');
    await reaches('blue', 'for blue');
    expect([...prompts('red'), ...prompts('blue')]).toHaveLength(2);
  });

  it('runs a message once that comes again after the chat was switched', async () => {
    await bot.say('only once', { message: 'x1' });
    await reaches('red', 'only once');
    await choose('blue');
    expect(await bot.say('only once', { message: 'x1' })).toBe('duplicate');
    expect(prompts('blue')).toEqual([]);
  });

  it('sends edits and recalls to the project that has the message', async () => {
    await bot.say('first');
    await reaches('red', 'first');
    await bot.say('second', { message: 'x2' });
    await choose('blue');
    const about = { message: 'x2', address: bot.place(), sender: alice, at: 0 };
    await bot.input({ kind: 'edit', dedupeKey: 'e1', text: 'second, better', ...about });
    bot.project('red').agent.last?.reply('done');
    await reaches('red', 'second, better');
    await bot.input({ kind: 'recall', dedupeKey: 'r1', ...about, sender: { id: '' } });
    await until('the turn to end', () => bot.project('red').actor().turn === undefined);
  });

  it('finishes in the chat what an earlier project began there, also after a restart', async () => {
    await bot.say('long work');
    await reaches('red', 'long work');
    await choose('blue');
    await bot.say('other work');
    await reaches('blue', 'other work');
    bot.project('red').agent.last?.reply('red is done');
    await shows('red is done');
    await bot.restart();
    await bot.say('more work');
    await reaches('blue', 'more work');
  });

  it('hands a button to the project it is about, whichever the chat talks to', async () => {
    await bot.say('ask me');
    await reaches('red', 'ask me');
    redAsks();
    await until('the request', () => bot.platform.cards.length > 0);
    await choose('blue');
    const allow = bot.platform.cards.flatMap(buttonsOf).find((data) => data.startsWith('p:'));
    await bot.press(allow ?? '');
    await until('the answer', () => bot.project('red').agent.last?.answers.length === 1);
    expect(bot.project('blue').queries.openApprovals(bot.project('blue').context.name)).toEqual([]);
  });

  it('takes a reply to an open request as meant for who asked', async () => {
    await bot.say('ask me');
    await reaches('red', 'ask me');
    redAsks();
    const request = () =>
      bot.platform.shown.find(({ part }) => part.kind === 'card' && part.plain.includes('['));
    await until('the request', () => request() !== undefined);
    await choose('blue');
    await bot.say('allow', { quoted: { message: request()?.id ?? '' } });
    await until('the answer', () => bot.project('red').agent.last?.answers.length === 1);
    await bot.say('allow');
    await reaches('blue', 'allow');
  });

  it('leaves a card with the project that showed it', async () => {
    await bot.say('/list');
    await until('the list', () => bot.platform.shown.length > 0);
    const source = bot.platform.shown.at(-1)?.id;
    await choose('blue');
    await bot.press('nav:/status', source);
    const row = bot.project('red').queries.inputByKey(bot.platform.account, 'a:3');
    expect(row?.project).toBe('red');
  });

  it('lets /stop reach what runs', async () => {
    await bot.say('long work');
    await reaches('red', 'long work');
    await choose('blue');
    await bot.say('/stop');
    await until('the stop', () => bot.project('red').agent.last?.busy === false);
  });

  it('moves choices and conversations along with a chat, and the rules of the config hold on', async () => {
    bot.claim('blue', { chats: ['c9'] });
    await choose('blue');
    await bot.say('hello blue');
    await reaches('blue', 'hello blue');
    const move = (from: string, to: string) =>
      bot.input({
        kind: 'migrate',
        dedupeKey: `migrate ${from}`,
        fromChat: from,
        address: { account: bot.platform.account, chat: to, direct: false },
        sender: { id: 'bot', bot: true },
        at: 0,
      });
    expect(await move('c1', 'c2')).toBe('accepted');
    expect(await move('c1', 'c2')).toBe('duplicate');
    expect(bot.router.decide(bot.place(alice, { chat: 'c2' }), alice)).toMatchObject({
      project: 'blue',
      level: 'choice',
    });
    const sessions = bot.project('blue').queries.sessionsOfProject(bot.project('blue').context.name);
    await until('the session to move', () =>
      bot
        .project('blue')
        .queries.sessionsOfProject(bot.project('blue').context.name)
        .some(({ address }) => address?.chat === 'c2'),
    );
    expect(sessions).toHaveLength(1);
    await move('c9', 'c10');
    expect(bot.router.decide(bot.place(alice, { chat: 'c10' }), alice)).toMatchObject({
      project: 'blue',
      level: 'chat',
      by: 'c9',
    });
    const open = ['red', 'blue'].map((name) => bot.project(name));
    await until('both moves to be done', () =>
      open.every(({ queries, context }) =>
        queries.openInputs(context.name).every(({ kind }) => kind !== 'migrate'),
      ),
    );
  });
});

describe('a bot of one project', () => {
  it('lets what comes right behind a move of the chat wait for it', async () => {
    await bot.close();
    bot = await SharedBot.open({ red: {} });
    await bot.say('one');
    await reaches('red', 'one');
    const verdicts = await Promise.all([
      bot.input({
        kind: 'migrate',
        dedupeKey: 'move',
        fromChat: 'c1',
        address: { account: bot.platform.account, chat: 'c2', direct: false },
        sender: { id: 'bot', bot: true },
        at: 0,
      }),
      bot.say('two', { address: bot.place(alice, { chat: 'c2' }) }),
    ]);
    expect(verdicts).toEqual(['accepted', 'accepted']);
    const { agent, queries, context } = bot.project('red');
    agent.last?.reply('to one');
    await reaches('red', 'two');
    expect(agent.sessions).toHaveLength(1);
    expect(queries.sessionsOfProject(context.name)).toHaveLength(1);
  });
});

describe('/project', () => {
  it('lists the projects that let the person in, with buttons, and says which one this is', async () => {
    await bot.say('/project');
    await until('the card', () => bot.platform.cards.length > 0);
    const text = bot.platform.last;
    expect(text).toContain('▶ **red** — Fake Agent · the first that lets you in');
    expect(text).toContain('• blue — Fake Agent');
    const [, blue] = buttonsOf(bot.platform.cards.at(-1));
    const reply = await bot.press(blue ?? '', bot.platform.shown.at(-1)?.id);
    expect(JSON.stringify(reply.card)).toContain('now talks to blue');
    await bot.say('hello');
    await reaches('blue', 'hello');
    await bot.say('/current');
    await shows('Project: blue (chosen with /project)');
  });

  it('takes effect between the messages around it, also when all come at once', async () => {
    const all = ['one', '/project blue', 'two', '/project red', 'three'].map((text) => bot.say(text));
    expect(await Promise.all(all)).toEqual(Array(5).fill('accepted'));
    await reaches('red', 'one');
    await reaches('blue', 'two');
    bot.project('red').agent.last?.reply('done one');
    await reaches('red', 'three');
    expect(prompts('red').join()).not.toContain('two');
    expect(prompts('blue')).toHaveLength(1);
  });

  it('lasts over a restart, and auto forgets it', async () => {
    await choose('blue');
    await bot.restart();
    expect(bot.router.decide(bot.place(), alice)).toMatchObject({ project: 'blue', level: 'choice' });
    await bot.say('/project auto');
    await shows('the configuration decides: red');
    expect(bot.router.decide(bot.place(), alice).level).toBe('first');
  });

  it('is about the thread it is written in, and about the chat outside of one', async () => {
    const thread = { address: bot.place(alice, { thread: 't1' }) };
    await bot.say('/project blue', thread);
    await shows('This thread now talks to blue');
    expect(bot.router.decide(thread.address, alice).project).toBe('blue');
    expect(bot.router.decide(bot.place(), alice).project).toBe('red');
    await bot.say('/project blue', { address: bot.place(alice, { thread: 'begun' }), message: 'begun' });
    await shows('This chat now talks to blue');
    expect(bot.router.decide(bot.place(alice, { thread: 'other' }), alice).project).toBe('blue');
  });

  it('knows beginnings of names, and says what there is otherwise', async () => {
    await bot.say('/project green');
    await shows('No project “green” for you here. There is: red, blue.');
    await bot.say('/project bl');
    await shows('now talks to blue');
  });

  it('does not move what the config ties down', async () => {
    bot.claim('red', { chats: ['c1'] });
    await bot.say('/project blue');
    await shows('ties this place to red (set for this chat)');
    expect(bot.router.decide(bot.place(), alice).project).toBe('red');
  });
});

describe('people whom not every project lets in', () => {
  beforeEach(async () => {
    await bot.close();
    bot = await SharedBot.open({ red: {}, blue: { allowFrom: 'alice' } });
  });

  it('neither see nor reach the others', async () => {
    const from = { sender: bob, address: bot.place(bob, { chat: 'c2' }) };
    await bot.say('/project', from);
    await shows('offers you one project: red');
    await bot.say('/project blue', from);
    await until('a second answer', () => bot.platform.shown.length === 2);
    await bot.say('hello', from);
    await reaches('red', 'hello');
  });

  it('are not led into a project that somebody else chose for the chat', async () => {
    await choose('blue');
    await bot.say('hello from bob', { sender: bob });
    await reaches('red', 'hello from bob');
    await bot.say('hello from alice');
    await reaches('blue', 'hello from alice');
  });
});
