import { afterEach, describe, expect, it } from 'vitest';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

const prompts = () => chat.agent.sessions.flatMap((one) => one.prompts.map(({ text }) => text));
const prompted = (count: number) => until(`${count} prompts`, () => prompts().length === count);

describe('busy_mode queue', () => {
  it('runs what waits one by one, in the order it came, and says that it waits', async () => {
    chat = await Harness.open();
    await chat.running('one');
    await chat.say('two');
    await chat.say('three');
    await until('the notices', () => chat.platform.texts.length === 2);
    expect(chat.platform.texts).toEqual(['📥 Queued (1).', '📥 Queued (2).']);
    for (const count of [1, 2, 3]) {
      await prompted(count);
      chat.agent.last?.reply(`answer ${count}`);
    }
    await until('the last answer', () => chat.platform.last === 'answer 3');
    expect(prompts()).toEqual(['one', 'two', 'three']);
    expect(chat.platform.texts.slice(2)).toEqual(['answer 1', 'answer 2', 'answer 3']);
  });

  it('takes what the platform dates earlier first', async () => {
    chat = await Harness.open();
    const now = Date.now();
    await chat.running('one');
    await chat.send({ text: 'late', at: now + 2000 });
    await chat.send({ text: 'early', at: now + 1000 });
    chat.agent.last?.reply('done');
    await prompted(2);
    expect(prompts()[1]).toBe('early');
  });

  it('quotes each message in its own answer', async () => {
    chat = await Harness.open();
    const first = await chat.send({ text: 'one' });
    await prompted(1);
    const second = await chat.send({ text: 'two' });
    chat.agent.last?.reply('a1');
    await prompted(2);
    chat.agent.last?.reply('a2');
    await until('both answers', () => chat.platform.last === 'a2');
    const repliesTo = chat.platform.shown
      .filter(({ part }) => part.plain.startsWith('a'))
      .map(({ to }) => to.replyTo);
    expect(repliesTo).toEqual([first.message, second.message]);
  });

  it('goes on with the queue after a crash of the agent', async () => {
    chat = await Harness.open();
    await chat.running('one');
    await chat.say('two');
    chat.agent.last?.crash();
    await prompted(2);
    expect(chat.agent.sessions).toHaveLength(2);
    expect(chat.agent.last?.spec.resume).toBe('native-1');
    await until('the word', () => chat.platform.texts.some((text) => text.includes('stopped unexpectedly')));
  });
});

describe('an agent that is to be started anew after its turn', () => {
  it('does not take what waited down with it when the next process is being opened', async () => {
    chat = await Harness.open();
    await chat.running('one');
    await chat.say('two');
    const [old] = chat.agent.sessions;
    if (!old) throw new Error('no agent');
    let open: () => void = () => undefined;
    chat.agent.gate = new Promise((resolve) => {
      open = resolve;
    });
    chat.actor().renewAgent();
    old.reply('answer 1');
    await until('the end of the old one', () => old.closed);
    await new Promise((resolve) => setTimeout(resolve, 50));
    open();
    await prompted(2);
    expect(chat.agent.sessions).toHaveLength(2);
    expect(chat.agent.last?.spec.resume).toBe('native-1');
    chat.agent.last?.reply('answer 2');
    await until('the answer', () => chat.platform.last === 'answer 2');
    expect(chat.platform.texts.filter((text) => text.includes('stopped unexpectedly'))).toEqual([]);
  });
});

