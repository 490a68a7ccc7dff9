import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asId, type NativeId } from '../../src/core/ids.ts';
import { type ResponsesServer, startResponsesServer } from '../sim/models/openai-responses.ts';
import { acpBench, CODEX_ACP_VERSIONS, codexAcp } from './acp-session.ts';
import type { RealBench } from './bench.ts';
import { closedAfterEach } from './closed-after-each.ts';
import { leftBehind } from './left-behind.ts';
import type { Place } from './setup.ts';
import type { Talk } from './talk.ts';

let version: string;
let model: ResponsesServer;
beforeAll(async () => {
  model = await startResponsesServer();
});
afterAll(() => model.close());

const bench = closedAfterEach(async (options: Record<string, unknown> = {}) => {
  const settings = { model: 'scripted-model', ...options };
  const at = await acpBench('codex-acp', codexAcp(version), model.url, settings);
  if (version !== OLD) await configure(at.place);
  return at;
});
const open = async (options: Record<string, unknown> = {}): Promise<{ talk: Talk; at: RealBench }> => {
  const at = await bench(options);
  return { talk: await at.open(), at };
};
const plain = (cmd: string) => `tool: exec_command ${JSON.stringify({ cmd })}`;
/** Newer ones ask only for what is to leave the sandbox. */
const BEYOND = { sandbox_permissions: 'require_escalated', justification: 'to see whether it asks' };
const run = (cmd: string) =>
  version === OLD ? plain(cmd) : `tool: exec_command ${JSON.stringify({ cmd, ...BEYOND })}`;

/** The adapter of the Zed editor, which takes Codex's settings as arguments. */
const OLD = '0.16.0';

/** What the older one is given as arguments, and the list of tasks, which newer ones offer only when told to. */
async function configure({ home }: Place): Promise<void> {
  const lines = [
    '[model_providers.cc-connect]',
    'request_max_retries = 1',
    'stream_max_retries = 1',
    '[tools.update_plan]',
    'enabled = true',
  ];
  await mkdir(join(home, '.codex'));
  await writeFile(join(home, '.codex', 'config.toml'), lines.join('\n'));
}

