import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentProvider } from '../../src/core/agent.ts';
import { asId, type NativeId, type PromptId } from '../../src/core/ids.ts';
import { type ResponsesServer, startResponsesServer } from '../sim/models/openai-responses.ts';
import type { RealBench } from './bench.ts';
import type { Talk } from './claude-session.ts';
import { closedAfterEach } from './closed-after-each.ts';
import { CODEX_VERSION, codexBench } from './codex-session.ts';
import { leftBehind } from './left-behind.ts';

let model: ResponsesServer;
beforeAll(async () => {
  model = await startResponsesServer();
});
afterAll(() => model.close());

const bench = closedAfterEach((options: object = {}, provider: Partial<AgentProvider> = {}) =>
  codexBench(model, options, provider),
);
const open = async (options: object = {}): Promise<{ talk: Talk; at: RealBench }> => {
  const at = await bench(options);
  return { talk: await at.open(), at };
};
const run = (cmd: string) => `tool: exec_command ${JSON.stringify({ cmd })}`;
const patch = (file: string) =>
  `tool: apply_patch ${JSON.stringify({ __raw: `*** Begin Patch\n*** Add File: ${file}\n+one\n*** End Patch\n` })}`;

describe(`codex ${CODEX_VERSION} app-server`, () => {
  it('[feature: one process across turns, streaming, usage] answers two prompts in one process', async () => {
    const { talk } = await open();
    const pid = talk.session.process?.pid;
    const first = await talk.turn('say: hello world, this comes in pieces');
    expect(first).toMatchObject({
      outcome: { status: 'ok' },
      text: 'hello world, this comes in pieces',
      usage: { inputTokens: 235, outputTokens: 17, cacheReadTokens: 30, contextTokens: 252 },
    });
    expect(talk.text).toBe('hello world, this comes in pieces');
    expect(talk.all('text').every(({ mode }) => mode === 'delta')).toBe(true);
    const second = await talk.turn('think: let me see ;; say: and again');
    expect(second.usage).toMatchObject({ inputTokens: 235 });
    expect(talk.session.process?.pid).toBe(pid);
    expect(talk.all('turn_start')).toHaveLength(2);
    expect(
      talk
        .all('thinking')
        .map(({ text }) => text)
        .join(''),
    ).toBe('let me see');
    expect(talk.all('session')).toHaveLength(1);
  });

  it('[feature: provider] sends the headers of its provider, and its key from a variable of another name', async () => {
    const at = await bench({}, { envKey: 'RELAY_KEY', httpHeaders: { 'X-Team': 'blue', 'X-App': 'cc' } });
    const talk = await at.open();
    expect(await talk.turn('say: hello')).toMatchObject({ outcome: { status: 'ok' }, text: 'hello' });
    const { headers } = model.requests.at(-1) ?? {};
    expect(headers).toMatchObject({ 'x-team': 'blue', 'x-app': 'cc' });
    expect(headers?.authorization).toMatch(/^Bearer \S+/);
  });

  it('[feature: tool allowed] runs a command after it was allowed', async () => {
    const { talk, at } = await open({ mode: 'suggest' });
    await talk.say(`${run('touch a')} ;; say: made it`);
    const { wireId, request } = await talk.next('approval');
    expect(request).toMatchObject({ kind: 'permission', tool: 'shell', summary: 'touch a' });
    expect(request.kind === 'permission' && request.options.map(({ role }) => role)).toEqual([
      'allow',
      'allow_always',
      'deny',
      'other',
    ]);
    expect(await talk.session.answer(wireId, { kind: 'option', optionId: 'accept' })).toBe('taken');
    expect(await talk.session.answer(wireId, { kind: 'option', optionId: 'accept' })).toBe('stale');
    expect(await talk.next('tool_ended')).toMatchObject({ ok: true, exitCode: 0 });
    expect((await talk.next('turn_end')).text).toBe('made it');
    expect(await at.has('a')).toBe(true);
  });

  it('[feature: tool denied] tells the model and goes on', async () => {
    const { talk, at } = await open();
    await talk.say(`${run('touch a')} ;; say: then not`);
    const { wireId } = await talk.next('approval');
    await talk.session.answer(wireId, { kind: 'deny', message: 'not today' });
    expect(await talk.next('tool_ended')).toMatchObject({ ok: false });
    expect(await talk.next('turn_end')).toMatchObject({ outcome: { status: 'ok' }, text: 'then not' });
    expect(await at.has('a')).toBe(false);
  });

  it('[feature: always allow] does not ask again for what was allowed for good', async () => {
    const { talk } = await open();
    await talk.say(`${run('touch a')} ;; say: one`);
    const { wireId, request } = await talk.next('approval');
    const always =
      request.kind === 'permission' && request.options.find(({ role }) => role === 'allow_always');
    await talk.session.answer(wireId, { kind: 'option', optionId: always ? always.id : '' });
    await talk.next('turn_end');
    await talk.turn(`${run('touch a')} ;; say: two`);
    expect(talk.all('approval')).toHaveLength(1);
  });

  it('[feature: file approvals] shows the diff of a file change, and makes it when allowed', async () => {
    const { talk, at } = await open();
    await talk.say(`${patch('n.txt')} ;; say: written`);
    const { wireId, request } = await talk.next('approval');
    expect(request).toMatchObject({ kind: 'permission', tool: 'apply_patch' });
    expect(request.kind === 'permission' && request.detail).toContain('+ one');
    await talk.session.answer(wireId, { kind: 'option', optionId: 'accept' });
    expect(await talk.next('tool_ended')).toMatchObject({ ok: true });
    await talk.next('turn_end');
    expect(await readFile(join(at.place.workDir, 'n.txt'), 'utf8')).toBe('one\n');
  });

  it('[feature: questions] sends the answer of a question back', async () => {
    const { talk } = await open();
    const options = [
      { label: 'Red', description: 'warm' },
      { label: 'Blue', description: 'cold' },
    ];
    const questions = [{ id: 'colour', header: 'Colour', question: 'Which colour?', options }];
    await talk.say(`tool: request_user_input ${JSON.stringify({ questions })} ;; say: thanks`);
    const { wireId, request } = await talk.next('approval');
    expect(request).toMatchObject({
      kind: 'question',
      questions: [{ id: 'colour', text: 'Which colour?', options }],
    });
    await talk.session.answer(wireId, { kind: 'answers', answers: { colour: ['Blue'] } });
    expect((await talk.next('turn_end')).text).toBe('thanks');
    expect(JSON.stringify(model.requests.at(-1)?.input.at(-1))).toContain('Blue');
  });

  it('[feature: interrupt] stops the answer and its command, and keeps the process', async () => {
    const { talk } = await open({ mode: 'yolo' });
    await talk.say(`${run('sleep 60')} ;; say: never`);
    await talk.next('tool_started');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    expect((await talk.turn('say: and on')).text).toBe('and on');
  });

  it('[feature: interrupt] withdraws an open approval', async () => {
    const { talk } = await open();
    await talk.say(`${run('touch a')} ;; say: never`);
    const { wireId } = await talk.next('approval');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('approval_withdrawn')).wireId).toBe(wireId);
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
  });

  it('[feature: steer] takes a message into the running turn', async () => {
    const { talk } = await open({ mode: 'yolo' });
    const first = await talk.say(`${run('sleep 1')} ;; say: first`);
    await talk.next('tool_started');
    const steered = await talk.steer('say: steered');
    expect(await steered?.taken).toBe('taken');
    const end = await talk.next('turn_end');
    expect(end).toMatchObject({ prompts: [first, steered?.id], text: 'steered' });
    expect(await (await talk.steer('say: late'))?.taken).toBe('too_late');
  });

  it('[feature: resume] goes on with the conversation in a new process, and refuses one that is not there', async () => {
    const { talk, at } = await open();
    await talk.turn('say: remember me');
    const resume = talk.nativeId;
    await talk.close();
    expect(await at.agent.store?.has(at.place.workDir, resume ?? asId('none'))).toBe(true);
    const again = await at.open({ resume });
    expect((await again.turn('say: here')).text).toBe('here');
    expect(again.nativeId).toBe(resume);
    expect(JSON.stringify(model.requests.at(-1)?.input)).toContain('remember me');
    await expect(at.open({ resume })).rejects.toMatchObject({ code: 'agent.conversation_busy' });
    const gone = asId<NativeId>('00000000-0000-7000-8000-000000000000');
    await expect(at.open({ resume: gone })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it.each([
    [401, 'auth'],
    [429, 'rate_limit'],
    [500, 'server'],
  ])('[feature: model errors] says what went wrong on status %i, and stays usable', async (status, code) => {
    const { talk } = await open();
    const end = await talk.turn(`error: ${status}`);
    expect(end.outcome).toMatchObject({ status: 'error', code });
    // The server gives up on a rate limit without a word.
    if (status !== 429) expect(talk.all('notice').map(({ notice }) => notice.kind)).toContain('retrying');
    expect((await talk.turn('say: better')).outcome.status).toBe('ok');
  });

  it('[feature: outcome of a prompt, kill in mid-turn] knows what became of every kind of turn', async () => {
    const { talk, at } = await open({ mode: 'yolo' });
    const answered = (await talk.turn('say: fine')).prompts[0];
    const failed = (await talk.turn('error: 400')).prompts[0];
    const stopped = await talk.say('slow: 20 ;; say: aaaa bbbb cccc dddd');
    await talk.next('text');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    const first = await talk.say(`${run('sleep 1')} ;; say: first`);
    await talk.next('tool_started');
    const steered = await talk.steer('say: folded');
    expect(await steered?.taken).toBe('taken');
    await talk.next('turn_end', ({ prompts }) => prompts.includes(first));
    const killed = await talk.say(`pre: before ;; ${run('sleep 50')} ;; say: never`);
    await talk.next('tool_started');
    await sleep(300);
    process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
    expect(await talk.next('turn_end', ({ prompts }) => prompts.includes(killed))).toMatchObject({
      outcome: { status: 'error', code: 'crash' },
    });
    await talk.next('exit');
    await talk.close();
    const id = talk.nativeId;
    const outcome = (prompt = asId<PromptId>('none'), native = id) =>
      at.agent.store?.outcome?.(at.place.workDir, native, prompt);
    expect(await outcome(answered)).toEqual({ state: 'ended', ok: true, text: 'fine' });
    expect(await outcome(failed)).toMatchObject({ state: 'ended', ok: false });
    expect(await outcome(stopped)).toMatchObject({ state: 'ended', ok: false });
    expect(await outcome(first)).toEqual({ state: 'ended', ok: true, text: 'folded' });
    expect(await outcome(steered?.id)).toEqual({ state: 'ended', ok: true, text: 'folded' });
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

  it.each([
    ['closed', 'interrupted'],
    ['killed', 'error'],
  ])('[feature: clean end] leaves no command behind when it is %s in mid-turn', async (how, status) => {
    const at = await bench({ mode: 'yolo' });
    const marker = randomUUID();
    const talk = await at.open({ marker });
    await talk.say(`${run('sleep 50')} ;; say: never`);
    await talk.next('tool_started');
    await sleep(300);
    if (how === 'killed') process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
    await talk.session.close({ quick: false }, AbortSignal.timeout(10_000));
    expect((await talk.next('turn_end')).outcome.status).toBe(status);
    expect(await leftBehind(marker)).toEqual([]);
  });

  it('[feature: images] shows the model an image', async () => {
    const { talk, at } = await open();
    expect((await talk.turn('images', [await at.picture()])).text).toBe('images: 1');
  });

  it('[feature: mode change, model and effort] changes all of them from the next turn on', async () => {
    const { talk, at } = await open();
    await talk.turn('say: one');
    expect(await talk.session.set?.({ mode: 'yolo', model: 'gpt-6.1-sol', effort: 'high' })).toBe(true);
    await talk.turn(`${run('touch a')} ;; say: done`);
    expect(talk.all('approval')).toHaveLength(0);
    expect(await at.has('a')).toBe(true);
    expect(model.requests.at(-1)?.body.reasoning).toMatchObject({ effort: 'high' });
    expect(model.requests.at(-1)?.model).toBe('gpt-6.1-sol');
  });

  it('[feature: models] lists what the CLI offers', async () => {
    const { talk } = await open();
    const models = await talk.session.models?.(AbortSignal.timeout(10_000));
    expect(models?.length).toBeGreaterThan(0);
    expect(models?.[0]?.efforts).toContain('high');
  });

  it('[feature: compaction] shrinks the context on /compact', async () => {
    const { talk } = await open();
    await talk.turn('say: long story');
    expect((await talk.turn('/compact')).outcome.status).toBe('ok');
    expect(talk.all('notice').map(({ notice }) => notice.kind)).toContain('compacting');
  });

  it('[feature: provider, system prompt] goes to the provider without a word in the files of the person', async () => {
    const at = await bench({}, { model: 'provider-model', apiKey: 'sk-provider' });
    const talk = await at.open();
    await talk.turn('say: by way of the provider');
    const request = model.requests.at(-1);
    expect(request?.model).toBe('provider-model');
    expect(request?.headers.authorization).toBe('Bearer sk-provider');
    expect(JSON.stringify(request?.input)).toContain('You are reached over a chat.');
    const files = await readdir(join(at.place.home, '.codex'));
    expect(files).not.toContain('config.toml');
    expect(files).not.toContain('auth.json');
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
    const history = await store?.history(at.place.workDir, id, 10);
    expect(history?.map(({ text }) => text)).toEqual([
      'say: the first answer',
      'the first answer',
      'say: the second answer',
      'the second answer',
    ]);
  });

  it('[feature: check] tells version and login', async () => {
    const at = await bench({}, {});
    expect(await at.agent.check(AbortSignal.timeout(20_000))).toMatchObject([
      { level: 'ok', what: `codex-cli ${CODEX_VERSION}` },
      { level: 'ok' },
    ]);
  });
});

describe(`codex ${CODEX_VERSION} exec`, () => {
  const exec = { backend: 'exec', mode: 'yolo' };

  it('[feature: exec backend] answers two prompts of one conversation, each in a process of its own', async () => {
    const { talk, at } = await open(exec);
    const first = await talk.turn(`pre: I will run it ;; ${run('touch a')} ;; say: first`);
    expect(first).toMatchObject({ outcome: { status: 'ok' }, text: 'first', usage: { inputTokens: 470 } });
    expect(await at.has('a')).toBe(true);
    expect(talk.all('tool_ended')).toMatchObject([{ ok: true, exitCode: 0 }]);
    const second = await talk.turn('images', [await at.picture()]);
    expect(second).toMatchObject({ text: 'images: 1', usage: { inputTokens: 235 } });
    expect(JSON.stringify(model.requests.at(-1)?.input)).toContain('I will run it');
    expect(talk.all('session')).toHaveLength(1);
  });

  it('[feature: exec backend] stops a turn, reports an error, and resumes', async () => {
    const { talk, at } = await open(exec);
    await talk.turn('say: remember me');
    await talk.say(`${run('sleep 60')} ;; say: never`);
    await talk.next('tool_started');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('turn_end', ({ outcome }) => outcome.status !== 'ok')).outcome).toEqual({
      status: 'interrupted',
    });
    expect((await talk.turn('error: 401')).outcome).toMatchObject({ status: 'error', code: 'auth' });
    await talk.close();
    const again = await at.open({ resume: talk.nativeId, mode: 'suggest' });
    expect((await again.turn(`${run('touch b')} ;; say: here`)).text).toBe('here');
    expect(await at.has('b')).toBe(false);
    expect(JSON.stringify(model.requests.at(-1)?.input)).toContain('remember me');
  });
});