describe('busy_mode steer', () => {
  const steering = () => Harness.open({ settings: { busyMode: 'steer' } });

  it('hands a text to the running turn; both are one turn', async () => {
    chat = await steering();
    await chat.running('one');
    await chat.say('and two');
    await until('the steer', () => chat.agent.last?.steered.length === 1);
    await until('the join', () => chat.actor().turn?.inputs.length === 2);
    chat.agent.last?.reply('both done');
    await until('the end', () => chat.platform.last === 'both done' && !chat.actor().turn);
    expect(prompts()).toEqual(['one']);
    await until('both finished', () => chat.queries.openInputs(chat.context.name).length === 0);
  });

  it.each(['too_late', 'refused'] as const)('queues a text that is %s', async (answer) => {
    chat = await steering();
    await chat.running('one');
    if (chat.agent.last) chat.agent.last.steerable = answer;
    await chat.say('two');
    await until('the queue', () => chat.actor().waiting.length === 1);
    chat.agent.last?.reply('done');
    await prompted(2);
    expect(prompts()).toEqual(['one', 'two']);
  });

  it('keeps the order when the turn ends while a text is on its way to it', async () => {
    chat = await steering();
    await chat.running('one');
    let open: () => void = () => undefined;
    const agent = chat.agent.last;
    if (!agent) throw new Error('no agent');
    agent.steerGate = new Promise((resolve) => {
      open = resolve;
    });
    agent.steerable = 'too_late';
    await chat.say('two');
    agent.reply('done one');
    await until('the end', () => chat.actor().turn === undefined);
    await chat.say('three');
    open();
    await prompted(2);
    agent.reply('done two');
    await prompted(3);
    expect(prompts()).toEqual(['one', 'two', 'three']);
  });

  describe('a text that was taken too late for the turn', () => {
    const lateText = async (when: 'before' | 'after') => {
      chat = await steering();
      await chat.running('one');
      const agent = chat.agent.last;
      if (!agent) throw new Error('no agent');
      agent.folds = false;
      let open: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      if (when === 'after') agent.steerGate = gate;
      await chat.say('two');
      if (when === 'before') await until('the join', () => chat.actor().turn?.inputs.length === 2);
      agent.reply('done one');
      await until('the end', () => chat.queries.openTurns(chat.context.name).length === 0);
      open();
      await until('it is taken', () => agent.steered.length === 1);
      await until('one is over', () => chat.actor().turn === undefined);
      return agent;
    };

    it.each(['before', 'after'] as const)(
      'is answered in a turn of its own, before anything else (told %s the end)',
      async (when) => {
        const agent = await lateText(when);
        await chat.say('three');
        const [two] = agent.steered;
        if (!two) throw new Error('nothing steered');
        agent.emit({ kind: 'turn_start', origin: 'prompt', prompts: [two.id] });
        agent.emit({ kind: 'text', text: 'done two', mode: 'block' });
        agent.emit({ kind: 'turn_end', prompts: [two.id], outcome: { status: 'ok' } });
        await until('its answer', () => chat.platform.texts.includes('done two'));
        await prompted(2);
        expect(prompts()).toEqual(['one', 'three']);
        agent.reply('done three');
        await until('nothing left', () => chat.queries.openInputs(chat.context.name).length === 0);
        expect(chat.platform.texts).toEqual(['done one', 'done two', 'done three']);
      },
    );

    it.each(['before', 'after'] as const)('runs anew when the agent dies (told %s the end)', async (when) => {
      const agent = await lateText(when);
      await until('it waits', () => chat.queries.openInputs(chat.context.name).length === 1);
      agent.crash();
      await prompted(2);
      chat.agent.last?.reply('done two');
      await until('nothing left', () => chat.queries.openInputs(chat.context.name).length === 0);
      expect(chat.platform.texts).toEqual(['done one', 'done two']);
    });
  });

  it('does not steer before the agent has taken the first prompt', async () => {
    chat = await steering();
    let open: () => void = () => undefined;
    chat.agent.gate = new Promise((resolve) => {
      open = resolve;
    });
    await chat.say('one');
    await until('the turn', () => chat.actor().turn !== undefined);
    await chat.say('two');
    await until('the queue', () => chat.actor().waiting.length === 1);
    open();
    await prompted(1);
    expect(chat.agent.last?.steered).toHaveLength(0);
  });

  it('queues an album as one message instead of handing it over piece by piece', async () => {
    chat = await steering();
    await chat.running('one');
    const group = { id: 'album', windowMs: 5 };
    await Promise.all([chat.send({ text: 'a', group }), chat.send({ text: 'b', group })]);
    chat.agent.last?.reply('done');
    await prompted(2);
    expect(chat.agent.last?.steered).toHaveLength(0);
    expect(prompts()[1]).toBe('a\n\nb');
  });
});

describe('busy_mode interrupt', () => {
  it('ends the running turn and starts with the new message, with the process kept', async () => {
    chat = await Harness.open({ settings: { busyMode: 'interrupt' } });
    await chat.running('one');
    await chat.say('two');
    await prompted(2);
    expect(chat.agent.sessions).toHaveLength(1);
    expect(chat.agent.last?.closed).toBe(false);
    expect(chat.platform.texts).toContain('⏹ Interrupted by your new message.');
  });

  it('does not kill the agent because two messages come while it stops', async () => {
    chat = await Harness.open({ settings: { busyMode: 'interrupt' } });
    await chat.running('one');
    if (chat.agent.last) chat.agent.last.deaf = true;
    await chat.say('two');
    await chat.say('three');
    expect(chat.agent.last?.closed).toBe(false);
    chat.agent.last?.end({ status: 'interrupted' });
    await prompted(2);
    expect(prompts()).toEqual(['one', 'two']);
  });

  it('lets a stop by the person hold what waits, even after an interruption', async () => {
    chat = await Harness.open({ settings: { busyMode: 'interrupt' } });
    await chat.running('one');
    if (chat.agent.last) chat.agent.last.deaf = true;
    await chat.say('two');
    await chat.say('/stop');
    await until('the end', () => chat.actor().turn === undefined);
    expect(chat.actor().isHeld).toBe(true);
    expect(prompts()).toEqual(['one']);
  });
});

describe('busy_mode collect', () => {
  it('makes one turn of what came while the agent worked', async () => {
    chat = await Harness.open({ settings: { busyMode: 'collect' } });
    await chat.running('one');
    await chat.say('two');
    await chat.say('three');
    chat.agent.last?.reply('done');
    await prompted(2);
    expect(prompts()[1]).toBe('two\n\nthree');
    chat.agent.last?.reply('both');
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
  });

  it('does not collect across a command that waits its turn', async () => {
    chat = await Harness.open({ settings: { busyMode: 'collect' } });
    await chat.running('one');
    await chat.say('two');
    await chat.say('/new');
    await chat.say('three');
    chat.agent.last?.reply('done');
    await prompted(2);
    expect(prompts()[1]).toBe('two');
    chat.agent.last?.reply('done two');
    await prompted(3);
    expect(prompts()[2]).toBe('three');
    expect(chat.agent.sessions).toHaveLength(2);
  });
});

describe('an album', () => {
  it('is one turn, also when its messages come apart', async () => {
    chat = await Harness.open();
    const group = { id: 'g1', windowMs: 30 };
    await chat.send({ text: 'look', group });
    await chat.send({ extra: 'second picture', group });
    await prompted(1);
    expect(prompts()[0]).toBe('look\n\nsecond picture');
  });

  it('does not take in a message that merely follows it', async () => {
    chat = await Harness.open();
    const group = { id: 'g1', windowMs: 5 };
    await Promise.all([chat.send({ text: 'a', group }), chat.send({ text: 'other' })]);
    await prompted(1);
    expect(prompts()[0]).toBe('a');
  });
});
