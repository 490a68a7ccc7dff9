import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asId, type NativeId, type PromptId } from '../../src/core/ids.ts';
import { type ChatServer, startChatServer } from '../sim/models/openai-chat.ts';
import type { RealBench } from './bench.ts';
import { closedAfterEach } from './closed-after-each.ts';
import { KIMI_VERSION, kimiBench } from './kimi-session.ts';
import { leftBehind } from './left-behind.ts';
import type { Talk } from './talk.ts';

let model: ChatServer;
beforeAll(async () => {
  model = await startChatServer();
});
afterAll(() => model.close());

const bench = closedAfterEach((options: object = {}) => kimiBench(model, options));
const open = async (options: object = {}): Promise<{ talk: Talk; at: RealBench }> => {
  const at = await bench(options);
  return { talk: await at.open(), at };
};
const run = (command: string) => `tool: Bash ${JSON.stringify({ command })}`;
const soon = () => AbortSignal.timeout(15_000);

describe(`kimi ${KIMI_VERSION} over ACP`, () => {
  it('[feature: one process across turns, streaming] answers two prompts in one process', async () => {
    const { talk } = await open();
    const pid = talk.session.process?.pid;
    const first = await talk.turn('say: hello world, this comes in pieces');
    expect(first.outcome).toEqual({ status: 'ok' });
    expect(talk.text).toBe('hello world, this comes in pieces');
    expect(talk.all('text').length).toBeGreaterThan(1);
    await talk.turn('say: and again');
    expect(talk.session.process?.pid).toBe(pid);
    expect(talk.all('session')).toHaveLength(1);
  });

  it('[feature: tool allowed] runs a command after it was allowed', async () => {
    const { talk, at } = await open();
    await talk.say(`pre: I will. ;; ${run('echo hi; touch a')} ;; say: made it`);
    const request = await talk.decide('allow');
    expect(request).toMatchObject({ kind: 'permission', summary: 'echo hi; touch a' });
    expect(talk.all('tool_started')).toMatchObject([
      { call: { summary: 'echo hi; touch a', form: 'shell' } },
    ]);
    expect(await talk.next('tool_ended')).toMatchObject({ ok: true, output: expect.stringContaining('hi') });
    await talk.next('turn_end');
    expect(talk.text).toContain('made it');
    expect(await at.has('a')).toBe(true);
  });

  it('[feature: tool denied] tells the model and goes on', async () => {
    const { talk, at } = await open();
    await talk.say(`${run('touch a')} ;; say: then not`);
    const { wireId } = await talk.next('approval');
    await talk.session.answer(wireId, { kind: 'deny', message: 'not today' });
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'ok' });
    expect(await at.has('a')).toBe(false);
  });

  it('[feature: always allow] does not ask again for what was allowed for good', async () => {
    const { talk } = await open();
    await talk.say(`${run('touch a')} ;; say: one`);
    await talk.decide('allow_always');
    await talk.next('turn_end');
    await talk.turn(`${run('touch a')} ;; say: two`);
    expect(talk.all('approval')).toHaveLength(1);
  });

  it('[feature: interrupt] stops the answer, its command and what is asked, and keeps the process', async () => {
    const { talk, at } = await open();
    await talk.say('slow: 30 ;; say: aaaa bbbb cccc dddd eeee');
    await talk.next('text');
    await talk.session.interrupt(soon());
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    await talk.say(`${run('touch a')} ;; say: never`);
    const { wireId } = await talk.next('approval');
    await talk.session.interrupt(soon());
    expect((await talk.next('approval_withdrawn')).wireId).toBe(wireId);
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    expect(await at.has('a')).toBe(false);
    await talk.turn('say: and on');
    expect(talk.text).toContain('and on');
  });

  it('[feature: resume] goes on with the conversation in a new process, and refuses one that is not there', async () => {
    const { talk, at } = await open();
    await talk.turn('say: remember me');
    const resume = talk.nativeId;
    await talk.close();
    expect(await at.agent.store?.has(at.place.workDir, resume ?? asId('none'))).toBe(true);
    const again = await at.open({ resume });
    await again.turn('say: here');
    expect(again.text).toBe('here');
    expect(again.nativeId).toBe(resume);
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('remember me');
    const gone = asId<NativeId>('00000000-0000-4000-8000-000000000000');
    await expect(at.open({ resume: gone })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it.each([
    [400, 'other'],
    [401, 'auth'],
  ])('[feature: model errors] says what went wrong on status %i', async (status, code) => {
    const { talk } = await open();
    const end = await talk.turn(`error: ${status}`);
    expect(end.outcome).toMatchObject({ status: 'error', code });
  });

  it('[feature: questions] hands on the answers that the CLI offers', async () => {
    const { talk } = await open();
    const options = [
      { label: 'Red', description: 'warm' },
      { label: 'Blue', description: 'cold' },
    ];
    const questions = [{ question: 'Which colour?', header: 'Colour', options, multi_select: false }];
    await talk.say(`tool: AskUserQuestion ${JSON.stringify({ questions })} ;; say: thanks`);
    const { wireId, request } = await talk.next('approval');
    const offered = request.kind === 'permission' ? request.options : [];
    const blue = offered.find(({ label }) => label.startsWith('Blue'));
    await talk.session.answer(wireId, { kind: 'option', optionId: blue?.id ?? '' });
    await talk.next('turn_end');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('Blue');
  });

  it('[feature: plan] tells the list of tasks as it changes', async () => {
    const { talk } = await open();
    const list = (first: string) => {
      const todos = [
        { title: 'one', status: first },
        { title: 'two', status: 'pending' },
      ];
      return `tool: TodoList ${JSON.stringify({ todos })}`;
    };
    await talk.turn(`${list('in_progress')} ;; ${list('done')} ;; say: listed`);
    expect(talk.all('plan')).toEqual(
      ['running', 'done'].map((state) => ({
        kind: 'plan',
        steps: [
          { text: 'one', state },
          { text: 'two', state: 'pending' },
        ],
      })),
    );
    expect(talk.all('approval')).toEqual([]);
  });

  it('[feature: plan] shows the plan to be approved, and leaves the mode when it is', async () => {
    const at = await bench();
    const talk = await at.open({ mode: 'plan' });
    await talk.turn('say: ready');
    const told = JSON.stringify(model.requests.at(-1)?.messages);
    const path = /Plan file: ([^\\"]+)/.exec(told)?.[1];
    const write = `tool: Write ${JSON.stringify({ path, content: '# Do it' })}`;
    await talk.say(`${write} ;; tool: ExitPlanMode {} ;; ${run('touch a')} ;; say: going`);
    const { wireId, request } = await talk.next('approval');
    expect(request).toMatchObject({ kind: 'plan', plan: '# Do it' });
    const offered = request.kind === 'plan' ? request.options : [];
    const allow = offered.find(({ role }) => role === 'allow');
    await talk.session.answer(wireId, { kind: 'option', optionId: allow?.id ?? '' });
    await talk.decide('deny');
    await talk.next('turn_end');
    expect(talk.all('settings').at(-1)?.mode).toBe('default');
    expect(await talk.session.set?.({ mode: 'plan' })).toBe(true);
    await talk.turn('say: again');
    expect(JSON.stringify(model.requests.at(-1)?.messages.slice(-2))).toContain('Plan mode is active');
  });

  it('[feature: outcome of a prompt, kill in mid-turn] knows what became of every kind of turn', async () => {
    const at = await bench();
    const talk = await at.open({ mode: 'auto' });
    const answered = (await talk.turn(`pre: first ;; ${run('touch a')} ;; say: fine`)).prompts[0];
    const stopped = await talk.say('slow: 20 ;; say: aaaa bbbb cccc dddd');
    await talk.next('text', ({ text }) => text.includes('a'));
    await talk.session.interrupt(soon());
    await talk.next('turn_end');
    const killed = await talk.say(`pre: before ;; ${run('sleep 50')} ;; say: never`);
    await talk.next('tool_started');
    await sleep(500);
    process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
    expect(await talk.next('turn_end', ({ prompts }) => prompts.includes(killed))).toMatchObject({
      outcome: { status: 'error', code: 'crash' },
    });
    await talk.next('exit');
    await talk.close();
    const id = talk.nativeId;
    const outcome = (prompt = asId<PromptId>('none'), native = id) =>
      at.agent.store?.outcome?.(at.place.workDir, native, prompt);
    expect(await outcome(answered)).toEqual({ state: 'ended', ok: true, text: 'first\n\nfine' });
    expect(await outcome(stopped)).toMatchObject({ state: 'ended', ok: false });
    // What was said in front of a tool is written with the tool's end only.
    expect(await outcome(killed)).toMatchObject({ state: 'open' });
    expect(await outcome(asId('00000000-0000-4000-8000-000000000000'))).toEqual({ state: 'absent' });
    expect(await at.agent.store?.outcome?.(at.place.workDir, undefined, killed)).toMatchObject({
      state: 'open',
      nativeId: id,
    });
    const again = await at.open({ resume: id });
    await again.turn('say: after the kill');
    expect(await outcome(killed)).toMatchObject({ state: 'ended', ok: false });
  });

  it.each(['closed', 'killed'])(
    '[feature: clean end] leaves no command behind when it is %s in mid-turn',
    async (how) => {
      const at = await bench();
      const marker = randomUUID();
      const talk = await at.open({ marker, mode: 'auto' });
      await talk.say(`${run('sleep 50')} ;; say: never`);
      await talk.next('tool_started');
      await sleep(500);
      if (how === 'killed') process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
      await talk.session.close({ quick: false }, soon());
      await talk.next('turn_end');
      await talk.next('exit');
      expect(await leftBehind(marker)).toEqual([]);
    },
  );

  it('[feature: images] shows the model an image', async () => {
    const { talk, at } = await open();
    await talk.turn('images', [await at.picture()]);
    expect(talk.text).toMatch(/images: \d/);
  });

  it('[feature: mode change] asks and asks no more, in the same process', async () => {
    const { talk, at } = await open();
    expect(await talk.session.set?.({ mode: 'auto' })).toBe(true);
    await talk.turn(`${run('touch a')} ;; say: done`);
    expect(await at.has('a')).toBe(true);
    expect(talk.all('approval')).toHaveLength(0);
    expect(await talk.session.set?.({ mode: 'default' })).toBe(true);
    await talk.say(`${run('touch b')} ;; say: done`);
    await talk.decide('deny');
    await talk.next('turn_end');
    expect(await at.has('b')).toBe(false);
    expect(at.agent.modes.map(({ id }) => id)).toEqual(['default', 'plan', 'auto', 'yolo']);
    expect(await talk.session.set?.({ mode: 'loud' })).toBe(false);
  });

  it('[feature: provider, models] goes to the provider with its key, and calls its model by its name', async () => {
    const { talk } = await open();
    await talk.next('settings', ({ model: named }) => named === 'scripted-model');
    expect(await talk.session.models?.(soon())).toMatchObject([{ id: 'scripted-model' }]);
    expect(await talk.session.set?.({ model: 'scripted-model' })).toBe(true);
    expect(await talk.session.set?.({ model: 'another' })).toBe(false);
    await talk.turn('say: by way of the provider');
    expect(model.requests.at(-1)?.model).toBe('scripted-model');
    expect(model.requests.at(-1)?.headers.authorization).toBe('Bearer sk-scripted-key');
  });

  it('[feature: native sessions] lists the conversation with its title and words', async () => {
    const { talk, at } = await open();
    await talk.turn('say: the first answer');
    await talk.turn('say: the second answer');
    const id = talk.nativeId ?? asId('none');
    await talk.close();
    const { store } = at.agent;
    expect(await store?.list(at.place.workDir, 5)).toMatchObject([{ id, title: 'say: the first answer' }]);
    expect(await store?.list(at.place.home, 5)).toEqual([]);
    const history = await store?.history(at.place.workDir, id, 3);
    expect(history?.map(({ role, text }) => `${role}: ${text}`)).toEqual([
      'assistant: the first answer',
      'user: say: the second answer',
      'assistant: the second answer',
    ]);
  });

  it('[feature: check] tells the version', async () => {
    const at = await bench();
    const [found] = await at.agent.check(AbortSignal.timeout(20_000));
    expect(found).toMatchObject({ level: 'ok', what: expect.stringContaining(KIMI_VERSION) });
  });
});

describe(`[feature: print mode] kimi ${KIMI_VERSION} print`, () => {
  it('answers two prompts of one conversation, each in a process of its own', async () => {
    const { talk, at } = await open({ backend: 'print' });
    const first = await talk.turn(`pre: I will. ;; ${run('touch a')} ;; say: the first`);
    expect(first.outcome).toEqual({ status: 'ok' });
    expect(talk.all('tool_ended')).toMatchObject([{ ok: true }]);
    expect(await at.has('a')).toBe(true);
    await talk.turn('say: the second');
    expect(talk.text).toContain('the second');
    expect(talk.all('session')).toHaveLength(1);
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('the first');
  });

  it('tells an error of the model, and goes on', async () => {
    const { talk } = await open({ backend: 'print' });
    expect((await talk.turn('error: 401')).outcome).toMatchObject({ status: 'error', code: 'auth' });
    await talk.turn('- say: ;; say: better');
    expect(talk.text).toContain('better');
  });
});
