import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alice, until } from '../../engine-harness/harness.ts';
import { SharedBot } from '../../engine-harness/shared-bot.ts';

let bot: SharedBot;
beforeEach(async () => {
  bot = await SharedBot.open({ red: {} });
});
afterEach(() => bot.close());

const prompts = () => bot.project('red').agent.last?.prompts.map(({ text }) => text) ?? [];
const reaches = (text: string) =>
  until(`red to get ${text}`, () => prompts().some((prompt) => prompt.includes(text)));
const told = () => bot.platform.texts.filter((text) => text.includes('project blue'));
const tells = (count: number) => until(`${count} words about blue`, () => told().length === count);
const elsewhere = () => ({ address: bot.place(alice, { chat: 'c2' }) });

describe('a project that does not run', () => {
  it('keeps its chats to itself: they are told once, and all else goes on', async () => {
    bot.reserve('blue', { chats: ['c1'] });
    expect(await bot.say('secret plans')).toBe('refused');
    expect(await bot.say('more of them')).toBe('refused');
    await tells(1);
    expect(told()[0]).toContain('is not running');
    expect(told()[0]).not.toContain('/project');
    expect(await bot.say('for red', elsewhere())).toBe('accepted');
    await reaches('for red');
    expect(prompts().join()).not.toContain('secret');
    expect(told()).toHaveLength(1);
  });

  it('has what was turned away on record: it is known when it comes again, also once the project runs', async () => {
    bot.reserve('blue', { chats: ['c1'] });
    await bot.say('secret plans', { message: 'x1' });
    const row = bot.project('red').queries.inputByKey(bot.platform.account, 'm:x1');
    expect(row).toMatchObject({ project: 'blue', state: 'refused' });
    expect(await bot.say('secret plans', { message: 'x1' })).toBe('duplicate');
    bot.reserved.length = 0;
    expect(await bot.say('secret plans', { message: 'x1' })).toBe('duplicate');
    await tells(1);
    expect(prompts()).toEqual([]);
  });

  it('does not let an edit carry its message to another project', async () => {
    bot.reserve('blue', { chats: ['c1'] });
    await bot.say('secret plans', { message: 'x1' });
    const about = { message: 'x1', address: bot.place(), sender: alice, at: 0 };
    const edit = { kind: 'edit' as const, dedupeKey: 'e1', text: 'better secret plans', ...about };
    expect(await bot.input(edit)).toBe('refused');
    expect(prompts()).toEqual([]);
  });

  it('answers a button in its chat, and is named to nobody it would not let in', async () => {
    bot.reserve('blue', { chats: ['c1'] }, ({ id }) => id === 'alice');
    const mallory = { id: 'mallory', name: 'Mallory' };
    expect(await bot.press('nav:/status')).toMatchObject({ toast: expect.stringContaining('project blue') });
    expect(await bot.press('nav:/status', undefined, mallory)).toEqual({});
    expect(await bot.say('let me in', { sender: mallory })).toBe('refused');
    await bot.say('hello');
    await tells(1);
    expect(prompts()).toEqual([]);
  });

  it('has strangers on record who write, edit or press there, under its own name', async () => {
    bot.reserve('blue', { chats: ['c1'] }, ({ id }) => id === 'alice');
    const mallory = { id: 'mallory', name: 'Mallory' };
    await bot.say('let me in', { sender: mallory, message: 'x1' });
    await bot.say('let me in', { sender: mallory, message: 'x1' });
    await bot.press('nav:/status', undefined, mallory);
    const about = { message: 'x1', address: bot.place(mallory), sender: mallory, at: 0 };
    await bot.input({ kind: 'edit', dedupeKey: 'e1', text: 'please', ...about });
    await bot.say('hello');
    await bot.press('nav:/status');
    const lines = bot.project('red').queries.auditTrail({ project: null, actor: null, limit: 10 });
    expect(lines.map(({ project, actor, action, detail }) => [project, actor, action, detail])).toEqual([
      ['blue', 'mallory', 'access.refused', 'fake:bot message'],
      ['blue', 'mallory', 'access.refused', 'fake:bot button nav'],
      ['blue', 'mallory', 'access.refused', 'fake:bot edit'],
    ]);
  });

  it('as the default holds what nobody claims, until /project chooses one that runs', async () => {
    bot.reserve('blue', { default: true });
    expect(await bot.say('hello')).toBe('refused');
    await tells(1);
    expect(told()[0]).toContain('/project');
    await bot.say('/project red');
    await until('the switch', () => bot.platform.texts.some((text) => text.includes('now talks to red')));
    await bot.say('now for red');
    await reaches('now for red');
    expect(prompts().join()).not.toContain('hello');
  });

  it('leaves /stop to another one that works in its chat', async () => {
    await bot.say('long work');
    await reaches('long work');
    bot.reserve('blue', { chats: ['c1'] });
    expect(await bot.say('more')).toBe('refused');
    await bot.say('/stop');
    await until('the stop', () => bot.project('red').agent.last?.busy === false);
  });

  it('claims nothing without rules but the chats that chose it', async () => {
    bot.reserve('blue', {});
    expect(bot.router.decide(bot.place(), alice)).toMatchObject({ project: 'red', level: 'first' });
    await bot.say('hello');
    await reaches('hello');
    await bot.choices.choose(bot.place(), bot.reserved[0]?.project);
    expect(bot.router.decide(bot.place(), alice)).toMatchObject({
      project: 'blue',
      level: 'choice',
      reserved: true,
    });
    expect(await bot.say('for blue')).toBe('refused');
  });
});
