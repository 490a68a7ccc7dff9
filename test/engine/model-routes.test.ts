import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { agentForModel } from '../../src/engine/model-routes.ts';
import { ModelSwitch, type ModelSwitchSettings, type SwitchRequest } from '../../src/engine/model-switch.ts';
import type { FakeAgent } from '../engine-harness/fake-agent.ts';
import { Harness, until } from '../engine-harness/harness.ts';

const routes = [
  { match: ['gpt-*', 'o?'], agent: 'second' },
  { match: ['own.model'], agent: 'fake-agent' },
];

let chat: Harness;

function second(): FakeAgent {
  const found = chat.agents[1]?.[1];
  if (!found) throw new Error('there is one agent only');
  return found;
}

async function turnWith(agent: FakeAgent, text: string, answer: string): Promise<void> {
  await chat.say(text);
  await until(`the agent to get ${text}`, () => agent.last?.prompts.at(-1)?.text.includes(text) === true);
  agent.last?.reply(answer);
  await until(`the answer ${answer}`, () => chat.platform.texts.includes(answer));
  await until('the end of the turn', () => chat.actor().turn === undefined);
}

describe('agentForModel', () => {
  it.each([
    ['gpt-5.2', 'second'],
    ['GPT-5', 'second'],
    ['o3', 'second'],
    ['o31', undefined],
    ['xgpt-5', undefined],
    ['own.model', 'fake-agent'],
    ['ownxmodel', undefined],
  ])('%s', (model, agent) => {
    expect(agentForModel(routes, model)).toBe(agent);
  });
});

describe('/model with routes', () => {
  afterEach(() => chat.close());

  it('goes on with the agent that serves the model, in its own conversation, and back', async () => {
    chat = await Harness.open({ moreAgents: ['second'], settings: { modelRoutes: routes } });
    await chat.turn('one', 'first says one');
    expect(await chat.ask('/model gpt-5.2')).toContain('second');
    await turnWith(second(), 'two', 'second says two');
    expect(second().last?.spec).toMatchObject({ model: 'gpt-5.2', resume: undefined });
    expect(await chat.ask('/model')).toContain('own.model');
    await chat.ask('/model own.model');
    await turnWith(chat.agent, 'three', 'first says three');
    expect(chat.agent.last?.prompts.map(({ text }) => text)).toEqual(['one', 'three']);
  });

  it('leaves a model that no route names with the agent spoken with', async () => {
    chat = await Harness.open({ moreAgents: ['second'], settings: { modelRoutes: routes } });
    await chat.turn('one', 'first says one');
    await chat.ask('/model something');
    await turnWith(chat.agent, 'two', 'first says two');
    expect(chat.agent.last?.changes).toEqual([{ model: 'something' }]);
    expect(second().sessions).toEqual([]);
  });

  it('is refused where another agent is pinned', async () => {
    chat = await Harness.open({
      moreAgents: ['second'],
      settings: {
        modelRoutes: routes,
        pins: [{ platform: '', chat: 'c1', thread: '', agent: 'fake-agent' }],
      },
    });
    expect(await chat.ask('/model gpt-5')).toContain('📌');
    await turnWith(chat.agent, 'one', 'first says one');
    expect(chat.agent.last?.spec.model).toBeUndefined();
  });
});

/** A switcher that notes its arguments and fails for the model `bad`. */
function switcher(folder: string, body = ''): { argv: readonly string[]; log: string } {
  const [file, log] = [join(folder, 'switch.sh'), join(folder, 'switched')];
  writeFileSync(
    file,
    `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\n${body}\n[ "$1" = bad ] && { echo 'no such model' >&2; exit 3; }\nexit 0\n`,
  );
  chmodSync(file, 0o755);
  return { argv: [file, '{model}', '{agent}', '{provider}'], log };
}

const plain = (command: readonly string[]): ModelSwitchSettings => ({
  command,
  timeoutMs: 20_000,
  strict: false,
  editsSharedConfig: false,
});

