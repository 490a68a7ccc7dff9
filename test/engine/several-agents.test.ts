import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoster } from '../../src/engine/agent-roster.ts';
import type { FakeAgent } from '../engine-harness/fake-agent.ts';
import { Harness, memberOf, until } from '../engine-harness/harness.ts';

/** Two agents: `fake-agent` is the first, `second` the other. */
async function two(options: Parameters<typeof Harness.open>[0] = {}): Promise<Harness> {
  return Harness.open({ moreAgents: ['second'], ...options });
}

function second(chat: Harness): FakeAgent {
  const found = chat.agents[1]?.[1];
  if (!found) throw new Error('there is one agent only');
  return found;
}

/** Resolves when an agent runs a prompt with these words. */
async function runs(agent: FakeAgent, words: string): Promise<void> {
  await until(`the agent to get ${words}`, () => agent.last?.prompts.at(-1)?.text.includes(words) === true);
}

async function idle(chat: Harness): Promise<void> {
  await until('the end of the turn', () => chat.actor().turn === undefined);
}

async function routed(chat: Harness, text: string, answer: string): Promise<void> {
  await chat.say(`@second ${text}`);
  await runs(second(chat), text);
  second(chat).last?.reply(answer);
  await until(`the answer ${answer}`, () => chat.platform.texts.includes(answer));
  await idle(chat);
}

let chat: Harness;

describe('several agents', () => {
  beforeEach(async () => {
    chat = await two();
  });
  afterEach(() => chat.close());

  it('begin with the first of the project', async () => {
    await chat.turn('hello', 'I am first');
    expect(second(chat).sessions).toEqual([]);
  });

  it('keep a conversation each; switching back resumes the old one', async () => {
    await chat.turn('one', 'first says one');
    expect(await chat.ask('/agent second')).toContain('second');
    await chat.say('two');
    await runs(second(chat), 'two');
    second(chat).last?.reply('second says two');
    await until('the answer', () => chat.platform.texts.includes('second says two'));
    await idle(chat);
    expect(chat.agent.sessions).toHaveLength(1);
    expect(await chat.ask('/agent fake-agent')).toContain('one');
    await chat.turn('three', 'first says three');
    // Its process was left alone meanwhile.
    expect(chat.agent.sessions).toHaveLength(1);
    expect(chat.agent.last?.prompts.map(({ text }) => text)).toEqual(['one', 'three']);
    const rows = chat.actor().sessions.list();
    expect(rows.map(({ agent, nativeId }) => [agent, nativeId]).sort()).toEqual([
      ['fake-agent', 'native-1'],
      ['second', 'native-1'],
    ]);
    expect(rows.filter(({ active }) => active).map(({ agent }) => agent)).toEqual(['fake-agent']);
  });

  it('come back to the same conversations after a restart', async () => {
    await chat.turn('one', 'first says one');
    await chat.ask('/agent second');
    await chat.say('two');
    await runs(second(chat), 'two');
    second(chat).last?.reply('second says two');
    await idle(chat);
    await chat.restart();
    await chat.say('more');
    await runs(second(chat), 'more');
    expect(second(chat).last?.spec.resume).toBe('native-1');
    second(chat).last?.reply('second says more');
    await idle(chat);
    await chat.ask('/agent fake-agent');
    await chat.running('again');
    expect(chat.agent.last?.spec.resume).toBe('native-1');
    chat.agent.last?.reply('first says again');
    await idle(chat);
  });

  it('a recap takes the last messages into the other conversation, once', async () => {
    await chat.turn('what is two and two', 'it is four');
    await chat.ask('/agent second --recap');
    await chat.say('and three?');
    await runs(second(chat), 'and three?');
    const prompt = second(chat).last?.prompts.at(-1)?.text ?? '';
    expect(prompt).toContain('User: what is two and two');
    expect(prompt).toContain('Assistant: it is four');
    second(chat).last?.reply('seven');
    await idle(chat);
    await chat.say('bare');
    await runs(second(chat), 'bare');
    expect(second(chat).last?.prompts.at(-1)?.text).toBe('bare');
    second(chat).last?.reply('ok');
    await idle(chat);
  });

  it('a switch waits its turn among the messages', async () => {
    await chat.running('one');
    await chat.say('/agent second');
    await chat.say('two');
    expect(second(chat).sessions).toEqual([]);
    chat.agent.last?.reply('first says one');
    await runs(second(chat), 'two');
    second(chat).last?.reply('second says two');
    await idle(chat);
  });
});

