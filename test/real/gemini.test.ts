import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionSpec } from '../../src/core/agent.ts';
import { asId, type NativeId, type PromptId } from '../../src/core/ids.ts';
import { kin } from '../../src/kit/process/kin.ts';
import { type GeminiServer, startGeminiServer } from '../sim/models/gemini.ts';
import { GEMINI_VERSION, GeminiBench } from './gemini-session.ts';
import type { Talk } from './talk.ts';

let model: GeminiServer;
beforeAll(async () => {
  model = await startGeminiServer();
});
afterAll(() => model.close());

const benches: GeminiBench[] = [];
afterEach(async () => {
  await Promise.all(benches.splice(0).map((made) => made.close()));
});
const open = async (
  options: object = {},
  spec: Partial<SessionSpec> = {},
): Promise<{ talk: Talk; at: GeminiBench }> => {
  const at = await GeminiBench.make(model, options);
  benches.push(at);
  return { talk: await at.open(spec), at };
};
const run = (command: string) => `tool: run_shell_command ${JSON.stringify({ command, description: 'x' })}`;
const exists = (at: GeminiBench, file: string) =>
  stat(join(at.place.workDir, file)).then(
    () => true,
    () => false,
  );
const picture = async (at: GeminiBench) => {
  const path = join(at.place.home, 'a picture.png');
  await writeFile(
    path,
    Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    ),
  );
  return { path, mime: 'image/png' };
};
/** Kills the process of the running turn and waits until all of it is told. */
const kill = async (talk: Talk) => {
  process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
  await talk.next('turn_end');
};
const outcomes = (at: GeminiBench, native: NativeId | undefined) => (prompt: PromptId | undefined) =>
  at.agent.store?.outcome?.(at.place.workDir, native, prompt ?? asId('none'));
const lastRequest = () => JSON.stringify(model.requests.at(-1)?.contents);