describe.each(CODEX_ACP_VERSIONS)('codex-acp %s', (tested) => {
  beforeAll(() => {
    version = tested;
  });

  it('[feature: text, usage, providers] answers two prompts in one process, with the provider by flags', async () => {
    const { talk } = await open();
    const pid = talk.session.process?.pid;
    expect((await talk.turn('say: hello world')).outcome).toEqual({ status: 'ok' });
    expect(talk.text).toBe('hello world');
    await talk.turn('say: and again');
    expect(talk.session.process?.pid).toBe(pid);
    expect(talk.all('usage').at(-1)?.usage).toMatchObject({ contextTokens: expect.any(Number) });
    expect(model.requests.at(-1)?.headers.authorization).toBe('Bearer sk-scripted-key');
  });

  it('[feature: tool allowed, always allow] runs a command after it was allowed, and does not ask again', async () => {
    const { talk, at } = await open();
    await talk.say(`${run('touch a')} ;; say: made it`);
    expect(await talk.decide('allow')).toMatchObject({ summary: 'touch a' });
    expect(await talk.next('tool_ended')).toMatchObject({ ok: true });
    await talk.next('turn_end');
    expect(await at.has('a')).toBe(true);
    await talk.say(`${run('touch b')} ;; say: one`);
    await talk.decide('allow_always');
    await talk.next('turn_end');
    await talk.turn(`${run('touch b')} ;; say: two`);
    expect(talk.all('approval')).toHaveLength(2);
  });

  it('[feature: tool denied] stops or goes on, and stays usable', async () => {
    const { talk, at } = await open();
    await talk.say(`${run('touch a')} ;; say: then not`);
    await talk.decide('deny');
    expect(['ok', 'interrupted']).toContain((await talk.next('turn_end')).outcome.status);
    expect(await at.has('a')).toBe(false);
    expect((await talk.turn('say: still here')).outcome).toEqual({ status: 'ok' });
  });

  it('[feature: interrupt] stops the answer, withdraws the open request, and keeps the process', async () => {
    const { talk } = await open();
    await talk.say(`${run('touch a')} ;; say: never`);
    const { wireId } = await talk.next('approval');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('approval_withdrawn')).wireId).toBe(wireId);
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    expect((await talk.turn('say: and on')).outcome).toEqual({ status: 'ok' });
  });

  it('[feature: resume, native sessions] goes on in a new process, and lists and shows conversations', async () => {
    const { talk, at } = await open();
    await talk.turn('say: remember me');
    const resume = talk.nativeId ?? asId<NativeId>('none');
    await talk.close();
    const again = await at.open({ resume });
    await again.turn('say: here');
    expect(again.text).toBe('here');
    expect(JSON.stringify(model.requests.at(-1)?.input)).toContain('remember me');
    await again.close();
    const { store } = at.agent;
    expect((await store?.list(at.place.workDir, 10))?.map(({ id }) => id)).toEqual([resume]);
    const history = await store?.history(at.place.workDir, resume, 10);
    expect(history?.map(({ role, text }) => [role, text])).toEqual([
      ['user', 'say: remember me'],
      ['assistant', 'remember me'],
      ['user', 'say: here'],
      ['assistant', 'here'],
    ]);
    const gone = asId<NativeId>('00000000-0000-7000-8000-000000000000');
    await expect(at.open({ resume: gone })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it('[feature: mode change] is a new start by arguments, with the same modes to choose from', async () => {
    const { talk, at } = await open();
    const modes = ['default', 'suggest', 'auto-edit', 'full-auto', 'yolo'];
    expect(await talk.session.set?.({ mode: 'yolo' })).toBe(false);
    await talk.turn('say: before');
    const resume = talk.nativeId ?? asId<NativeId>('none');
    await talk.close();
    const again = await at.open({ resume, mode: 'yolo' });
    await again.turn(`${plain('touch a')} ;; say: made it`);
    expect(again.all('approval')).toEqual([]);
    expect(await at.has('a')).toBe(true);
    // In this mode it tells modes of its own.
    expect(at.agent.modes.map(({ id }) => id)).toEqual(modes);
    expect(again.all('settings').every(({ mode }) => mode === undefined)).toBe(true);
  });

  it('[feature: plan] tells the list of tasks as it changes', async () => {
    const { talk } = await open();
    const list = (first: string, second: string) => {
      const plan = [
        { step: 'one', status: first },
        { step: 'two', status: second },
      ];
      return `tool: update_plan ${JSON.stringify({ plan })}`;
    };
    await talk.turn(`${list('in_progress', 'pending')} ;; ${list('completed', 'in_progress')} ;; say: done`);
    expect(talk.all('plan').map(({ steps }) => steps.map(({ state }) => state))).toEqual([
      ['running', 'pending'],
      ['done', 'running'],
    ]);
  });

  it('[feature: models] tells its models and changes to another one', async () => {
    const { talk } = await open();
    const models = (await talk.session.models?.(AbortSignal.timeout(5_000))) ?? [];
    const other = models.find(({ id }) => id !== talk.all('settings').at(-1)?.model);
    expect(await talk.session.set?.({ model: other?.id ?? '' })).toBe(true);
    await talk.turn('say: with another');
    expect(model.requests.at(-1)?.model).toBe(other?.id);
  });

  it('[feature: images] sees an image', async () => {
    const { talk, at } = await open();
    await talk.turn('images', [await at.picture()]);
    expect(talk.text).toContain('images: 1');
  });

  it.each([
    [401, 'auth'],
    [429, 'rate_limit'],
    [500, 'server'],
  ])('[feature: model errors] says what went wrong on status %i, and stays usable', async (status, code) => {
    const { talk } = await open();
    expect((await talk.turn(`error: ${status}`)).outcome).toMatchObject({ status: 'error', code });
    expect((await talk.turn('say: better')).outcome.status).toBe('ok');
  });

  it.each([
    ['closed', 'interrupted'],
    ['killed', 'error'],
  ])('[feature: kill in mid-turn] leaves nothing behind when it is %s in mid-turn', async (how, status) => {
    const at = await bench();
    const marker = randomUUID();
    const talk = await at.open({ marker });
    await talk.say(`${run('sleep 300')} ;; say: never`);
    await talk.next('tool_started');
    await sleep(700);
    if (how === 'killed') process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
    else await talk.session.close({ quick: false }, AbortSignal.timeout(15_000));
    expect((await talk.next('turn_end')).outcome.status).toBe(status);
    await talk.next('exit');
    await talk.close();
    expect(await leftBehind(marker)).toEqual([]);
  });

  it('[feature: text] shows what a command said and how it ended', async () => {
    const talk = await (await bench()).open({ mode: 'yolo' });
    await talk.turn(`${plain('echo one; echo two; exit 3')} ;; say: seen`);
    const [ended] = talk.all('tool_ended');
    expect(ended).toMatchObject({ ok: false, exitCode: 3 });
    expect(ended?.output).toContain('one\ntwo');
  });

  it('[feature: clean end] ends at once although it ignores the end of its input', async () => {
    const { talk } = await open();
    await talk.turn('say: hello');
    const start = performance.now();
    await talk.session.close({ quick: false }, AbortSignal.timeout(15_000));
    expect(await talk.next('exit')).toMatchObject({ signal: 'SIGTERM' });
    // Waiting for it to follow its input would take three seconds more.
    expect(performance.now() - start).toBeLessThan(2_500);
  });

  it('[feature: check, authenticate] tells version and login, and how to log in', async () => {
    const at = await bench();
    expect(await at.agent.check(AbortSignal.timeout(20_000))).toMatchObject([
      { level: 'ok', what: `Codex ${version} answers over ACP` },
      { level: 'ok', what: 'Codex (ACP) is logged in' },
    ]);
  });
});