describe('a command behind a switch', () => {
  afterEach(() => chat.close());

  it('is for the agent that is switched to', async () => {
    chat = await two();
    second(chat).modes = [{ id: 'own', aliases: [], label: 'Own', description: 'only here' }];
    await chat.running('one');
    await chat.say('/agent second');
    await chat.say('/mode own');
    await chat.say('two');
    chat.agent.last?.reply('first says one');
    await runs(second(chat), 'two');
    expect(second(chat).last?.spec.mode).toBe('own');
    expect(second(chat).last?.prompts.map(({ text }) => text)).toEqual(['two']);
    second(chat).last?.reply('second says two');
    await idle(chat);
  });

  it('stays a command when the other agent could take it at once', async () => {
    chat = await two();
    chat.agent.capabilities = { ...chat.agent.capabilities, liveMode: false };
    await chat.running('one');
    await chat.say('/mode yolo');
    await chat.say('/agent second');
    await chat.say('/mode yolo');
    await chat.say('two');
    chat.agent.last?.reply('first says one');
    await runs(second(chat), 'two');
    expect(second(chat).last?.spec.mode).toBe('bypass');
    second(chat).last?.reply('second says two');
    await idle(chat);
  });
});

describe('a message to one agent by name', () => {
  beforeEach(async () => {
    chat = await two();
  });
  afterEach(() => chat.close());

  it('goes to its own conversation without switching', async () => {
    await chat.turn('one', 'first says one');
    await routed(chat, 'fix this', 'second fixed it');
    expect(second(chat).last?.prompts.map(({ text }) => text)).toEqual(['fix this']);
    await chat.turn('two', 'first says two');
    await routed(chat, 'and that', 'second did that');
    expect(chat.agent.sessions).toHaveLength(1);
    expect(second(chat).sessions).toHaveLength(1);
    const rows = chat.actor().sessions.list();
    expect(rows).toHaveLength(2);
    expect(rows.find(({ active }) => active)?.agent).toBe('fake-agent');
  });

  it.each(['@nobody fix this', 'ask @second', '@second', 'second fix this', '@secondfix this'])(
    'is none: %s',
    async (text) => {
      await chat.turn(text, 'first says it');
      expect(chat.agent.last?.prompts.at(-1)?.text).toBe(text);
      expect(second(chat).sessions).toEqual([]);
    },
  );

  it.each(['@Second, fix this', '@second: fix this', '@SECOND\nfix this'])('is one: %s', async (text) => {
    await chat.say(text);
    await runs(second(chat), 'fix this');
    expect(second(chat).last?.prompts.at(-1)?.text).toBe('fix this');
    second(chat).last?.reply('done');
    await idle(chat);
  });

  it('is for the agent also when it begins like a command', async () => {
    await routed(chat, '/status', 'second has a status');
  });

  it('keeps its place in the queue and its agent over a restart', async () => {
    await chat.running('one');
    await chat.say('@second two');
    await chat.say('three');
    await chat.restart();
    await runs(second(chat), 'two');
    second(chat).last?.reply('second says two');
    await runs(chat.agent, 'three');
    chat.agent.last?.reply('first says three');
    await idle(chat);
  });

  it('is read anew when it is edited while it waits', async () => {
    await chat.running('one');
    const { message } = await chat.send({ text: '@second two' });
    await chat.edit(message, '@second two, please');
    const other = await chat.send({ text: 'three' });
    await chat.edit(other.message, '@second three');
    const back = await chat.send({ text: '@second four' });
    await chat.edit(back.message, 'four');
    chat.agent.last?.reply('first says one');
    await runs(second(chat), 'two, please');
    second(chat).last?.reply('second says two');
    await runs(second(chat), 'three');
    second(chat).last?.reply('second says three');
    await runs(chat.agent, 'four');
    chat.agent.last?.reply('first says four');
    await idle(chat);
  });

  it('can be taken back', async () => {
    await chat.running('one');
    const { message } = await chat.send({ text: '@second two' });
    await chat.recall(message);
    chat.agent.last?.reply('first says one');
    await idle(chat);
    expect(second(chat).sessions).toEqual([]);
  });

  it('says what is missing when that agent was taken out of the config meanwhile', async () => {
    chat.expectsProblems = true;
    await chat.running('one');
    await chat.say('@second two');
    chat.context.agents = new AgentRoster([memberOf('fake-agent', chat.agent)]);
    chat.agent.last?.reply('first says one');
    await until('a word about it', () => chat.platform.last.includes('second'));
    await idle(chat);
    await chat.turn('three', 'first says three');
  });
});

