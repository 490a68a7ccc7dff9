import { afterEach, describe, expect, it } from 'vitest';
import type { AgentEventBody } from '../../src/core/agent-event.ts';
import { AppError } from '../../src/core/errors.ts';
import { asId, type TurnId } from '../../src/core/ids.ts';
import { progressCard } from '../../src/engine/progress-card.ts';
import type { ProgressCardRow } from '../../src/store/rows.ts';
import { Harness, plainSettings, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

const tool: AgentEventBody = {
  kind: 'tool_started',
  call: { id: 't1', name: 'Read', summary: 'a.txt', form: 'plain' },
};
const open = async () => {
  chat = await Harness.open({
    settings: { display: { ...plainSettings.display, tools: true } },
    progressStyle: 'card',
  });
};
const working = async () => {
  await open();
  await chat.running('do it');
  chat.agent.last?.emit(tool);
  await until('the card', () => chat.platform.cards[0]?.title === '⏳ Working');
};
const rows = () => chat.queries.progressCards(chat.context.name);
const settled = () => until('no card that works', () => rows().length === 0);
const title = () => chat.platform.cards.find(({ blocks }) => JSON.stringify(blocks).includes('a.txt'))?.title;

describe('a progress card', () => {
  it('is on disk with its message while the turn runs, and gone from there with its end', async () => {
    await working();
    await until('the reference', () => rows()[0]?.ref?.message === chat.platform.shown[0]?.id);
    chat.agent.last?.reply('Done.');
    await settled();
    expect(title()).toBe('✅ Completed');
  });

  it('says that it is over although the first word of it was refused for a while', async () => {
    await working();
    const edit = chat.platform.edit.bind(chat.platform);
    let refusals = 2;
    chat.platform.edit = (ref, part) => {
      if (refusals === 0) return edit(ref, part);
      refusals -= 1;
      return Promise.reject(new AppError('busy', 'status 502', { kind: 'unavailable', retryAfterMs: 5 }));
    };
    chat.agent.last?.reply('Done.');
    await settled();
    expect(refusals).toBe(0);
    expect(title()).toBe('✅ Completed');
  });

  it('whose creation was not answered is made once, by the key it was made with', async () => {
    await open();
    const send = chat.platform.send.bind(chat.platform);
    let swallowed = false;
    chat.platform.send = async (to, part, key) => {
      const ref = await send(to, part, key);
      if (part.kind !== 'card' || swallowed) return ref;
      swallowed = true;
      throw new AppError('lost', 'no answer', { kind: 'ambiguous' });
    };
    await chat.running('do it');
    chat.agent.last?.emit(tool);
    await until('the creation', () => swallowed);
    chat.agent.last?.emit({ kind: 'tool_ended', id: 't1', ok: true, output: 'fine' });
    chat.agent.last?.reply('Done.');
    await settled();
    expect(chat.platform.cards).toHaveLength(1);
    expect(title()).toBe('✅ Completed');
    expect(chat.platform.texts[0]).toContain('fine');
  });

  it('is not made twice where nobody can find out', async () => {
    await open();
    chat.platform.capabilities = { ...chat.platform.capabilities, delivery: { kind: 'blind' } };
    const send = chat.platform.send.bind(chat.platform);
    let cards = 0;
    chat.platform.send = async (to, part, key) => {
      const ref = await send(to, part, key);
      if (part.kind !== 'card') return ref;
      cards += 1;
      throw new AppError('lost', 'no answer', { kind: 'ambiguous' });
    };
    await chat.running('do it');
    chat.agent.last?.emit(tool);
    await until('the creation', () => cards === 1);
    chat.agent.last?.emit({ kind: 'tool_ended', id: 't1', ok: true, output: 'fine' });
    chat.agent.last?.reply('Done.');
    await settled();
    expect(cards).toBe(1);
  });
});

describe('a progress card of an earlier life', () => {
  it('says that its turn ended early, with the steps it had', async () => {
    await working();
    await until('the reference', () => rows()[0]?.ref !== null);
    await chat.restart();
    await settled();
    expect(title()).toBe('⏹ Ended early');
    expect(chat.platform.cards.filter(({ title }) => title === '⏳ Working')).toEqual([]);
  });

  /** What a kill leaves behind: a card in the chat, and its row with or without the reference. */
  const left = async (turn: TurnId, heard: boolean, sent = true): Promise<void> => {
    const id = 'card1';
    const card = { entries: ['Read `a.txt`'], earlier: 0, language: 'zh' };
    const to = chat.address();
    const row: ProgressCardRow = {
      id,
      project: chat.context.name,
      turnId: turn,
      address: to,
      card,
      ref: null,
      createdAt: Date.now(),
    };
    await chat.store.commit('progressBegun', { row });
    const shown = { kind: 'card', card: progressCard(card.entries, 0, 'running', 'zh') } as const;
    const [part] = chat.platform.render(shown);
    if (!part || !sent) return;
    const ref = await chat.platform.send(to, part, `progress-${id}`);
    if (heard) await chat.store.commit('progressShown', { id, ref, card });
  };
  const finishedTurn = async (): Promise<TurnId> => {
    await chat.turn('do it', 'Done.');
    return chat.lastTurn().id;
  };

  it('says that its turn is complete where only that word was missing, in the language it had', async () => {
    await open();
    await left(await finishedTurn(), true);
    await chat.restart();
    await settled();
    expect(title()).toBe('✅ 已完成');
  });

  it('is found by its key when its reference was never stored', async () => {
    await open();
    await left(asId('gone'), false);
    await chat.restart();
    await settled();
    expect(chat.platform.cards).toHaveLength(1);
    expect(title()).toBe('⏹ 提前结束');
  });

  it.each(['absent', 'found'] as const)('is searched where that can be done: %s', async (outcome) => {
    await open();
    chat.platform.capabilities = { ...chat.platform.capabilities, delivery: { kind: 'probe' } };
    await left(asId('gone'), false, outcome === 'found');
    const found = chat.platform.shown[0];
    chat.platform.probe = async (to) => (found ? { chat: to.chat, message: found.id } : 'absent');
    await chat.restart();
    await settled();
    expect(chat.platform.cards.map(({ title }) => title)).toEqual(outcome === 'found' ? ['⏹ 提前结束'] : []);
  });

  it('that is gone from the chat is let go', async () => {
    await open();
    await left(asId('gone'), true);
    chat.platform.edit = () => Promise.reject(new AppError('gone', 'deleted', { kind: 'not_found' }));
    await chat.restart();
    await settled();
  });
});
