import { afterEach, describe, expect, it } from 'vitest';
import { asId, type InputId, type OutboxId, type PromptId } from '../../src/core/ids.ts';
import type { Action, Inbound } from '../../src/core/inbound.ts';
import type { CommandSpec } from '../../src/engine/command.ts';
import { partsFor } from '../../src/engine/parts.ts';
import { coreCommands } from '../../src/features/commands/table.ts';
import type { InputRow } from '../../src/store/rows.ts';
import { buttonsOf } from '../engine-harness/fake-platform.ts';
import { alice, Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

let ran: string[] = [];
const note: CommandSpec = {
  name: 'note',
  when: (args) => (args[0] === 'later' ? 'ordered' : 'immediate'),
  group: 'system',
  summary: { en: '', zh: '', 'zh-TW': '', ja: '', es: '' },
  run: ({ rest, input }) => {
    ran.push(`${rest} ${chat.queries.input(input.id)?.state}`);
    return 'noted';
  },
};
const open = async () => {
  ran = [];
  chat = await Harness.open({ commands: [...coreCommands, note] });
};
const prompts = () => chat.agent.sessions.flatMap((one) => one.prompts.map(({ text }) => text));
const said = (part: string) =>
  until(`“${part}”`, () => chat.platform.texts.some((text) => text.includes(part)));

let next = 1;
/** An input as a daemon leaves it that was killed right behind its commit. */
const left = async (body: Inbound | Action, more: Partial<InputRow> = {}): Promise<InputId> => {
  const id = asId<InputId>(`zz-${next++}`);
  const row: InputRow = {
    id,
    project: chat.context.name,
    account: chat.platform.account,
    dedupeKey: body.dedupeKey,
    sessionKey: chat.actor().key,
    sessionId: null,
    agent: null,
    kind: body.kind,
    state: 'running',
    message: 'message' in body ? body.message : null,
    promptId: null,
    turnId: null,
    body,
    detail: null,
    attempts: 0,
    platformAt: 0,
    receivedAt: Date.now(),
    finishedAt: null,
    ...more,
  };
  await chat.store.commit('acceptInput', { input: row });
  return id;
};
const common = () => ({ dedupeKey: `left:${next++}`, address: chat.address(), sender: alice, at: 0 });
const command = (text: string): Inbound => ({
  ...common(),
  kind: 'message',
  message: `left${next++}`,
  text,
  addressed: true,
});
const press = (data: string): Action => ({ ...common(), kind: 'action', data });
const state = (id: InputId) => chat.queries.input(id)?.state;

describe('what ends the daemon three times', () => {
  it.each([
    ['a command that runs at once', () => command('/note now')],
    ['a command that waits', () => command('/note later')],
    ['an edit', (): Inbound => ({ ...common(), kind: 'edit', message: 'm1', text: 'the new words' })],
    ['a recall', (): Inbound => ({ ...common(), kind: 'recall', message: 'm1' })],
    ['a move of a chat', (): Inbound => ({ ...common(), kind: 'migrate', fromChat: 'c9' })],
    ['a pressed button', () => press('c:01TURN')],
    ['a pressed command', () => press('act:/note now')],
  ])('is put aside and told, and never tried again: %s', async (_what, body) => {
    await open();
    chat.expectsProblems = true;
    const id = await left(body(), { attempts: 2 });
    const well = await left(command('/note well'));
    await chat.restart({ crashed: true });
    await said('put aside');
    expect(state(id)).toBe('quarantined');
    await until('the rest', () => state(well) === 'done');
    expect(ran).toEqual(['well running']);
    await chat.restart({ crashed: true });
    expect(chat.platform.texts.filter((text) => text.includes('put aside'))).toHaveLength(1);
  });

  it('is tried twice more, recorded as running before it begins', async () => {
    await open();
    const now = await left(command('/note now'), { attempts: 1 });
    const later = await left(command('/note later'), { attempts: 1, state: 'queued' });
    await chat.restart({ crashed: true });
    await until('both', () => state(now) === 'done' && state(later) === 'done');
    expect(ran).toEqual(['now running', 'later running']);
    expect([now, later].map((id) => chat.queries.input(id)?.attempts)).toEqual([2, 1]);
  });

  it('is stored as running where it runs at once, and else when its turn comes', async () => {
    await open();
    await chat.running('one');
    await chat.say('/note now');
    await chat.say('/note later');
    await until('the first', () => ran.length === 1);
    chat.agent.last?.reply('a');
    await until('the second', () => ran.length === 2);
    expect(ran).toEqual(['now running', 'later running']);
  });

  it('is not what was running at orderly stops', async () => {
    await open();
    chat.agent.gate = new Promise(() => {});
    const starting = () =>
      chat.queries.openTurns(chat.context.name).find(({ state }) => state === 'starting');
    await chat.say('one');
    await until('the turn to start', () => starting() !== undefined);
    for (let stop = 1; stop <= 4; stop += 1) {
      const before = starting()?.id;
      await chat.restart();
      await until('the next turn to start', () => ![undefined, before].includes(starting()?.id));
    }
    expect(chat.queries.openInputs(chat.context.name).map(({ attempts }) => attempts)).toEqual([0]);
    expect(chat.platform.texts).toEqual([]);
  });

  it('is not what was running at an orderly stop that took longer than there was time for', async () => {
    await open();
    await chat.running('one');
    let release: () => void = () => {};
    if (chat.agent.last)
      chat.agent.last.gate = new Promise((resolve) => {
        release = resolve;
      });
    const [input] = chat.queries.openInputs(chat.context.name);
    const stopped = chat.project.stop();
    const sign = () => chat.queries.preference(chat.context.name, 'daemon', 'stopped');
    await until('the sign', () => sign() === 'in order');
    expect(chat.agent.last?.closed).toBe(false);
    await chat.store.commit('countCrash', { project: chat.context.name });
    expect(input && chat.queries.input(input.id)?.attempts).toBe(0);
    release();
    await stopped;
  });

  it('is counted only if it had begun: what only waits behind it is not', async () => {
    await open();
    const first = await left(command('/note now'));
    const second = await left({ ...common(), kind: 'edit', message: 'm1', text: 'x' }, { state: 'queued' });
    await chat.store.commit('countCrash', { project: chat.context.name });
    expect([first, second].map((id) => chat.queries.input(id)?.attempts)).toEqual([1, 0]);
    await chat.store.commit('countCrash', { project: chat.context.name });
    expect([first, second].map((id) => chat.queries.input(id)?.attempts)).toEqual([1, 0]);
  });
});

describe('a recall that a killed daemon had only stored', () => {
  const recall = (message: string) => left({ ...common(), kind: 'recall', message }, { state: 'queued' });

  it('stops the turn of its message, which does not run again', async () => {
    await open();
    const message = 'withdrawn';
    chat.agent.gate = new Promise(() => {});
    await chat.send({ text: 'one', message });
    await until('the turn to start', () => chat.queries.openTurns(chat.context.name).length === 1);
    await recall(message);
    chat.agent.gate = undefined;
    await chat.restart({ crashed: true });
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
    expect(chat.queries.openTurns(chat.context.name)).toEqual([]);
    await said('Stopped');
    await chat.turn('two', 'b');
    expect(prompts()).toEqual(['two']);
  });

  it('takes back a message that waited, though the agent had got it already', async () => {
    await open();
    await chat.turn('one', 'a');
    chat.agent.capabilities = { ...chat.agent.capabilities, outcome: true };
    chat.agent.store = {
      list: () => Promise.resolve([]),
      has: () => Promise.resolve(true),
      history: () => Promise.resolve([]),
      outcome: () => Promise.resolve({ state: 'ended', text: 'the answer', ok: true }),
    };
    const body = command('two');
    const promptId = asId<PromptId>('p2');
    const id = await left(body, { state: 'queued', promptId });
    await recall('message' in body ? body.message : '');
    const marker = 'cc-left';
    const [session] = chat.queries.sessionsOfProject(chat.context.name);
    if (session)
      await chat.store.commit('processStarted', {
        process: {
          marker,
          project: chat.context.name,
          sessionId: session.id,
          pid: -1,
          startTime: '',
          finishesOnEof: false,
          background: [],
          startedAt: 0,
        },
      });
    await chat.restart({ crashed: true });
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
    await until('the recovery', () => chat.queries.processes(chat.context.name).length === 0);
    await chat.turn('three', 'c');
    expect(state(id)).toBe('dropped');
    expect(chat.platform.texts).toEqual(['a', 'c']);
  });
});

describe('a part that ends the daemon each time it is sent', () => {
  const part = async (text: string, crashes: number, nextAt: number) => {
    const owner = { project: chat.context.name };
    const rows = partsFor(
      chat.platform,
      chat.address(),
      { kind: 'text', markdown: text },
      owner,
      Date.now(),
    ).map((row) => ({ ...row, state: 'sending' as const, crashes, nextAt }));
    await chat.store.commit('enqueue', { rows, at: Date.now() });
    return rows[0]?.id ?? asId<OutboxId>('');
  };

  it('is given up and told, and what waits behind it goes out', async () => {
    await open();
    chat.expectsProblems = true;
    const poison = await part('poison', 2, 0);
    await part('well', 0, 0);
    // Its last attempt had ended: it waited for the next one.
    await part('waiting', 2, Date.now() + 10);
    await chat.restart({ crashed: true });
    await until('all', () => chat.platform.texts.length === 3);
    const [told, ...rest] = chat.platform.texts;
    expect(told).toContain('put aside: “poison”');
    expect(rest).toEqual(['well', 'waiting']);
    expect(chat.queries.part(poison)?.state).toBe('dead');
  });

  it('is not one that was on its way at orderly stops', async () => {
    await open();
    await part('slow', 2, 0);
    await chat.restart();
    await said('slow');
  });

  it('is recorded as on its way by the life that finds it, one of those that were at a time', async () => {
    await open();
    const ids = [await part('first', 1, 1), await part('second', 1, 1)];
    const elsewhere = { ...chat.address(), chat: 'c2' };
    const [other] = partsFor(
      chat.platform,
      elsewhere,
      { kind: 'text', markdown: 'third' },
      { project: chat.context.name },
      Date.now(),
    ).map((row) => ({ ...row, state: 'sending' as const, crashes: 1, nextAt: 1 }));
    if (other) await chat.store.commit('enqueue', { rows: [other], at: Date.now() });
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const send = chat.platform.send.bind(chat.platform);
    const tried: string[] = [];
    chat.platform.send = async (to, what, key) => {
      tried.push(what.plain);
      await gate;
      return send(to, what, key);
    };
    await chat.restart({ crashed: true });
    await until('an attempt', () => tried.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(tried).toEqual(['first']);
    const inFlight = [...ids, other?.id ?? asId<OutboxId>('')].filter(
      (id) => chat.queries.part(id)?.nextAt === 0,
    );
    expect(inFlight).toEqual([ids[0]]);
    release();
    await until('all', () => chat.platform.shown.length === 3);
  });
});

describe('a button whose press was only stored', () => {
  it('runs a message that was put aside, when it said Run', async () => {
    chat = await Harness.open({ settings: { queueDepth: 1 } });
    await chat.running('one');
    await chat.say('two');
    await chat.say('three');
    await until('the offer', () => chat.platform.cards.length === 1);
    const run = press(buttonsOf(chat.platform.cards[0])[0] ?? '');
    await left(run);
    await chat.restart({ crashed: true });
    await until('it runs', () => prompts().includes('two'));
    chat.agent.last?.reply('b');
    await until('it runs', () => prompts().includes('three'));
    // Redelivered it is known, and what it says is true.
    expect((await chat.project.action(run)).toast).toBe('Noted.');
  });

  it('drops what was held, when it said Drop', async () => {
    await open();
    await chat.running('one');
    await chat.say('two');
    await until('the queue', () => chat.actor().waiting.length === 1);
    await chat.say('/stop');
    await until('the card', () => chat.platform.cards.length === 1);
    const [, drop] = buttonsOf(chat.platform.cards[0]);
    await left(press(drop ?? ''));
    await chat.restart({ crashed: true });
    await until('nothing open', () => chat.queries.openInputs(chat.context.name).length === 0);
    expect(prompts()).toEqual(['one']);
  });

  it('goes on with an interrupted turn once, when it said Continue', async () => {
    await open();
    await chat.running('one');
    await chat.restart({ crashed: true });
    await until('the notice', () => chat.platform.cards.length === 1);
    const [go] = buttonsOf(chat.platform.cards[0]);
    await left(press(go ?? ''));
    await left(press(go ?? ''));
    await chat.restart({ crashed: true });
    await until('it goes on', () => prompts().length === 2);
    chat.agent.last?.reply('rest');
    await until('nothing open', () => chat.queries.openInputs(chat.context.name).length === 0);
    expect(prompts()).toHaveLength(2);
  });

  it('runs its command once', async () => {
    await open();
    const id = await left(press('act:/note now'));
    await chat.restart({ crashed: true });
    await until('its end', () => state(id) === 'done');
    expect(ran).toEqual(['now running']);
  });
});

describe('killed while its agent was opened, one without a transcript', () => {
  it('a message runs again', async () => {
    await open();
    chat.agent.gate = new Promise(() => {});
    await chat.say('one');
    await until('the turn to start', () => chat.queries.openTurns(chat.context.name).length === 1);
    chat.agent.gate = undefined;
    await chat.restart({ crashed: true });
    await until('it runs', () => prompts().includes('one'));
    expect(chat.platform.texts).toEqual([]);
  });

  it('a message that may have been handed over is told', async () => {
    await open();
    await chat.say('one');
    await until('the prompt', () => prompts().length === 1);
    const [turn] = chat.queries.openTurns(chat.context.name);
    expect(turn?.handedAt).not.toBeNull();
    await chat.restart({ crashed: true });
    await said('was restarted');
    expect(prompts()).toEqual(['one']);
  });
});

describe('a stop that was only stored', () => {
  it.each([
    ['/stop', () => command('/stop')],
    ['a unique beginning', () => command('/sto')],
    ['another command that ends the turn', () => command('/cancel')],
    ['a pressed command', () => press('cmd:/stop')],
    ['a shown button', () => press('act:/stop')],
  ])('is honoured: %s', async (_what, body) => {
    await open();
    await chat.running('one');
    await left(body());
    await chat.restart({ crashed: true });
    await said('Stopped');
    expect(chat.platform.texts.filter((text) => text.includes('was restarted'))).toEqual([]);
  });
});
