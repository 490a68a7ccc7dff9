import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AgentStore } from '../../src/core/agent.ts';
import { fakeCapabilities } from '../engine-harness/fake-agent.ts';
import { Harness } from '../engine-harness/harness.ts';

let chat: Harness;
const never = new Promise<never>(() => undefined);
const store: AgentStore = {
  list: () => Promise.resolve([]),
  has: () => Promise.resolve(true),
  history: () => Promise.resolve([]),
};

beforeEach(async () => {
  chat = await Harness.open();
});
afterEach(async () => {
  vi.useRealTimers();
  await chat.close();
});

/** Lets simulated time pass until the predicate holds. Returns how many milliseconds that took. */
async function passes(what: string, predicate: () => boolean, pace = nextTurn): Promise<number> {
  const begun = Date.now();
  let waited = 0;
  for (; !predicate(); waited += 50) {
    if (Date.now() - begun > 20_000) throw new Error(`waited in vain for ${what}`);
    await vi.advanceTimersByTimeAsync(50);
    await pace();
  }
  return waited;
}
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
const realTimeout = setTimeout;
/** No faster than the disk, whose work takes real time. */
const asTimeGoes = () => new Promise<void>((resolve) => realTimeout(resolve, 50));
const fakeTimers = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });

describe('an agent that does not answer', () => {
  it('whether it knows a conversation: resuming is tried', async () => {
    await chat.turn('one', 'a');
    await chat.actor().closeAgent();
    chat.agent.store = { ...store, has: () => never };
    fakeTimers();
    await chat.say('two');
    const waited = await passes('the prompt', () => chat.agent.last?.prompts.at(-1)?.text === 'two');
    expect(waited).toBeGreaterThan(5_000);
    expect(chat.agent.last?.spec.resume).toBe('native-1');
  });

  it('whether it knows a conversation: /stop ends that', async () => {
    await chat.turn('one', 'a');
    await chat.actor().closeAgent();
    chat.agent.store = { ...store, has: () => never };
    fakeTimers();
    await chat.say('two');
    await passes('the turn', () => chat.actor().turn !== undefined);
    await chat.say('/stop');
    const waited = await passes('the word', () => chat.platform.last.includes('Stopped'), asTimeGoes);
    expect(waited).toBeLessThan(5_000);
    expect(chat.agent.sessions).toHaveLength(1);
  });

  it('what became of a prompt: it is told as interrupted, and the chat goes on', async () => {
    chat.agent.capabilities = { ...fakeCapabilities, outcome: true };
    chat.agent.store = { ...store, outcome: () => never };
    await chat.running('one');
    fakeTimers();
    const restarted = chat.restart();
    await passes('the notice', () => chat.platform.last.includes('was restarted'));
    await restarted;
    await chat.say('two');
    await passes('the next prompt', () => chat.agent.last?.prompts.at(-1)?.text === 'two');
  });

  it('to a change of its mode: a new process gets it', async () => {
    await chat.turn('one', 'a');
    if (chat.agent.last) chat.agent.last.set = () => never;
    fakeTimers();
    await chat.say('/mode acceptEdits');
    await passes('the end of the process', () => chat.agent.last?.closed === true);
  });

  it.each([
    ['idle', { idleTimeoutMs: 1 }, false],
    ['too_long', { maxTurnMs: 1 }, false],
    ['stop', {}, true],
  ] as const)(
    'to the interrupt of a turn that ends by %s: its process is ended, and the chat goes on',
    async (reason, settings, quick) => {
      await chat.close();
      chat = await Harness.open({ settings });
      await chat.running('one');
      const hung = chat.agent.last;
      if (hung) hung.interrupt = () => never;
      fakeTimers();
      if (reason === 'stop') await chat.say('/stop');
      await passes('the stop', () => chat.actor().turn?.stopReason === reason);
      await passes('the end of the process', () => hung?.closed === true);
      expect(hung?.closedHow).toEqual({ quick });
      await passes('the end of the turn', () => chat.actor().turn === undefined);
      await chat.say('two');
      await passes('the next prompt', () => chat.agent.last?.prompts.at(-1)?.text === 'two');
      expect(chat.agent.last).not.toBe(hung);
    },
  );
});
