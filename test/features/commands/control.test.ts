import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCapabilities } from '../../engine-harness/fake-agent.ts';
import { buttonsOf } from '../../engine-harness/fake-platform.ts';
import { Harness, until } from '../../engine-harness/harness.ts';

let chat: Harness;
beforeEach(async () => {
  chat = await Harness.open();
});
afterEach(() => chat.close());

describe('/stop', () => {
  it('says so when nothing runs', async () => {
    expect(await chat.ask('/stop')).toBe('Nothing is running.');
  });

  it('ends the turn, keeps the process, and holds what waits behind Run and Drop', async () => {
    await chat.running('long work');
    await chat.say('later');
    await chat.say('/stop');
    await until('the notice', () => chat.platform.texts.some((text) => text.includes('Stopped.')));
    expect(chat.agent.last?.closed).toBe(false);
    expect(chat.agent.last?.prompts).toHaveLength(1);
    const [run, drop] = buttonsOf(chat.platform.cards.at(-1));
    expect(run).toMatch(/^h:run:/);
    expect(drop).toMatch(/^h:drop:/);
    await chat.press(run ?? '');
    await until('the held message', () => chat.agent.last?.prompts.length === 2);
  });

  it('shows the held messages again instead of throwing them away', async () => {
    await chat.running('long work');
    await chat.say('later');
    await chat.say('/stop');
    await until('the stop', () => chat.actor().isHeld && chat.actor().turn === undefined);
    const before = chat.platform.cards.length;
    await chat.say('/stop');
    await until('the card', () => chat.platform.cards.length > before);
    expect(chat.platform.last).toContain('later');
    await chat.press(buttonsOf(chat.platform.cards.at(-1))[1] ?? '');
    expect(chat.actor().waiting).toHaveLength(0);
  });

  it('names what goes on in the background', async () => {
    await chat.turn('start it', 'started');
    chat.agent.last?.emit({ kind: 'background', running: ['npm run dev'] });
    await until('the background task', () => (chat.actor().live?.background.length ?? 0) > 0);
    expect(await chat.ask('/stop')).toContain('npm run dev');
  });
});

describe('while the agent is still starting', () => {
  let open: () => void = () => undefined;
  beforeEach(() => {
    chat.agent.gate = new Promise((resolve) => {
      open = resolve;
    });
  });

  it('/stop ends the turn before the agent has seen it', async () => {
    await chat.say('too soon');
    await until('the turn', () => chat.actor().turn !== undefined);
    await chat.say('/stop');
    open();
    await until('the notice', () => chat.platform.texts.some((text) => text.includes('Stopped.')));
    expect(chat.agent.sessions.flatMap(({ prompts }) => prompts)).toEqual([]);
  });

  it('/cancel ends it too, and the next message starts in the new conversation', async () => {
    await chat.say('too soon');
    await until('the turn', () => chat.actor().turn !== undefined);
    const old = chat.actor().turn?.sessionId;
    await chat.say('/cancel');
    await chat.say('now');
    open();
    await until('the prompt', () => chat.agent.last?.prompts[0]?.text.includes('now') === true);
    expect(chat.actor().turn?.sessionId).not.toBe(old);
    expect(chat.agent.sessions.flatMap(({ prompts }) => prompts)).toHaveLength(1);
  });
});

describe('/cancel', () => {
  it('ends turn and process and goes on in a new conversation with what waits', async () => {
    await chat.running('wrong way');
    const old = chat.actor().sessions.known;
    await chat.say('right way');
    await chat.say('/cancel');
    await until('the new process', () => chat.agent.sessions.length === 2 && chat.agent.last?.busy === true);
    expect(chat.agent.sessions[0]?.closed).toBe(true);
    expect(chat.agent.last?.spec.resume).toBeUndefined();
    expect(chat.agent.last?.prompts[0]?.text).toContain('right way');
    expect(chat.actor().turn?.sessionId).not.toBe(old?.id);
    await until('the word about it', () => chat.platform.texts.some((text) => text.includes('1 waiting')));
  });

  it('begins anew when nothing runs, too', async () => {
    await chat.turn('hello', 'hi');
    const old = chat.actor().sessions.known?.id;
    expect(await chat.ask('/cancel')).toContain('Cancelled');
    expect(chat.actor().sessions.known?.id).not.toBe(old);
    expect(chat.agent.last?.closed).toBe(true);
  });
});

describe('/ps', () => {
  it('reaches the running turn', async () => {
    await chat.running('work');
    expect(await chat.ask('/ps mind the tests')).toContain('Passed on');
    expect(chat.agent.last?.steered[0]?.text).toContain('mind the tests');
    expect(chat.agent.last?.steered[0]?.text).not.toContain('/ps');
  });

  it('is kept as the next message when the agent cannot take it in', async () => {
    chat.agent.capabilities = { ...fakeCapabilities, steer: false };
    await chat.running('work');
    expect(await chat.ask('/btw mind the tests')).toContain('runs next');
    chat.agent.last?.reply('done');
    await until('the next prompt', () => chat.agent.last?.prompts.length === 2);
    expect(chat.agent.last?.prompts[1]?.text).toContain('mind the tests');
  });

  it('is kept as the next message when it comes too late', async () => {
    await chat.running('work');
    if (chat.agent.last) chat.agent.last.steerable = 'too_late';
    await chat.ask('/ps mind the tests');
    chat.agent.last?.reply('done');
    await until('the next prompt', () => chat.agent.last?.prompts.length === 2);
  });

  it('starts a turn when nothing runs, and explains itself without text', async () => {
    expect(await chat.ask('/ps hello there')).toContain('starts as a message');
    await until('the prompt', () => chat.agent.last?.prompts[0]?.text.includes('hello there') === true);
    chat.agent.last?.reply('hi');
    await until('the end', () => chat.actor().turn === undefined);
    expect(await chat.ask('/ps')).toContain('/ps <text>');
  });
});
