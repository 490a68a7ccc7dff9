import { afterEach, describe, expect, it } from 'vitest';
import type { Sender } from '../../src/core/inbound.ts';
import { Harness } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

const bob: Sender = { id: 'bob', name: 'Bob' };
const values = async (command: string, text = '', sender?: Sender) => {
  const typed = { address: chat.address(sender), sender: sender ?? { id: 'alice' }, command, text };
  return (await chat.project.suggest(typed)).map(({ value }) => value);
};

describe('what may stand behind a command', () => {
  it('are the modes and models of the agent, the languages, the commands', async () => {
    chat = await Harness.open();
    expect(await values('mode')).toEqual(chat.agent.modes.map(({ id }) => id));
    expect(await values('model')).toEqual([...chat.agent.configuredModels.map(({ id }) => id), 'default']);
    expect(await values('lang')).toEqual(['en', 'zh', 'zh-TW', 'ja', 'es', 'auto']);
    expect(await values('help', 'mod')).toEqual(['mode', 'model']);
    expect(await values('quiet', 'com')).toEqual(['compact']);
  });

  it('begins with what was typed, else holds it', async () => {
    chat = await Harness.open();
    const found = await values('help', 'st');
    const begin = found.filter((value) => value.startsWith('st'));
    expect(begin.length).toBeGreaterThan(1);
    expect(found.slice(0, begin.length)).toEqual(begin);
    expect(await values('help', 'nothing like this')).toEqual([]);
  });

  it('are the other conversations of this chat', async () => {
    chat = await Harness.open();
    await chat.turn('first question', 'one');
    await chat.ask('/name the first');
    await chat.ask('/new');
    await chat.turn('second question', 'two');
    const typed = { address: chat.address(), sender: { id: 'alice' }, command: 'switch', text: 'first' };
    const [one] = await chat.project.suggest(typed);
    expect(one?.label).toContain('the first');
    expect(await chat.ask(`/switch ${one?.value}`)).toContain('the first');
  });

  it('is told to nobody who may not use the command, and of no unknown one', async () => {
    chat = await Harness.open({ allowFrom: 'alice', settings: { disabledCommands: ['model'] } });
    expect(await values('lang', '', bob)).toEqual([]);
    expect(await values('model')).toEqual([]);
    expect(await values('whatever')).toEqual([]);
    expect(await values('stop')).toEqual([]);
  });

  it('fails silently', async () => {
    chat = await Harness.open({
      commands: [
        {
          name: 'odd',
          when: 'immediate',
          group: 'tools',
          summary: { en: '', zh: '', 'zh-TW': '', ja: '', es: '' },
          suggest: async () => Promise.reject(new Error('no list')),
          run: () => undefined,
        },
      ],
    });
    expect(await values('odd')).toEqual([]);
  });
});
