import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AgentProvider } from '../../src/core/agent.ts';
import { asId, type NativeId, type PromptId } from '../../src/core/ids.ts';
import { kin } from '../../src/kit/process/kin.ts';
import { type ChatServer, startChatServer } from '../sim/models/openai-chat.ts';
import { OPENCODE_VERSION, OpenCodeBench } from './opencode-session.ts';
import type { Talk } from './talk.ts';

// It starts slowly, and much more so on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

let model: ChatServer;
beforeAll(async () => {
  model = await startChatServer();
});
afterAll(() => model.close());

const benches: OpenCodeBench[] = [];
afterEach(async () => {
  await Promise.all(benches.splice(0).map((made) => made.close()));
});
const open = async (
  options: object = {},
  spec: object = {},
  provider: Partial<AgentProvider> = {},
): Promise<{ talk: Talk; at: OpenCodeBench }> => {
  const at = await OpenCodeBench.make(model, options, provider);
  benches.push(at);
  return { talk: await at.open(spec), at };
};
const ASK = { env: { OPENCODE_PERMISSION: '{"bash":"ask"}' } };
const ownModels = (baseURL: string) =>
  JSON.stringify({
    model: 'own/one',
    provider: {
      own: {
        npm: '@ai-sdk/openai-compatible',
        options: { baseURL, apiKey: 'x' },
        models: { one: { name: 'One' }, two: { name: 'Two' } },
      },
    },
  });
const run = (command: string) => `tool: bash ${JSON.stringify({ command, description: 'x' })}`;
const exists = (at: OpenCodeBench, file: string) =>
  stat(join(at.place.workDir, file)).then(
    () => true,
    () => false,
  );
const picture = async (at: OpenCodeBench) => {
  const path = join(at.place.home, 'a picture.png');
  const data =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  await writeFile(path, Buffer.from(data, 'base64'));
  return { path, mime: 'image/png' };
};
/** The person's own settings ask before commands. */
const askInSettings = async (at: OpenCodeBench) => {
  const folder = join(at.place.home, '.config', 'opencode');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'opencode.json'), '{"permission":{"bash":"ask"}}');
};
/** Kills the process of the running turn and waits until all of it is told. */
const kill = async (talk: Talk) => {
  process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
  await talk.next('turn_end');
};
const outcomes = (at: OpenCodeBench, native: NativeId | undefined) => (prompt: PromptId | undefined) =>
  at.agent.store?.outcome?.(at.place.workDir, native, prompt ?? asId('none'));
/** What a request of a conversation held; OpenCode also asks for titles. */
const sent = (text: string) => model.requests.some(({ messages }) => JSON.stringify(messages).includes(text));

