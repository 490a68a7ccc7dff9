import { afterEach, describe, expect, it } from 'vitest';
import { buttonsOf } from '../engine-harness/fake-platform.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

const prompts = () => chat.agent.sessions.flatMap((one) => one.prompts.map(({ text }) => text));
const prompted = (count: number) => until(`${count} prompts`, () => prompts().length === count);
const cards = (count: number) => until(`${count} cards`, () => chat.platform.cards.length === count);

describe('a message beyond the queue depth', () => {
  it('is kept with Run and Drop; Run puts it into the queue, once', async () => {
    chat = await Harness.open({ settings: { queueDepth: 1 } });
    await chat.running('one');
    await chat.say('two');
    await chat.say('three');
    await cards(1);
    expect(chat.platform.last).toContain('three');
    expect(chat.actor().waiting).toHaveLength(1);
    const [run, drop] = buttonsOf(chat.platform.cards[0]);
    expect((await chat.press(run ?? '')).toast).toBe('▶️ Running.');
    expect((await chat.press(run ?? '')).toast).toContain('settled already');
    expect((await chat.press(drop ?? '')).toast).toContain('settled already');
    expect(chat.actor().waiting).toHaveLength(2);
  });

  it('is dropped by its button and never runs', async () => {
    chat = await Harness.open({ settings: { queueDepth: 1 } });
    await chat.running('one');
    await chat.say('two');
    await chat.say('three');
    await cards(1);
    await chat.press(buttonsOf(chat.platform.cards[0])[1] ?? '');
    chat.agent.last?.reply('a');
    await prompted(2);
    chat.agent.last?.reply('b');
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
    expect(prompts()).toEqual(['one', 'two']);
  });

  it('is told apart in a burst as well: what is on its way to the disk counts', async () => {
    chat = await Harness.open({ settings: { queueDepth: 2 } });
    await Promise.all(['1', '2', '3', '4', '5'].map((text) => chat.say(text)));
    await cards(2);
    await prompted(1);
    expect(chat.actor().waiting).toHaveLength(2);
  });

  it('brings its whole album along, with one card and one decision', async () => {
    chat = await Harness.open({ settings: { queueDepth: 1 } });
    await chat.running('one');
    await chat.say('two');
    const group = { id: 'album', windowMs: 5 };
    await chat.send({ text: 'a', group });
    await chat.send({ text: 'b', group });
    await cards(1);
    chat.agent.last?.reply('x');
    await prompted(2);
    await chat.press(buttonsOf(chat.platform.cards[0])[0] ?? '');
    chat.agent.last?.reply('y');
    await prompted(3);
    expect(prompts()[2]).toBe('a\n\nb');
    expect(chat.platform.cards).toHaveLength(1);
  });

  it('survives a restart and can still be run', async () => {
    chat = await Harness.open({ settings: { queueDepth: 1 } });
    await chat.running('one');
    await chat.say('two');
    await chat.say('three');
    await cards(1);
    await chat.press('nothing');
    chat.agent.last?.reply('a');
    await prompted(2);
    chat.agent.last?.reply('b');
    await until('the end', () => chat.actor().turn === undefined);
    await chat.restart();
    await chat.press(buttonsOf(chat.platform.cards[0])[0] ?? '');
    await prompted(3);
    expect(prompts()[2]).toBe('three');
  });
});

describe('a message beyond the rate limit', () => {
  it('is kept with a button; commands are not counted', async () => {
    chat = await Harness.open({ settings: { rateLimit: { max: 1, windowMs: 60_000 } } });
    await chat.running('one');
    await chat.ask('/status');
    const before = chat.platform.cards.length;
    await chat.say('two');
    await cards(before + 1);
    expect(chat.platform.last).toContain('more than 1 messages in 60 s');
    await chat.press(buttonsOf(chat.platform.cards.at(-1))[0] ?? '');
    chat.agent.last?.reply('a');
    await prompted(2);
  });

  it('counts an album as one', async () => {
    chat = await Harness.open({ settings: { rateLimit: { max: 1, windowMs: 60_000 } } });
    const group = { id: 'album', windowMs: 5 };
    await Promise.all(['a', 'b', 'c'].map((text) => chat.send({ text, group })));
    await prompted(1);
    expect(prompts()[0]).toBe('a\n\nb\n\nc');
    expect(chat.platform.cards).toHaveLength(0);
  });
});

