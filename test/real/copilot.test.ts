import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asId, type NativeId, type PromptId } from '../../src/core/ids.ts';
import { type ChatServer, startChatServer } from '../sim/models/openai-chat.ts';
import type { RealBench } from './bench.ts';
import { closedAfterEach } from './closed-after-each.ts';
import { COPILOT_VERSION, copilotBench } from './copilot-session.ts';
import { leftBehind } from './left-behind.ts';
import type { Talk } from './talk.ts';

let model: ChatServer;
beforeAll(async () => {
  model = await startChatServer();
});
afterAll(() => model.close());

const bench = closedAfterEach((options: object = {}) => copilotBench(model, options));
const open = async (options: object = {}): Promise<{ talk: Talk; at: RealBench }> => {
  const at = await bench(options);
  return { talk: await at.open(), at };
};
const run = (command: string) => `tool: bash ${JSON.stringify({ command, description: 'a command' })}`;
const soon = () => AbortSignal.timeout(15_000);

describe(`copilot ${COPILOT_VERSION} over ACP`, () => {
  it('[feature: one process across turns, streaming, usage] answers two prompts in one process', async () => {
    const { talk } = await open();
    const pid = talk.session.process?.pid;
    const first = await talk.turn('say: hello world, this comes in pieces');
    expect(first).toMatchObject({ outcome: { status: 'ok' }, usage: { inputTokens: 235, outputTokens: 17 } });
    expect(talk.text).toBe('hello world, this comes in pieces');
    expect(talk.all('text').length).toBeGreaterThan(1);
    expect((await talk.turn('say: and again')).usage).toMatchObject({ inputTokens: 235, outputTokens: 17 });
    expect(talk.session.process?.pid).toBe(pid);
    expect(talk.all('usage').at(-1)?.usage.contextTokens).toBeGreaterThan(0);
    expect(talk.all('session')).toHaveLength(1);
  });

  it('[feature: tool allowed] runs a command after it was allowed', async () => {
    const { talk, at } = await open();
    await talk.say(`pre: I will. ;; ${run('echo hi; touch a')} ;; say: made it`);
    const request = await talk.decide('allow');
    expect(request).toMatchObject({ kind: 'permission', summary: 'echo hi; touch a' });
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

  it.each([400, 401])(
    '[feature: model errors] says what went wrong on status %i, and stays usable',
    async (status) => {
      const { talk } = await open();
      const end = await talk.turn(`error: ${status}`);
      expect(end.outcome, talk.text).toMatchObject({ status: 'error' });
      expect(end.outcome.status === 'error' && end.outcome.message).toMatch(/^Error: /);
      expect(talk.text).not.toContain('Retrying');
      await talk.turn('say: better');
      expect(talk.text).toContain('better');
    },
  );

  it('[feature: outcome of a prompt, kill in mid-turn] knows what became of every kind of turn', async () => {
    const { talk, at } = await open({ mode: 'bypassPermissions' });
    const answered = (await talk.turn(`pre: first ;; ${run('touch a')} ;; say: fine`)).prompts[0];
    const failed = (await talk.turn('error: 400')).prompts[0];
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
    expect(await outcome(failed)).toMatchObject({ state: 'ended', ok: false });
    expect(await outcome(stopped)).toMatchObject({ state: 'ended', ok: false });
    expect(await outcome(killed)).toEqual({ state: 'open', text: 'before' });
    expect(await outcome(asId('00000000-0000-4000-8000-000000000000'))).toEqual({ state: 'absent' });
    expect(await at.agent.store?.outcome?.(at.place.workDir, undefined, killed)).toEqual({
      state: 'open',
      text: 'before',
      nativeId: id,
    });
    const again = await at.open({ resume: id });
    await again.turn('say: after the kill');
    expect(await outcome(killed)).toMatchObject({ state: 'ended', ok: false });
  });

  it.each(['closed', 'killed'])(
    '[feature: clean end] leaves no command behind when it is %s in mid-turn',
    async (how) => {
      const at = await bench({ mode: 'yolo' });
      const marker = randomUUID();
      const talk = await at.open({ marker });
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

  it('[feature: mode change] allows everything and asks again, in the same process', async () => {
    const { talk, at } = await open();
    expect(await talk.session.set?.({ mode: 'yolo' })).toBe(true);
    expect((await talk.next('settings', ({ mode }) => mode === 'bypassPermissions')).mode).toBe(
      'bypassPermissions',
    );
    await talk.turn(`${run('touch a')} ;; say: done`);
    expect(await at.has('a')).toBe(true);
    expect(talk.all('approval')).toHaveLength(0);
    expect(await talk.session.set?.({ mode: 'default' })).toBe(true);
    await talk.say(`${run('touch b')} ;; say: done`);
    await talk.decide('deny');
    await talk.next('turn_end');
    expect(await at.has('b')).toBe(false);
    expect(await talk.session.set?.({ mode: 'plan' })).toBe(true);
    expect(at.agent.modes.map(({ id }) => id.replace(/.*#/, ''))).toEqual([
      'agent',
      'plan',
      'autopilot',
      'bypassPermissions',
    ]);
    expect(await talk.session.set?.({ mode: 'loud' })).toBe(false);
  });

  it('[feature: provider] goes to the provider with its key', async () => {
    const { talk } = await open();
    await talk.turn('say: by way of the provider');
    expect(model.requests.at(-1)?.model).toBe('scripted-model');
    expect(model.requests.at(-1)?.headers.authorization).toBe('Bearer sk-scripted-key');
  });

  it('[feature: native sessions] lists the conversation with its title and words, and removes it', async () => {
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
    expect(await store?.remove?.(at.place.workDir, id)).toBe(true);
    expect(await store?.has(at.place.workDir, id)).toBe(false);
  });

  it('[feature: check] tells the version', async () => {
    const at = await bench();
    const [found] = await at.agent.check(AbortSignal.timeout(20_000));
    expect(found).toMatchObject({ level: 'ok', what: expect.stringContaining(COPILOT_VERSION) });
  });
});
