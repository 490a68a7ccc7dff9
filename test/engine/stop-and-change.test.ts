import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { buttonsOf } from '../engine-harness/fake-platform.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(async () => {
  vi.useRealTimers();
  await chat.close();
});

const prompts = () => chat.agent.sessions.flatMap((one) => one.prompts.map(({ text }) => text));
const prompted = (count: number) => until(`${count} prompts`, () => prompts().length === count);
const said = (part: string) =>
  until(`“${part}”`, () => chat.platform.texts.some((text) => text.includes(part)));
const over = () => until('the end', () => chat.actor().turn === undefined);

/** From the n-th change of this name on the store is closed, until it is mended. */
function cut(name: string, from: number) {
  const commit = chat.store.commit.bind(chat.store);
  let count = 0;
  const spy = vi.spyOn(chat.store, 'commit').mockImplementation(async (change, args, urgency) => {
    if (change === name) count += 1;
    if (count < from) return commit(change, args, urgency);
    throw new AppError('store_closed', 'the store is closed');
  });
  return { struck: () => count >= from, mend: () => spy.mockRestore() };
}

describe('a stop', () => {
  it('delivers what was said so far, then says that it stopped', async () => {
    chat = await Harness.open();
    await chat.running('one');
    chat.agent.last?.emit({ kind: 'text', text: 'half of the ans', mode: 'delta' });
    await until('the text', () => chat.actor().turn?.view.text !== '');
    await chat.say('/stop');
    await over();
    await said('Stopped');
    expect(chat.platform.texts).toEqual(['half of the ans', '⏹ Stopped.']);
    expect(chat.agent.last?.closed).toBe(false);
  });

  it('keeps even the shortest beginning, which might have become the silence marker', async () => {
    chat = await Harness.open();
    await chat.running('one');
    chat.agent.last?.emit({ kind: 'text', text: 'No', mode: 'delta' });
    await until('the text', () => chat.actor().turn?.view.text !== '');
    await chat.say('/stop');
    await said('Stopped');
    expect(chat.platform.texts).toEqual(['No', '⏹ Stopped.']);
  });

  it('asked for twice ends the process of an agent that does not listen', async () => {
    chat = await Harness.open();
    await chat.running('one');
    if (chat.agent.last) chat.agent.last.deaf = true;
    await chat.say('/stop');
    expect(chat.agent.last?.closed).toBe(false);
    await chat.say('/stop');
    await over();
    expect(chat.agent.last?.closed).toBe(true);
    await said('Stopped');
    await chat.turn('two', 'b');
    expect(chat.agent.last?.spec.resume).toBe('native-1');
  });

  it('that a crash cut short shows after the restart what it held back, with Run and Drop', async () => {
    chat = await Harness.open();
    await chat.running('one');
    await chat.say('two');
    await until('the queue', () => chat.actor().waiting.length === 1);
    if (chat.agent.last) chat.agent.last.deaf = true;
    await chat.say('/stop');
    const [two] = chat.actor().waiting;
    if (!two) throw new Error('nothing waits');
    await until('the mark', () => chat.queries.openTurns(chat.context.name)[0]?.state === 'stopping');
    await chat.store.commit('settleInputs', { ids: [two.id], state: 'held', at: Date.now() });
    await chat.restart();
    await until('the card', () => chat.platform.cards.length > 0);
    const [run] = buttonsOf(chat.platform.cards.at(-1));
    expect(run).toBe(`h:run:${two.id}`);
    await chat.press(run ?? '');
    await prompted(2);
    expect(prompts()).toEqual(['one', 'two']);
  });

  it('by the platform’s own button does the same', async () => {
    chat = await Harness.open();
    await chat.running('one');
    await chat.project.input({
      kind: 'stop',
      dedupeKey: 's1',
      address: chat.address(),
      sender: { id: 'alice' },
      at: 0,
    });
    await said('Stopped');
  });

  it('a message after it shows the held ones again and waits with them', async () => {
    chat = await Harness.open();
    await chat.running('one');
    await chat.say('two');
    await chat.say('/stop');
    await over();
    await until('the card', () => chat.platform.cards.length === 1);
    await chat.say('three');
    await until('the card', () => chat.platform.cards.length === 2);
    expect(chat.platform.last).toContain('2 waiting');
    expect(chat.platform.last).toContain('three');
    await chat.press(buttonsOf(chat.platform.cards[1])[0] ?? '');
    await prompted(2);
    chat.agent.last?.reply('b');
    await prompted(3);
    expect(prompts()).toEqual(['one', 'two', 'three']);
  });

  it('holds the queue across a restart', async () => {
    chat = await Harness.open();
    await chat.running('one');
    await chat.say('two');
    await chat.say('/stop');
    await over();
    await until('the card', () => chat.platform.cards.length === 1);
    await chat.restart();
    expect(chat.actor().isHeld).toBe(true);
    expect(prompts()).toEqual(['one']);
    await chat.press(buttonsOf(chat.platform.cards[0])[0] ?? '');
    await prompted(2);
  });
});