describe('busy modes and several agents', () => {
  afterEach(() => chat.close());

  it('steer: only the agent that is spoken to is steered', async () => {
    chat = await two({ settings: { busyMode: 'steer' } });
    await chat.running('one');
    await chat.say('@second two');
    await chat.say('more');
    chat.agent.last?.reply('first says one');
    await runs(second(chat), 'two');
    expect(chat.agent.last?.steered).toEqual([]);
    await chat.say('@second hurry');
    second(chat).last?.reply('second says two');
    await runs(chat.agent, 'more');
    chat.agent.last?.reply('first says more');
    await runs(second(chat), 'hurry');
    await chat.say('@second and tidy up');
    await until('the steered words', () => second(chat).last?.steered.length === 1);
    expect(second(chat).last?.steered[0]?.text).toBe('and tidy up');
    second(chat).last?.reply('second hurried');
    await idle(chat);
  });

  it('interrupt: a message to another agent ends nothing', async () => {
    chat = await two({ settings: { busyMode: 'interrupt' } });
    await chat.running('one');
    await chat.say('@second two');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(chat.agent.last?.busy).toBe(true);
    chat.agent.last?.reply('first says one');
    await runs(second(chat), 'two');
    second(chat).last?.reply('second says two');
    await idle(chat);
  });

  it('collect: each agent gets what is for it', async () => {
    chat = await two({ settings: { busyMode: 'collect' } });
    await chat.running('one');
    await chat.say('two');
    await chat.say('three');
    await chat.say('@second four');
    await chat.say('five');
    chat.agent.last?.reply('first says one');
    await runs(chat.agent, 'three');
    expect(chat.agent.last?.prompts.at(-1)?.text).toBe('two\n\nthree');
    chat.agent.last?.reply('first says three');
    await runs(second(chat), 'four');
    expect(second(chat).last?.prompts.at(-1)?.text).toBe('four');
    second(chat).last?.reply('second says four');
    await runs(chat.agent, 'five');
    chat.agent.last?.reply('first says five');
    await idle(chat);
  });

  it('what one agent says by itself while another works is told afterwards', async () => {
    chat = await two();
    await chat.turn('one', 'first says one');
    await chat.say('@second two');
    await runs(second(chat), 'two');
    chat.agent.last?.speak('by the way');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(chat.platform.texts).not.toContain('by the way');
    second(chat).last?.reply('second says two');
    await until('both', () => chat.platform.texts.includes('by the way'));
    expect(chat.platform.texts.slice(-2)).toEqual(['second says two', 'by the way']);
    await idle(chat);
  });

  it('/cancel of a message to another agent renews that conversation alone', async () => {
    chat = await two();
    await chat.turn('one', 'first says one');
    await chat.say('@second two');
    await runs(second(chat), 'two');
    await chat.say('/cancel');
    await idle(chat);
    await until('the new conversation', () => chat.actor().sessions.list().length === 3);
    await chat.turn('three', 'first says three');
    expect(chat.agent.sessions).toHaveLength(1);
    await chat.say('@second four');
    await until('a second process', () => second(chat).sessions.length === 2);
    await runs(second(chat), 'four');
    expect(second(chat).last?.spec.resume).toBeUndefined();
    second(chat).last?.reply('second says four');
    await idle(chat);
  });
});