describe('a message that arrives too late', () => {
  it('asks first', async () => {
    chat = await Harness.open({ settings: { staleAfterMs: 60_000 } });
    await chat.send({ text: 'old', at: Date.now() - 120_000 });
    await cards(1);
    expect(chat.platform.last).toContain('2 min');
    await chat.press(buttonsOf(chat.platform.cards[0])[0] ?? '');
    await prompted(1);
  });
});

describe('words', () => {
  it('that are banned are blocked in any case, but not in commands; nothing of it runs after a restart', async () => {
    chat = await Harness.open({ settings: { bannedWords: ['Secret'] } });
    expect(await chat.ask('tell the SECRET plan')).toContain('banned word');
    expect(await chat.ask('/whoami secret')).toContain('User id');
    await chat.restart();
    expect(chat.queries.openInputs(chat.context.name)).toEqual([]);
    expect(chat.agent.sessions).toHaveLength(0);
  });
});

describe('an alias', () => {
  const aliases = [
    { name: 'hi there', command: 'say hello' },
    { name: 'fix', command: 'please fix' },
    { name: 'who', command: '/whoami' },
  ];

  it.each([
    ['hi there', 'say hello'],
    ['fix the door', 'please fix the door'],
    ['fixed it', 'fixed it'],
    ['I fix it', 'I fix it'],
  ])('makes of “%s” “%s”', async (said, meant) => {
    chat = await Harness.open({ settings: { aliases } });
    await chat.say(said);
    await prompted(1);
    expect(prompts()[0]).toBe(meant);
  });

  it('may be a command', async () => {
    chat = await Harness.open({ settings: { aliases } });
    expect(await chat.ask('who')).toContain('User id: alice');
  });
});

describe('a slash word', () => {
  it('nobody knows is told and goes to the agent unchanged', async () => {
    chat = await Harness.open();
    await chat.running('/frobnicate now');
    expect(chat.platform.texts.some((text) => text.includes('frobnicate'))).toBe(true);
    expect(prompts()).toEqual(['/frobnicate now']);
  });

  it('of the agent itself goes to it without a remark, also before it runs for the first time after a start', async () => {
    chat = await Harness.open();
    await chat.turn('hello', 'hi');
    chat.agent.last?.emit({ kind: 'settings', commands: [{ name: 'compact', description: 'shrinks' }] });
    await until('the commands', () => chat.context.nativeCommands.get('fake-agent')?.has('compact') === true);
    await chat.restart();
    const before = chat.platform.texts.length;
    await chat.running('/compact');
    expect(chat.platform.texts.slice(before)).toEqual([]);
  });

  it('with a path in it is no command', async () => {
    chat = await Harness.open();
    await chat.running('/etc/hosts is broken');
    expect(chat.platform.texts).toEqual([]);
  });
});

describe('a message without words', () => {
  it('and without anything else is dropped silently, for good', async () => {
    chat = await Harness.open();
    await chat.send({ text: '   ' });
    await chat.restart();
    expect(chat.queries.openInputs(chat.context.name)).toEqual([]);
    expect(chat.platform.texts).toEqual([]);
    expect(chat.agent.sessions).toHaveLength(0);
  });

  it('but a place or contact goes to the agent', async () => {
    chat = await Harness.open();
    await chat.send({ extra: 'Location: 48.2, 16.4' });
    await prompted(1);
    expect(prompts()[0]).toBe('Location: 48.2, 16.4');
  });
});

describe('a voice message', () => {
  const voice = { kind: 'voice' as const, remote: { id: 'v1' } };

  it('without a transcript is answered with a word about it', async () => {
    chat = await Harness.open();
    await chat.send({ files: [voice] });
    await until('the word', () => chat.platform.last.includes('not transcribed'));
    expect(chat.agent.sessions).toHaveLength(0);
    expect(chat.queries.openInputs(chat.context.name)).toEqual([]);
  });

  it('with one is understood, says what it understood, and is not fetched', async () => {
    chat = await Harness.open();
    await chat.send({ files: [{ ...voice, transcript: 'open the window' }] });
    await prompted(1);
    expect(prompts()[0]).toBe('open the window');
    await until('the word', () => chat.platform.texts.includes('🎤 Understood: open the window'));
  });
});

describe('the same message again', () => {
  it('under a new event is known and runs once', async () => {
    chat = await Harness.open();
    const { message } = await chat.send({ text: 'one' });
    expect((await chat.send({ text: 'one', message })).verdict).toBe('duplicate');
    await prompted(1);
    await chat.restart();
    expect((await chat.send({ text: 'one', message })).verdict).toBe('duplicate');
  });
});