describe('an edit that was stored and not acted on', () => {
  it('changes what waits at the next start', async () => {
    chat = await Harness.open();
    await chat.running('one');
    const { message } = await chat.send({ text: 'two' });
    await until('the queue', () => chat.actor().waiting.length === 1);
    const store = cut('settleInputs', 1);
    await chat.edit(message, 'two, please');
    await until('the cut', store.struck);
    store.mend();
    await chat.restart();
    await prompted(2);
    expect(prompts().at(-1)).toBe('two, please');
    expect(chat.problems).toEqual([]);
  });

  it('is told to the agent at the next start when its message ran', async () => {
    chat = await Harness.open();
    const { message } = await chat.send({ text: 'one' });
    await prompted(1);
    await until('the turn to be handed over', () => chat.actor().turn?.state !== 'starting');
    const store = cut('acceptInput', 2);
    await chat.edit(message, 'one, please');
    await until('the cut', store.struck);
    store.mend();
    await chat.restart();
    await until('it is told', () => prompts().some((text) => text.includes('one, please')));
    expect(prompts().filter((text) => text.includes('one, please'))).toHaveLength(1);
    expect(chat.problems).toEqual([]);
  });
});

describe('a recalled message', () => {
  it('is taken back although the platform does not say by whom', async () => {
    chat = await Harness.open({ allowFrom: 'alice' });
    await chat.running('one');
    const { message } = await chat.send({ text: 'two' });
    const recall = { kind: 'recall', message, dedupeKey: 'r1', address: chat.address(), at: 0 } as const;
    expect(await chat.project.input({ ...recall, sender: { id: '' } })).toBe('accepted');
    await until('the removal', () => chat.actor().waiting.length === 0);
  });

  it('is taken back at the next start when an orderly stop cut that short, which is no trouble', async () => {
    chat = await Harness.open();
    await chat.running('one');
    const { message } = await chat.send({ text: 'two' });
    await until('the queue', () => chat.actor().waiting.length === 1);
    const store = cut('settleInputs', 1);
    await chat.recall(message);
    await until('the cut', store.struck);
    store.mend();
    await chat.restart();
    await until('the removal', () =>
      chat.queries.inputsByMessage(chat.platform.account, message).every(({ state }) => state === 'dropped'),
    );
    expect(chat.problems).toEqual([]);
    expect(prompts()).toEqual(['one']);
  });

  it('that waits never runs', async () => {
    chat = await Harness.open();
    await chat.running('one');
    const { message } = await chat.send({ text: 'two' });
    await chat.recall(message);
    await until('the removal', () => chat.actor().waiting.length === 0);
    chat.agent.last?.reply('a');
    await over();
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
    expect(prompts()).toEqual(['one']);
  });

  it('that runs ends its turn, told when nothing was said yet only by silence', async () => {
    chat = await Harness.open();
    const { message } = await chat.send({ text: 'one' });
    await prompted(1);
    await chat.recall(message);
    await over();
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
    expect(chat.platform.texts).toEqual([]);
    expect(chat.agent.last?.closed).toBe(false);
  });

  it('lets the next one run', async () => {
    chat = await Harness.open();
    const { message } = await chat.send({ text: 'one' });
    await prompted(1);
    await chat.say('two');
    await chat.recall(message);
    await prompted(2);
    expect(chat.actor().isHeld).toBe(false);
  });

  it('that is being prepared is caught as well', async () => {
    chat = await Harness.open();
    let open: () => void = () => undefined;
    chat.agent.gate = new Promise((resolve) => {
      open = resolve;
    });
    const { message } = await chat.send({ text: 'one' });
    await until('the turn', () => chat.actor().turn !== undefined);
    await chat.recall(message);
    open();
    await over();
    expect(prompts()).toEqual([]);
  });

  it('that was kept aside cannot be run any more', async () => {
    chat = await Harness.open({ settings: { queueDepth: 1 } });
    await chat.running('one');
    await chat.say('two');
    const { message } = await chat.send({ text: 'three' });
    await until('the card', () => chat.platform.cards.length === 1);
    await chat.recall(message);
    await until('the removal', () => chat.queries.openInputs(chat.context.name).length === 2);
    const reply = await chat.press(buttonsOf(chat.platform.cards[0])[0] ?? '');
    expect(reply.toast).toContain('settled already');
  });
});