describe(`opencode ${OPENCODE_VERSION} over ACP`, () => {
  it('[feature: one process across turns, streaming, usage] answers two prompts in one process', async () => {
    const { talk } = await open();
    const pid = talk.session.process?.pid;
    expect((await talk.turn('say: hello world, this comes in pieces')).outcome).toEqual({ status: 'ok' });
    expect(talk.text).toBe('hello world, this comes in pieces');
    expect((await talk.turn('say: again')).usage?.outputTokens).toBeGreaterThan(0);
    expect(talk.session.process?.pid).toBe(pid);
  });

  it('[feature: tool allowed, tool denied] asks where the settings say so', async () => {
    const { talk, at } = await open(ASK);
    await talk.say(`${run('touch a')} ;; say: made it`);
    const first = await talk.next('approval');
    const options = first.request.kind === 'permission' ? first.request.options : [];
    const allow = options.find(({ role }) => role === 'allow')?.id ?? '';
    expect(await talk.session.answer(first.wireId, { kind: 'option', optionId: allow })).toBe('taken');
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'ok' });
    expect(await exists(at, 'a')).toBe(true);
    await talk.say(`${run('touch b')} ;; say: not`);
    const second = await talk.next('approval');
    await talk.session.answer(second.wireId, { kind: 'deny', message: 'no' });
    await talk.next('turn_end');
    expect(await exists(at, 'b')).toBe(false);
  });

  it('[feature: interrupt] stops a command and keeps the process', async () => {
    const { talk } = await open({ mode: 'yolo' });
    await talk.say(`${run('sleep 60')} ;; say: never`);
    await talk.next('tool_started');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    await talk.turn('say: and on');
    expect(talk.text).toContain('and on');
  });

  it('[feature: resume, native sessions] goes on in a new process; lists, shows and removes conversations', async () => {
    const { talk, at } = await open();
    await talk.turn('first question\nsay: remember me');
    const resume = talk.nativeId ?? asId<NativeId>('none');
    await talk.close();
    const again = await at.open({ resume });
    await again.turn('say: here');
    expect(again.nativeId).toBe(resume);
    expect(sent('remember me')).toBe(true);
    await again.close();
    const { store } = at.agent;
    const { workDir } = at.place;
    expect((await store?.list(workDir, 5))?.map(({ id }) => id)).toEqual([resume]);
    const said = (await store?.history(workDir, resume, 3)) ?? [];
    expect(said.map(({ text }) => text)).toEqual(['remember me', 'say: here', 'here']);
    expect(await store?.remove?.(workDir, resume)).toBe(true);
    expect(await store?.has(workDir, resume)).toBe(false);
    const gone = asId<NativeId>('ses_000000000000000000000000');
    await expect(at.open({ resume: gone })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it('[feature: model errors] says what went wrong, and stays usable', async () => {
    const { talk } = await open();
    const end = await talk.turn('error: 401');
    expect(end.outcome).toMatchObject({ status: 'error', code: 'auth' });
    expect((await talk.turn('say: better')).outcome).toEqual({ status: 'ok' });
  });

  it('[feature: mode change, images] plans or works from the next turn on, and hands over a picture', async () => {
    const { talk, at } = await open();
    await talk.turn('images', [await picture(at)]);
    expect(talk.text).toContain('images:');
    expect(await talk.session.set?.({ mode: 'plan' })).toBe(true);
    expect(talk.all('settings').at(-1)?.mode).toBe('plan');
    expect((await talk.turn('say: planned')).outcome).toEqual({ status: 'ok' });
    expect(at.agent.modes.map(({ id }) => id)).toEqual(expect.arrayContaining(['build', 'plan']));
  });

  it('[feature: yolo] runs in yolo what the settings would ask about', async () => {
    const at = await OpenCodeBench.make(model, { mode: 'yolo' });
    benches.push(at);
    await askInSettings(at);
    const talk = await at.open();
    expect((await talk.turn(`${run('touch a')} ;; say: made it`)).outcome).toEqual({ status: 'ok' });
    expect(talk.all('approval')).toEqual([]);
    expect(await exists(at, 'a')).toBe(true);
    expect(at.agent.modes.every(({ bypass }) => bypass)).toBe(true);
    const careful = await OpenCodeBench.make(model);
    benches.push(careful);
    await askInSettings(careful);
    const asked = await careful.open();
    await asked.say(`${run('touch a')} ;; say: made it`);
    await asked.next('approval');
  });

  it('[feature: outcome of a prompt] knows what became of every kind of turn', async () => {
    const { talk, at } = await open({ mode: 'yolo' });
    const answered = (await talk.turn(`pre: first ;; ${run('touch a')} ;; say: fine`)).prompts[0];
    const failed = (await talk.turn('error: 400')).prompts[0];
    const stopped = await talk.say('slow: 30 ;; say: aaaa bbbb cccc dddd');
    await talk.next('text', ({ text }) => text.includes('a'));
    await talk.session.interrupt(AbortSignal.timeout(20_000));
    await talk.next('turn_end');
    const killed = await talk.say(`pre: before ;; ${run('sleep 50')} ;; say: never`);
    await talk.next('tool_started');
    await sleep(500);
    await kill(talk);
    const outcome = outcomes(at, talk.nativeId);
    expect(await outcome(answered)).toEqual({ state: 'ended', ok: true, text: 'first\n\nfine' });
    expect(await outcome(failed)).toMatchObject({ state: 'ended', ok: false });
    expect(await outcome(stopped)).toMatchObject({ state: 'ended', ok: false });
    expect(await outcome(killed)).toEqual({ state: 'open', text: 'before' });
    expect(await outcome(undefined)).toEqual({ state: 'absent' });
    const nativeId = talk.nativeId;
    expect(await outcomes(at, undefined)(killed)).toEqual({ state: 'open', text: 'before', nativeId });
    const again = await at.open({ resume: nativeId });
    await again.turn('say: after the kill');
    expect(await outcome(killed)).toEqual({ state: 'ended', ok: false, text: 'before' });
  });

  it('[feature: kill in mid-turn, clean end] ends the turn with an error and leaves no command behind', async () => {
    const marker = `opencode-end-${process.pid}`;
    const { talk, at } = await open({ mode: 'yolo' }, { marker });
    await talk.say(`${run('sleep 77')} ;; say: never`);
    await talk.next('tool_started');
    process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
    expect((await talk.next('turn_end')).outcome).toMatchObject({ status: 'error', code: 'crash' });
    await talk.next('exit');
    await at.close();
    expect(await kin({ pid: 0x7fffffff, startTime: undefined, marker })).toEqual([]);
  });
});

describe(`opencode ${OPENCODE_VERSION} run`, () => {
  const backend = { backend: 'run' };

  it('[feature: run backend, provider] runs a process for every turn, on one conversation', async () => {
    const { talk, at } = await open(backend);
    const first = await talk.turn('say: the first answer');
    expect(first).toMatchObject({ outcome: { status: 'ok' }, usage: { outputTokens: 17 } });
    expect(talk.text).toBe('the first answer');
    await talk.turn(`${run('touch a; exit 3')} ;; say: the second`);
    expect(talk.all('tool_ended')[0]).toMatchObject({ ok: false, exitCode: 3 });
    expect(await exists(at, 'a')).toBe(true);
    expect(talk.all('session')).toHaveLength(1);
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('the first answer');
    expect(await readdir(at.place.home)).not.toContain('opencode.json');
  });

  it('[feature: run backend] tells of a permission that nobody could be asked for, and asks for none in yolo', async () => {
    const { talk, at } = await open({ ...backend, ...ASK });
    await talk.turn(`${run('touch a')} ;; say: no`);
    expect(talk.all('notice').map(({ notice }) => notice.kind)).toContain('denied_by_policy');
    expect(await exists(at, 'a')).toBe(false);
    await talk.session.set?.({ mode: 'yolo' });
    await talk.turn(`${run('touch a')} ;; say: yes`);
    expect(await exists(at, 'a')).toBe(true);
  });

  it('[feature: run backend, interrupt, resume] stops a turn, and goes on in another session', async () => {
    const { talk, at } = await open({ ...backend, mode: 'yolo' });
    await talk.turn('say: remember me');
    await talk.say(`pre: I wait ;; ${run('sleep 3')} ;; hang: 60 ;; say: never`);
    await talk.next('turn_start');
    await talk.next('tool_ended');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    await talk.close();
    const again = await at.open({ resume: talk.nativeId });
    await again.turn('say: here');
    expect(again.text).toBe('here');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('remember me');
  });

  it('[feature: run backend, outcome of a prompt] knows what became of a turn, also of the first of a conversation', async () => {
    const { talk, at } = await open({ ...backend, mode: 'yolo' });
    const killed = await talk.say(`pre: before ;; ${run('sleep 3')} ;; hang: 60 ;; say: never`);
    await talk.next('tool_ended');
    await kill(talk);
    const nativeId = talk.nativeId;
    expect(await outcomes(at, undefined)(killed)).toEqual({ state: 'open', text: 'before', nativeId });
    const next = await at.open({ resume: nativeId });
    const answered = (await next.turn('say: fine')).prompts[0];
    expect(await outcomes(at, nativeId)(answered)).toEqual({ state: 'ended', ok: true, text: 'fine' });
    expect(await outcomes(at, nativeId)(killed)).toEqual({ state: 'ended', ok: false, text: 'before' });
    const early = await next.say('say: never begun');
    await kill(next);
    expect(await outcomes(at, nativeId)(early)).toEqual({ state: 'absent' });
  });

  it('[feature: run backend, models] offers the models of the person, and goes on with the one that was chosen', async () => {
    const env = { OPENCODE_CONFIG_CONTENT: ownModels(model.url) };
    const { talk } = await open({ ...backend, env }, {}, { baseUrl: undefined, model: undefined });
    const offered = (await talk.session.models?.(AbortSignal.timeout(60_000))) ?? [];
    expect(offered.map(({ id }) => id)).toEqual(expect.arrayContaining(['own/one', 'own/two']));
    await talk.session.set?.({ model: 'own/two' });
    await talk.turn('say: from the other');
    expect(talk.text).toBe('from the other');
    expect(model.requests.at(-1)?.model).toBe('two');
  });

  it('[feature: run backend, model errors, images, check] says what went wrong; hands over a picture; tells its version', async () => {
    const { talk, at } = await open(backend);
    const end = await talk.turn('error: 401');
    expect(end.outcome).toMatchObject({ status: 'error', code: 'auth' });
    expect((await talk.turn('images', [await picture(at)])).outcome).toEqual({ status: 'ok' });
    expect(talk.text).toContain('images:');
    const [program] = await at.agent.check(AbortSignal.timeout(30_000));
    expect(program).toEqual({ level: 'ok', what: `OpenCode ${OPENCODE_VERSION}` });
  });
});