describe('pinned places', () => {
  afterEach(() => chat.close());

  it('speak with their agent, whatever was active before', async () => {
    chat = await two();
    await chat.turn('one', 'first says one');
    chat.context.settings = {
      ...chat.context.settings,
      pins: [{ platform: 'fake', chat: 'c1', thread: '', agent: 'second' }],
    };
    await chat.say('two');
    await runs(second(chat), 'two');
    second(chat).last?.reply('second says two');
    await idle(chat);
    expect(await chat.ask('/agent fake-agent')).toContain('📌');
    await chat.say('@fake-agent three');
    await runs(chat.agent, 'three');
    chat.agent.last?.reply('first says three');
    await idle(chat);
    const active = chat
      .actor()
      .sessions.list()
      .filter((row) => row.active);
    expect(active.map(({ agent }) => agent)).toEqual(['second']);
  });

  it('the narrowest pin counts, and a platform without one has its own', async () => {
    chat = await two({
      settings: {
        pins: [
          { platform: '', chat: 'c1', thread: '', agent: 'second' },
          { platform: '', chat: 'c1', thread: 't', agent: 'fake-agent' },
        ],
      },
    });
    await chat.send({ text: 'in the thread', address: { ...chat.address(), thread: 't' } });
    await runs(chat.agent, 'in the thread');
    chat.agent.last?.reply('first, in the thread');
    await idle(chat);
    await chat.say('in the chat');
    await runs(second(chat), 'in the chat');
    second(chat).last?.reply('second, in the chat');
    await idle(chat);
  });
});

describe('an agent that cannot be used', () => {
  afterEach(() => chat.close());

  it('does not stop the others, and is told where it is asked for', async () => {
    chat = await two();
    const broken = { ...memberOf('second', second(chat)), agent: undefined, problem: 'no such program' };
    chat.context.agents = new AgentRoster([broken, memberOf('fake-agent', chat.agent)]);
    await chat.turn('one', 'first says one');
    expect(await chat.ask('/agent second')).toContain('no such program');
    expect(await chat.ask('/agent')).toContain('no such program');
    expect(await chat.ask('/status')).toContain('no such program');
    expect(await chat.ask('@second fix this')).toContain('no such program');
    await idle(chat);
    await chat.turn('two', 'first says two');
  });

  it('conversations held before an agent had a name of its own are found again', async () => {
    chat = await two();
    await chat.turn('one', 'first says one');
    await chat.restart();
    chat.context.agents = new AgentRoster([memberOf('main', chat.agent), memberOf('second', second(chat))]);
    await chat.running('two');
    expect(chat.agent.last?.spec.resume).toBe('native-1');
    chat.agent.last?.reply('first says two');
    await idle(chat);
  });

  it('a conversation is not handed to another agent of the same type', async () => {
    chat = await two();
    await chat.turn('one', 'first says one');
    await routed(chat, 'two', 'second says two');
    await chat.restart();
    // The same type under another name: not the one these conversations were held with.
    const twin = memberOf('twin', second(chat));
    chat.context.agents = new AgentRoster([memberOf('fake-agent', chat.agent), { ...twin, type: 'other' }]);
    await chat.say('@twin three');
    await runs(second(chat), 'three');
    expect(second(chat).last?.spec.resume).toBeUndefined();
    second(chat).last?.reply('twin says three');
    await idle(chat);
  });
});

describe('/agent', () => {
  afterEach(() => chat.close());

  it('shows the agents as a card whose buttons switch', async () => {
    chat = await two();
    await chat.turn('one', 'first says one');
    const card = await chat.ask('/agent');
    expect(card).toContain('▶ **fake-agent**');
    expect(card).toContain('• **second**');
    expect(card).toContain('[fake-agent] [second]');
    const reply = await chat.press('act:/agent second');
    expect(JSON.stringify(reply.card)).toContain('▶ **second**');
  });

  it('tells what there is when a name is wrong', async () => {
    chat = await two();
    expect(await chat.ask('/agent third')).toContain('fake-agent, second');
  });

  it('lists what could be set up', async () => {
    chat = await two({
      catalogue: [{ id: 'x', name: 'X Agent', description: 'does x', command: ['npx', 'x', '--acp'] }],
    });
    const card = await chat.ask('/agent list all');
    expect(card).toContain('X Agent');
    expect(card).toContain('npx x --acp');
  });
});