describe('an edited message', () => {
  it('that waits runs with its new text, also after a restart', async () => {
    chat = await Harness.open();
    await chat.running('one');
    const { message } = await chat.send({ text: 'two' });
    await chat.edit(message, 'zwei');
    await until('the change', () => JSON.stringify(chat.actor().waiting).includes('zwei'));
    chat.agent.last?.reply('a');
    await prompted(2);
    expect(prompts()[1]).toBe('zwei');
  });

  it('that runs is told to the running turn', async () => {
    chat = await Harness.open();
    const { message } = await chat.send({ text: 'one' });
    await prompted(1);
    await until('the hand-over', () => chat.actor().turn?.accepted === true);
    await chat.edit(message, 'uno');
    await until('the steer', () => chat.agent.last?.steered.length === 1);
    expect(chat.agent.last?.steered[0]?.text).toBe('[I edited my previous message. It now reads:]\nuno');
  });

  it('that runs is told in a turn of its own where the agent takes nothing in', async () => {
    chat = await Harness.open();
    const { message } = await chat.send({ text: 'one' });
    await prompted(1);
    if (chat.agent.last) chat.agent.last.steerable = 'refused';
    await chat.edit(message, 'uno');
    await until('the queue', () => chat.actor().waiting.length === 1);
    chat.agent.last?.reply('a');
    await prompted(2);
    expect(prompts()[1]).toContain('uno');
  });

  it('that is done changes nothing', async () => {
    chat = await Harness.open();
    const { message } = await chat.send({ text: 'one' });
    await prompted(1);
    chat.agent.last?.reply('a');
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
    await chat.edit(message, 'uno');
    await until('the edit', () => chat.queries.openInputs(chat.context.name).length === 0);
    expect(chat.platform.texts).toEqual(['a']);
  });
});

describe('an interrupted turn after a restart', () => {
  const interrupted = async () => {
    chat = await Harness.open();
    await chat.running('one');
    chat.agent.last?.emit({ kind: 'text', text: 'half', mode: 'delta' });
    await until('the text', () => chat.actor().turn?.view.text === 'half');
    await chat.restart();
    await until('the notice', () => chat.platform.cards.length === 1);
  };

  it('is told once, with what was said and a Continue button', async () => {
    await interrupted();
    expect(chat.platform.texts).toHaveLength(2);
    expect(chat.platform.texts[0]).toContain('half');
    expect(chat.platform.texts[0]).toContain('(incomplete)');
    expect(chat.platform.last).toContain('was restarted');
    await chat.restart();
    expect(chat.platform.texts).toHaveLength(2);
  });

  it('whose telling an orderly stop cuts short is left for the next start, and is no trouble', async () => {
    chat = await Harness.open();
    await chat.running('one');
    let close: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const commit = chat.store.commit.bind(chat.store);
    let tried = 0;
    const spy = vi.spyOn(chat.store, 'commit').mockImplementation(async (name, args, soon) => {
      if (name !== 'endTurn') return commit(name, args, soon);
      tried += 1;
      await closed;
      throw new AppError('store_closed', 'the store is closed');
    });
    await chat.restart();
    await until('the end of the turn', () => tried === 1);
    await chat.project.stop();
    close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(tried).toBe(1);
    expect(chat.problems).toEqual([]);
    spy.mockRestore();
    await chat.restart();
    await until('the notice', () => chat.platform.last.includes('was restarted'));
  });

  it('goes on once, however often the button is pressed', async () => {
    await interrupted();
    const [go] = buttonsOf(chat.platform.cards[0]);
    const replies = await Promise.all([chat.press(go ?? ''), chat.press(go ?? '')]);
    expect(replies.map(({ toast }) => toast).sort()).toEqual(['This is settled already.', '▶️ Running.']);
    await prompted(2);
    expect(prompts()[1]).toContain('Continue where you left off');
    expect(chat.agent.last?.spec.resume).toBe('native-1');
    chat.agent.last?.reply('rest');
    await over();
    expect((await chat.press(go ?? '')).toast).toBe('This is settled already.');
    expect(prompts()).toHaveLength(2);
  });

  it('goes on by itself where that is configured', async () => {
    chat = await Harness.open({ settings: { onInterruptedTurn: 'continue' } });
    await chat.running('one');
    await chat.restart();
    await prompted(2);
    expect(prompts()[1]).toContain('Continue where you left off');
    expect(chat.platform.cards).toEqual([]);
  });
});