describe('the model switch', () => {
  afterEach(() => chat.close());

  async function withSwitch(more: Partial<ModelSwitchSettings> = {}): Promise<string> {
    chat = await Harness.open();
    const { argv, log } = switcher(chat.folder);
    chat.context.settings = { ...chat.context.settings, modelSwitch: { ...plain(argv), ...more } };
    return log;
  }

  it('runs before the prompt of a conversation with a model, once for the same', async () => {
    const log = await withSwitch();
    await chat.turn('no model, no switch', 'one');
    expect(existsSync(log)).toBe(false);
    await chat.ask('/model big');
    await chat.turn('first', 'two');
    await chat.turn('second', 'three');
    expect(readFileSync(log, 'utf8')).toBe('big fake-agent \n');
    await chat.ask('/model small; rm -rf $HOME');
    await chat.turn('third', 'four');
    expect(readFileSync(log, 'utf8')).toBe('big fake-agent \nsmall; rm -rf $HOME fake-agent \n');
  });

  it('warns when it fails, and the turn goes on', async () => {
    await withSwitch();
    await chat.ask('/model bad');
    await chat.turn('one', 'said all the same');
    expect(chat.platform.texts.join('\n')).toContain('no such model');
  });

  it('ends the turn when it is strict, and is tried again with the next', async () => {
    const log = await withSwitch({ strict: true });
    await chat.ask('/model bad');
    expect(await chat.ask('one')).toContain('no such model');
    await until('the end of the turn', () => chat.actor().turn === undefined);
    expect(await chat.ask('two')).toContain('no such model');
    await until('the end of the turn', () => chat.actor().turn === undefined);
    expect(chat.agent.last?.prompts ?? []).toEqual([]);
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(3);
  });

  it('does not outlast its time or a stop', async () => {
    chat = await Harness.open();
    const { argv } = switcher(chat.folder, 'sleep 60 &\nwait');
    const settings = { ...plain(argv), strict: true };
    chat.context.settings = { ...chat.context.settings, modelSwitch: { ...settings, timeoutMs: 300 } };
    await chat.ask('/model big');
    expect(await chat.ask('one')).toContain('in time');
    await until('the end of the turn', () => chat.actor().turn === undefined);
    chat.context.settings = { ...chat.context.settings, modelSwitch: settings };
    await chat.say('two');
    await until('the turn', () => chat.actor().turn !== undefined);
    await chat.say('/stop');
    await until('the end of the turn', () => chat.actor().turn === undefined, 20_000);
  });
});

describe('switches that edit shared files', () => {
  afterEach(() => chat.close());

  it('happen one at a time, each until its agent has the prompt, and again after another', async () => {
    chat = await Harness.open();
    const { argv, log } = switcher(chat.folder);
    const one = new ModelSwitch();
    const request = (model: string, signal = new AbortController().signal): SwitchRequest => ({
      settings: { ...plain(argv), editsSharedConfig: true },
      to: { model, agent: 'a', provider: 'p' },
      cwd: chat.folder,
      env: { PATH: process.env.PATH ?? '' },
      signal,
      warn: () => {},
    });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = one.around(request('x'), () => held);
    await until('the first switch', () => existsSync(log) && readFileSync(log, 'utf8') !== '');
    const second = one.around(request('y'), async () => 'second');
    const aborted = new AbortController();
    const third = one.around(request('z', aborted.signal), async () => 'never');
    aborted.abort(new Error('stopped'));
    await expect(third).rejects.toThrow('stopped');
    expect(readFileSync(log, 'utf8')).toBe('x a p\n');
    release();
    await first;
    expect(await second).toBe('second');
    await one.around(request('y'), async () => undefined);
    await one.around(request('x'), async () => undefined);
    expect(readFileSync(log, 'utf8')).toBe('x a p\ny a p\nx a p\n');
  });
});
