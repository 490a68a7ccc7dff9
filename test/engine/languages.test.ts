import { afterEach, describe, expect, it } from 'vitest';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

const bob = { id: 'bob' };
const detecting = { settings: { language: undefined } };
const queuedNotice = async (text: string, sender?: { id: string }) => {
  const before = chat.platform.texts.length;
  await chat.say(text, sender);
  await until('the notice', () => chat.platform.texts.length > before);
  return chat.platform.last;
};

describe('the language of a person', () => {
  it.each([
    ['请帮我看一下这个项目', '对话'],
    ['このファイルを見てください', '会話'],
    ['por favor revisa este archivo y dime qué hace', 'conversación'],
    ['please look at this file', 'conversation'],
  ])('is detected from %s', async (text, word) => {
    chat = await Harness.open(detecting);
    await chat.running(text);
    chat.agent.last?.crash();
    await until('the word', () => chat.platform.last.includes(word));
  });

  it('is each one’s own, also in one project', async () => {
    chat = await Harness.open(detecting);
    await chat.say('请帮我看一下');
    await until('the first', () => chat.agent.sessions.length === 1);
    await chat.say('please help me', bob);
    await until('the second', () => chat.agent.sessions.length === 2);
    expect(await queuedNotice('再看一个')).toContain('排队');
    expect(await queuedNotice('and another one', bob)).toContain('Queued');
  });

  it('seen before is spoken again after a restart, before they write a word of it', async () => {
    chat = await Harness.open(detecting);
    await chat.turn('请帮我看一下', '好');
    await chat.restart();
    expect(await chat.ask('/help')).toContain('命令');
  });

  it('chosen with /lang wins over what they write and survives a restart', async () => {
    chat = await Harness.open(detecting);
    await chat.ask('/lang es');
    await chat.restart();
    await chat.running('please look at this file');
    expect(await queuedNotice('and another')).toContain('En cola');
  });

  it('returns to detection with /lang auto', async () => {
    chat = await Harness.open(detecting);
    await chat.ask('/lang es');
    await chat.ask('/lang auto');
    await chat.running('please look at this file');
    expect(await queuedNotice('and another')).toContain('Queued');
  });

  it('chosen wins over the configured one as well, for this person only', async () => {
    chat = await Harness.open({ settings: { language: 'ja' } });
    await chat.ask('/lang es');
    expect(await chat.ask('/whoami')).toMatch(/usuario/i);
    expect(await chat.ask('/whoami', bob)).toMatch(/ユーザー/);
  });

  it('is never taken from the words of a command', async () => {
    chat = await Harness.open(detecting);
    await chat.turn('please look', 'ok');
    await chat.ask('/name 新的名字');
    expect(await chat.ask('/whoami')).toContain('User id');
  });
});