describe('a turn’s clocks', () => {
  const minute = 60_000;
  const open = async (settings: object) => {
    chat = await Harness.open({ settings });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    await chat.running('one');
  };

  it('end a turn in which the agent gave no sign of life, and say so', async () => {
    await open({ idleTimeoutMs: 10 * minute });
    vi.advanceTimersByTime(9 * minute);
    chat.agent.last?.emit({ kind: 'thinking', text: 'hm', mode: 'delta' });
    await until('the sign', () => chat.actor().turn?.state === 'running');
    vi.advanceTimersByTime(9 * minute);
    expect(chat.agent.last?.closed).toBe(false);
    vi.advanceTimersByTime(2 * minute);
    await said('No sign of life from the agent for 10 minutes');
    await over();
    expect(chat.agent.last?.closed).toBe(true);
  });

  it.each([false, true])(
    'give the agent the time to end in order, deaf to an interrupt: %s',
    async (deaf) => {
      await open({ idleTimeoutMs: 10 * minute });
      const { last } = chat.agent;
      if (!last) throw new Error('no process');
      last.deaf = deaf;
      vi.advanceTimersByTime(11 * minute);
      await said('No sign of life from the agent for 10 minutes');
      await over();
      expect(last.interrupts).toBe(1);
      expect(last.closedHow).toEqual({ quick: false });
      await chat.running('two');
      expect(chat.agent.sessions).toHaveLength(2);
    },
  );

  it('end a turn that takes too long, even while it waits for an answer', async () => {
    await open({ maxTurnMs: 10 * minute, idleTimeoutMs: minute });
    chat.agent.last?.emit({
      kind: 'approval',
      wireId: 'w1',
      request: {
        kind: 'permission',
        tool: 'Bash',
        summary: 'ls',
        input: {},
        options: [{ id: 'yes', label: '', role: 'allow' }],
      },
    });
    await until('the request', () => chat.platform.cards.length === 1);
    vi.advanceTimersByTime(9 * minute);
    expect(chat.agent.last?.closed).toBe(false);
    vi.advanceTimersByTime(2 * minute);
    await said('took longer than 10 minutes');
    await over();
    expect(chat.queries.openApprovals(chat.context.name)).toEqual([]);
  });

  it('do not care about a wall clock that jumps', async () => {
    await open({ idleTimeoutMs: 10 * minute, maxTurnMs: 60 * minute });
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval', 'performance'] });
    vi.setSystemTime(Date.now() + 86_400_000);
    vi.advanceTimersByTime(2_000);
    expect(chat.actor().turn?.stopReason).toBeUndefined();
  });

  it('tell in one message that it is still working after three silent minutes, and later how long', async () => {
    await open({});
    vi.advanceTimersByTime(3 * minute + 1000);
    await said('nothing new for 3 min');
    vi.advanceTimersByTime(3 * minute);
    await said('nothing new for 6 min');
    expect(chat.platform.texts).toHaveLength(1);
  });
});