describe(`gemini ${GEMINI_VERSION} over ACP`, () => {
  it('[feature: one process across turns, streaming, thinking, usage] answers two prompts in one process', async () => {
    const { talk } = await open();
    const pid = talk.session.process?.pid;
    const first = await talk.turn('say: hello world, this comes in pieces');
    expect(first).toMatchObject({
      outcome: { status: 'ok' },
      usage: { inputTokens: 235, outputTokens: 17 },
    });
    expect(talk.text).toBe('hello world, this comes in pieces');
    expect(talk.all('text').length).toBeGreaterThan(1);
    await talk.turn('think: let me see ;; say: and again');
    expect(talk.all('thinking')[0]?.text).toContain('let me see');
    expect(talk.session.process?.pid).toBe(pid);
    expect(talk.all('turn_start')).toHaveLength(2);
  });

  it('[feature: tool allowed] runs a command after it was allowed', async () => {
    const { talk, at } = await open();
    await talk.say(`${run('touch a')} ;; say: made it`);
    const { wireId, request } = await talk.next('approval');
    expect(request).toMatchObject({ kind: 'permission', summary: 'touch a' });
    const options = request.kind === 'permission' ? request.options : [];
    expect(options.map(({ role }) => role)).toEqual(['allow_always', 'allow', 'deny']);
    const allow = options.find(({ role }) => role === 'allow')?.id ?? '';
    expect(await talk.session.answer(wireId, { kind: 'option', optionId: allow })).toBe('taken');
    expect(await talk.session.answer(wireId, { kind: 'option', optionId: allow })).toBe('stale');
    expect((await talk.next('tool_ended')).ok).toBe(true);
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'ok' });
    expect(talk.text).toContain('made it');
    expect(await exists(at, 'a')).toBe(true);
  });

  it('[feature: tool denied] tells the model and goes on', async () => {
    const { talk, at } = await open();
    await talk.say(`${run('touch a')} ;; say: then not`);
    const { wireId } = await talk.next('approval');
    await talk.session.answer(wireId, { kind: 'deny', message: 'not today' });
    await talk.next('turn_end');
    expect(await exists(at, 'a')).toBe(false);
    expect((await talk.turn('say: and on')).outcome).toEqual({ status: 'ok' });
  });

  it('[feature: always allow] does not ask again in this conversation', async () => {
    const { talk, at } = await open();
    await talk.say(`${run('touch a')} ;; say: one`);
    const { wireId, request } = await talk.next('approval');
    const always =
      request.kind === 'permission' && request.options.find(({ role }) => role === 'allow_always');
    await talk.session.answer(wireId, { kind: 'option', optionId: always ? always.id : '' });
    await talk.next('turn_end');
    await talk.turn(`${run('touch b')} ;; say: two`);
    expect(talk.all('approval')).toHaveLength(1);
    expect(await exists(at, 'b')).toBe(true);
  });

  it('[feature: interrupt] stops the answer and its command, and keeps the process', async () => {
    const { talk } = await open({ mode: 'yolo' });
    await talk.say(`${run('sleep 60')} ;; say: never`);
    await talk.next('tool_started');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    await talk.turn('say: and on');
    expect(talk.text).toContain('and on');
    expect(talk.text).not.toContain('never');
  });

  it('[feature: interrupt] withdraws an open approval', async () => {
    const { talk } = await open();
    await talk.say(`${run('touch a')} ;; say: never`);
    const { wireId } = await talk.next('approval');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('approval_withdrawn')).wireId).toBe(wireId);
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
  });

  it('[feature: resume] goes on with the conversation in a new process at once, and refuses one that is not there', async () => {
    const { talk, at } = await open();
    await talk.turn('say: remember me');
    const resume = talk.nativeId ?? asId<NativeId>('none');
    await talk.close();
    expect(await at.agent.store?.has(at.place.workDir, resume)).toBe(true);
    const again = await at.open({ resume });
    await again.turn('say: here');
    expect(again.nativeId).toBe(resume);
    expect(again.text).toBe('here');
    expect(lastRequest()).toContain('remember me');
    const gone = asId<NativeId>('00000000-0000-4000-8000-000000000000');
    await expect(at.open({ resume: gone })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it.each([
    [400, 'other'],
    [401, 'auth'],
  ])('[feature: model errors] says what went wrong on status %i, and stays usable', async (status, code) => {
    const { talk } = await open();
    const end = await talk.turn(`error: ${status}`);
    const message = expect.stringContaining(`scripted failure ${status}`);
    expect(end.outcome).toMatchObject({ status: 'error', code, message });
    expect((await talk.turn('say: better')).outcome).toEqual({ status: 'ok' });
  });

  it('[feature: model errors] outlives a failure that the CLI tries again', async () => {
    const { talk } = await open();
    expect((await talk.turn('error-once: 500 ;; say: at last')).outcome).toEqual({ status: 'ok' });
    expect(talk.text).toContain('at last');
  });

  it('[feature: kill in mid-turn] ends the turn with an error, and the conversation can be resumed', async () => {
    const { talk, at } = await open({ mode: 'yolo' });
    await talk.turn('say: before');
    const killed = await talk.say(`${run('sleep 50')} ;; say: never`);
    await talk.next('tool_started');
    process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
    expect(await talk.next('turn_end', ({ prompts }) => prompts.includes(killed))).toMatchObject({
      outcome: { status: 'error', code: 'crash' },
    });
    await talk.next('exit');
    await talk.close();
    const again = await at.open({ resume: talk.nativeId });
    await again.turn('say: after');
    expect(lastRequest()).toContain('before');
  });

  it('[feature: outcome of a prompt] knows what became of every kind of turn', async () => {
    const { talk, at } = await open({ mode: 'yolo' });
    const answered = (await talk.turn(`pre: first ;; ${run('touch a')} ;; say: fine`)).prompts[0];
    const outcome = outcomes(at, talk.nativeId);
    // No line tells the end of a turn.
    expect(await outcome(answered)).toEqual({ state: 'open', text: 'first\n\nfine' });
    const failed = (await talk.turn('error: 400')).prompts[0];
    const stopped = await talk.say('slow: 20 ;; say: aaaa bbbb cccc dddd');
    await talk.next('text', ({ text }) => text.includes('a'));
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    await talk.next('turn_end');
    const killed = await talk.say(`pre: before ;; ${run('sleep 50')} ;; say: never`);
    await talk.next('tool_started');
    await sleep(500);
    await kill(talk);
    expect(await outcome(answered)).toEqual({ state: 'ended', ok: false, text: 'first\n\nfine' });
    expect(await outcome(failed)).toMatchObject({ state: 'ended', ok: false });
    expect(await outcome(stopped)).toMatchObject({ state: 'ended', ok: false });
    expect(await outcome(killed)).toEqual({ state: 'open', text: 'before' });
    expect(await outcome(undefined)).toEqual({ state: 'absent' });
    const nativeId = talk.nativeId;
    expect(await outcomes(at, undefined)(killed)).toEqual({ state: 'open', text: 'before', nativeId });
    const again = await at.open({ resume: nativeId });
    await again.turn('say: after the kill');
    expect(await outcome(killed)).toMatchObject({ state: 'ended', ok: false });
  });

  it('[feature: images] hands a picture to the model', async () => {
    const { talk, at } = await open();
    await talk.turn('images', [await picture(at)]);
    expect(talk.text).toContain('image/png');
  });

  it('[feature: mode change, model change] asks or not from the next turn on', async () => {
    const { talk, at } = await open({ mode: 'default' });
    expect(await talk.session.set?.({ mode: 'yolo' })).toBe(true);
    await talk.turn(`${run('touch a')} ;; say: unasked`);
    expect(talk.all('approval')).toHaveLength(0);
    expect(await exists(at, 'a')).toBe(true);
    const offered = await talk.session.models?.(AbortSignal.timeout(1_000));
    expect(offered?.map(({ id }) => id)).toContain('gemini-2.5-pro');
    expect(await talk.session.set?.({ model: 'gemini-2.5-pro' })).toBe(true);
    await talk.turn('say: x');
    expect(model.requests.at(-1)?.model).toBe('gemini-2.5-pro');
    expect(await talk.session.set?.({ mode: 'plan' })).toBe(true);
    expect(talk.all('settings').at(-1)?.mode).toBe('plan');
  });

  it('[feature: native sessions] lists, shows and removes conversations', async () => {
    const { talk, at } = await open();
    await talk.turn('first question\nsay: first answer');
    const id = talk.nativeId ?? asId<NativeId>('none');
    await talk.close();
    const { store } = at.agent;
    const [listed] = (await store?.list(at.place.workDir, 10)) ?? [];
    expect(listed).toMatchObject({ id, title: expect.stringContaining('first question') });
    const said = await store?.history(at.place.workDir, id, 10);
    expect(said?.map(({ role, text }) => [role, text])).toEqual([
      ['user', 'first question\nsay: first answer'],
      ['assistant', 'first answer'],
    ]);
    expect(await store?.remove?.(at.place.workDir, id)).toBe(true);
    expect(await store?.list(at.place.workDir, 10)).toEqual([]);
    expect(await store?.has(at.place.workDir, id)).toBe(false);
  });

  it.each(['close', 'kill'])('[feature: clean end] leaves no command running after a %s', async (how) => {
    const { talk, at } = await open({ mode: 'yolo' }, { marker: `gemini-end-${how}-${process.pid}` });
    await talk.say(`${run('sleep 77')} ;; say: never`);
    await talk.next('tool_started');
    await sleep(500);
    if (how === 'kill') {
      process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
      await talk.next('exit');
    }
    await at.close();
    const marker = `gemini-end-${how}-${process.pid}`;
    expect(await kin({ pid: 0x7fffffff, startTime: undefined, marker })).toEqual([]);
  });

  it('[feature: provider] keeps the person own settings as they are', async () => {
    const { talk, at } = await open();
    await talk.turn('say: x');
    expect(model.requests.at(-1)?.headers['x-goog-api-key']).toBe('sk-scripted-key');
    expect(await readdir(at.place.home)).not.toContain('.gemini');
  });
});

describe(`gemini ${GEMINI_VERSION} stream-json`, () => {
  const backend = { backend: 'stream-json' };

  it('[feature: stream-json backend, usage] runs a process for every turn, on one conversation', async () => {
    const { talk } = await open(backend);
    const first = await talk.turn('say: hello world, this comes in pieces');
    expect(first).toMatchObject({
      outcome: { status: 'ok' },
      usage: { inputTokens: 235, outputTokens: 17, cacheReadTokens: 30 },
    });
    expect(talk.text).toBe('hello world, this comes in pieces');
    await talk.turn('say: again');
    expect(lastRequest()).toContain('this comes in pieces');
    expect(talk.all('session')).toHaveLength(1);
    expect(talk.all('exit')).toHaveLength(0);
  });

  it('[feature: stream-json backend, mode change] runs commands in yolo, and has none in default mode', async () => {
    const { talk, at } = await open({ ...backend, mode: 'default' });
    await talk.turn(`${run('touch a')} ;; say: no`);
    expect(talk.all('tool_ended')[0]?.ok).toBe(false);
    expect(await exists(at, 'a')).toBe(false);
    await talk.session.set?.({ mode: 'yolo' });
    await talk.turn(`${run('touch a; exit 3')} ;; say: yes`);
    expect(talk.all('tool_ended')[1]).toMatchObject({ ok: false, exitCode: 3 });
    expect(await exists(at, 'a')).toBe(true);
  });

  it('[feature: stream-json backend, interrupt] stops a turn and its command and keeps the conversation', async () => {
    const { talk } = await open({ ...backend, mode: 'yolo' });
    await talk.turn('say: before');
    await talk.say(`${run('sleep 60')} ;; say: never`);
    await talk.next('tool_started');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    await talk.turn('say: after');
    expect(lastRequest()).toContain('before');
  });

  it('[feature: stream-json backend, model errors] says what went wrong and goes on', async () => {
    const { talk } = await open(backend);
    const end = await talk.turn('error: 401');
    expect(end.outcome).toMatchObject({ status: 'error', code: 'auth', message: 'scripted failure 401' });
    expect((await talk.turn('say: better')).outcome).toEqual({ status: 'ok' });
  });

  it('[feature: stream-json backend, images] hands a picture to the model', async () => {
    const { talk, at } = await open(backend);
    await talk.turn('images', [await picture(at)]);
    expect(talk.text).toContain('image/png');
  });

  it('[feature: stream-json backend, resume] goes on where the other backend was', async () => {
    const { talk, at } = await open(backend);
    await talk.turn('say: remember me');
    await talk.close();
    const again = await at.open({ resume: talk.nativeId });
    await again.turn('say: here');
    expect(lastRequest()).toContain('remember me');
    const gone = asId<NativeId>('00000000-0000-4000-8000-000000000000');
    await expect(at.open({ resume: gone })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it('[feature: stream-json backend, outcome of a prompt] knows what became of a turn, also of the first of a conversation', async () => {
    const { talk, at } = await open({ ...backend, mode: 'yolo' });
    const killed = await talk.say(`pre: before ;; ${run('sleep 50')} ;; say: never`);
    await talk.next('tool_started');
    await sleep(500);
    await kill(talk);
    const nativeId = talk.nativeId;
    expect(await outcomes(at, undefined)(killed)).toEqual({ state: 'open', text: 'before', nativeId });
    const next = await at.open({ resume: nativeId });
    const answered = (await next.turn('say: fine')).prompts[0];
    expect(await outcomes(at, nativeId)(answered)).toEqual({ state: 'open', text: 'fine' });
    expect(await outcomes(at, nativeId)(killed)).toMatchObject({ state: 'ended', ok: false });
    // Its process is ended before it has written anything.
    const early = asId<PromptId>('00000000-0000-4000-8000-00000000000e');
    const third = await at.open({ resume: nativeId });
    const prompt = { id: early, text: 'say: never begun', images: [] };
    const begun = third.session.prompt(prompt, AbortSignal.timeout(20_000));
    begun.catch(() => undefined);
    while (third.session.process === undefined) await sleep(5);
    process.kill(third.session.process.pid, 'SIGKILL');
    await expect(begun).rejects.toMatchObject({ code: 'agent.start_failed' });
    expect(await outcomes(at, nativeId)(early)).toEqual({ state: 'absent' });
  });

  it('[feature: stream-json backend, models] offers the models of the CLI, and takes one from the next turn on', async () => {
    const { talk } = await open(backend);
    const offered = (await talk.session.models?.(AbortSignal.timeout(30_000))) ?? [];
    expect(offered.map(({ id }) => id)).toContain('gemini-2.5-pro');
    await talk.session.set?.({ model: 'gemini-2.5-pro' });
    await talk.turn('say: from the other');
    expect(model.requests.at(-1)?.model).toBe('gemini-2.5-pro');
  });

  it('[feature: time limit] stops a turn that takes too long', async () => {
    const { talk } = await open({ ...backend, timeout_mins: 0.4 });
    const end = await talk.turn('hang: 60 ;; say: never');
    expect(end.outcome).toMatchObject({ status: 'error', message: expect.stringContaining('longer than') });
  });

  it('[feature: check] tells the version, and that a key is missing', async () => {
    const { at } = await open(backend);
    expect(await at.agent.check(AbortSignal.timeout(20_000))).toContainEqual({
      level: 'ok',
      what: `Gemini CLI ${GEMINI_VERSION}`,
    });
    const bare = await GeminiBench.make(model, backend, { apiKey: undefined, baseUrl: undefined });
    benches.push(bare);
    const talk = await bare.open();
    await expect(talk.turn('say: x')).rejects.toMatchObject({ code: 'agent.auth' });
  });
});
