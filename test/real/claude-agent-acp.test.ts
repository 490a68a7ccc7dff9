import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asId, type NativeId } from '../../src/core/ids.ts';
import { acpBench, CLAUDE_AGENT_ACP_VERSIONS, claudeAgentAcp } from './acp-session.ts';
import type { RealBench } from './bench.ts';
import { closedAfterEach } from './closed-after-each.ts';
import { leftBehind } from './left-behind.ts';
import { type ModelServer, startModelServer } from './setup.ts';
import type { Talk } from './talk.ts';

let version: string;
let model: ModelServer;
beforeAll(async () => {
  model = await startModelServer();
});
afterAll(() => model.close());

const bench = closedAfterEach((options: Record<string, unknown> = {}) =>
  acpBench('claude-agent-acp', claudeAgentAcp(version), model.url, options),
);
const open = async (options: Record<string, unknown> = {}): Promise<{ talk: Talk; at: RealBench }> => {
  const at = await bench(options);
  // Newer ones begin in the mode that decides itself what needs asking.
  return { talk: await at.open({ mode: 'default' }), at };
};
const touch = (file: string) => `tool: Bash {"command":"touch ${file}"}`;
/** A long sleep is refused by newer ones. */
const LASTS = 'tool: Bash {"command":"tail -f /dev/null"}';

describe.each(CLAUDE_AGENT_ACP_VERSIONS)('claude-agent-acp %s', (tested) => {
  beforeAll(() => {
    version = tested;
  });

  it('[feature: text, usage] answers two prompts in one process', async () => {
    const { talk } = await open();
    const pid = talk.session.process?.pid;
    const first = await talk.turn('say: hello world, this comes in pieces');
    expect(first.outcome).toEqual({ status: 'ok' });
    expect(first.usage).toMatchObject({ inputTokens: 235, outputTokens: expect.any(Number) });
    expect(talk.text).toBe('hello world, this comes in pieces');
    await talk.turn('think: let me see ;; say: and again');
    expect(talk.session.process?.pid).toBe(pid);
    expect(
      talk
        .all('thinking')
        .map(({ text }) => text)
        .join(''),
    ).toContain('let me see');
    expect(talk.all('turn_end')).toHaveLength(2);
    expect(talk.all('usage').at(-1)?.usage).toMatchObject({ contextTokens: expect.any(Number) });
  });

  it('[feature: slash commands, system prompt] tells the commands, and gives our prompt to the model', async () => {
    const { talk } = await open();
    await talk.turn('say: hello');
    const commands = talk.all('settings').flatMap(({ commands = [] }) => commands.map(({ name }) => name));
    expect(commands).toContain('compact');
    // Newer ones ask the model for a title as well.
    expect(model.requests.some(({ system }) => system.includes('You are reached over a chat.'))).toBe(true);
  });

  it('[feature: tool allowed] runs the command after it was allowed', async () => {
    const { talk, at } = await open();
    await talk.say(`${touch('a')} ;; say: made it`);
    expect(await talk.decide('allow')).toMatchObject({ kind: 'permission', summary: 'touch a' });
    expect(await talk.next('tool_ended')).toMatchObject({ ok: true });
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'ok' });
    expect(talk.text).toContain('made it');
    expect(await at.has('a')).toBe(true);
  });

  it('[feature: tool denied] tells the model and goes on or stops', async () => {
    const { talk, at } = await open();
    await talk.say(`${touch('a')} ;; say: then not`);
    await talk.decide('deny');
    expect(await talk.next('tool_ended')).toMatchObject({ ok: false });
    expect(['ok', 'interrupted']).toContain((await talk.next('turn_end')).outcome.status);
    expect(await at.has('a')).toBe(false);
  });

  it('[feature: always allow] does not ask again for what was allowed for good', async () => {
    const { talk } = await open();
    const command = 'tool: Bash {"command":"git init -q && git config user.name x"}';
    await talk.say(`${command} ;; say: one`);
    await talk.decide('allow_always');
    await talk.next('turn_end');
    await talk.turn(`${command} ;; say: two`);
    expect(talk.all('approval')).toHaveLength(1);
  });

  it('[feature: diffs] shows what a file change would be', async () => {
    const { talk, at } = await open();
    const input = { file_path: join(at.place.workDir, 'n.txt'), content: 'one\n' };
    await talk.say(`tool: Write ${JSON.stringify(input)} ;; say: written`);
    const request = await talk.decide('allow');
    expect(request.kind === 'permission' && request.detail).toContain('+one');
    await talk.next('turn_end');
    expect(talk.all('tool_started')).toMatchObject([{ call: { form: 'diff' } }]);
    expect(await readFile(join(at.place.workDir, 'n.txt'), 'utf8')).toBe('one\n');
  });

  it('[feature: questions] sends a choice, several choices and free text back', async () => {
    const { talk } = await open();
    const options = [
      { label: 'Red', description: 'warm' },
      { label: 'Blue', description: 'cold' },
    ];
    const questions = [
      { question: 'Which colour?', header: 'Colour', multiSelect: false, options },
      { question: 'Which ones?', header: 'Many', multiSelect: true, options },
      { question: 'What else?', header: 'Free', multiSelect: false, options },
    ];
    await talk.say(`tool: AskUserQuestion ${JSON.stringify({ questions })} ;; say: thanks`);
    const { wireId, request } = await talk.next('approval');
    if (request.kind !== 'question') throw new Error(request.kind);
    expect(request.questions.map(({ multiple }) => multiple)).toEqual([false, true, false]);
    expect(request.questions.every(({ options: offered }) => offered[1]?.description === 'cold')).toBe(true);
    const ids = request.questions.map(({ id }) => id);
    const said = [['Blue'], ['Red', 'Blue'], ['a free word']];
    const answers = Object.fromEntries(ids.map((id, at) => [id, said[at] ?? []]));
    await talk.session.answer(wireId, { kind: 'answers', answers });
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'ok' });
    const told = JSON.stringify(model.requests.at(-1)?.messages.at(-1));
    for (const word of ['Blue', 'Red, Blue', 'a free word']) expect(told).toContain(word);
  });

  it('[feature: plan] shows the plan, and leaves plan mode when it is allowed', async () => {
    const at = await bench();
    const talk = await at.open({ mode: 'plan' });
    await talk.say('tool: ExitPlanMode {"plan":"# Do it"} ;; say: going');
    const { wireId, request } = await talk.next('approval');
    expect(request).toMatchObject({ kind: 'plan', plan: expect.stringContaining('Do it') });
    const offered = request.kind === 'plan' ? request.options : [];
    const allow = offered.find(({ role }) => role === 'allow');
    await talk.session.answer(wireId, { kind: 'option', optionId: allow?.id ?? '' });
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'ok' });
    expect(talk.all('settings').at(-1)?.mode).toBe('default');
  });

  it('[feature: interrupt] stops the answer and its command, and keeps the process', async () => {
    const { talk } = await open();
    await talk.say(`${LASTS} ;; say: never`);
    await talk.next('tool_started');
    await sleep(500);
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    expect((await talk.turn('say: and on')).outcome).toEqual({ status: 'ok' });
  });

  it('[feature: interrupt] withdraws an open request', async () => {
    const { talk } = await open();
    await talk.say(`${touch('a')} ;; say: never`);
    const { wireId } = await talk.next('approval');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('approval_withdrawn')).wireId).toBe(wireId);
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
  });

  it('[feature: resume, native sessions] goes on in a new process, lists, shows and deletes conversations', async () => {
    const { talk, at } = await open();
    await talk.turn('say: remember me');
    const resume = talk.nativeId ?? asId<NativeId>('none');
    await talk.close();
    const again = await at.open({ resume, mode: 'default' });
    expect((await again.next('session')).nativeId).toBe(resume);
    await again.turn('say: here');
    expect(again.text).toBe('here');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('remember me');
    await again.close();
    const { store } = at.agent;
    const { workDir } = at.place;
    expect((await store?.list(workDir, 10))?.map(({ id }) => id)).toEqual([resume]);
    expect(await store?.history(workDir, resume, 10)).toMatchObject([
      { role: 'user', text: 'say: remember me' },
      { role: 'assistant', text: 'remember me' },
      { role: 'user', text: 'say: here' },
      { role: 'assistant', text: 'here' },
    ]);
    expect(await store?.remove?.(workDir, resume)).toBe(true);
    expect(await store?.list(workDir, 10)).toEqual([]);
    await expect(at.open({ resume })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it('[feature: mode change, models] changes mode and model in the running process', async () => {
    const { talk, at } = await open();
    expect(at.agent.modes.map(({ id }) => id)).toContain('acceptEdits');
    expect(await talk.session.set?.({ mode: 'acceptEdits' })).toBe(true);
    const models = (await talk.session.models?.(AbortSignal.timeout(5_000))) ?? [];
    expect(models.length).toBeGreaterThan(1);
    const other = models.find(({ id }) => id !== talk.all('settings').at(-1)?.model);
    expect(await talk.session.set?.({ model: other?.id ?? '' })).toBe(true);
    const file = join(at.place.workDir, 'n.txt');
    await talk.turn(`tool: Write ${JSON.stringify({ file_path: file, content: 'x' })} ;; say: done`);
    expect(talk.all('approval')).toEqual([]);
    expect(await readFile(file, 'utf8')).toBe('x');
    const settled = talk.all('settings').findLast(({ model: named }) => named !== undefined);
    expect(settled).toMatchObject({ mode: 'acceptEdits', model: other?.id });
  });

  it('[feature: images] sees an image', async () => {
    const { talk, at } = await open();
    await talk.turn('images', [await at.picture()]);
    expect(talk.text).toContain('image/png');
  });

  it.each([
    [401, 'auth'],
    [429, 'rate_limit'],
    [500, 'server'],
  ])('[feature: model errors] says what went wrong on status %i, and stays usable', async (status, code) => {
    const { talk } = await open();
    const end = await talk.turn(`error: ${status}`);
    expect(end.outcome).toMatchObject({ status: 'error', code });
    expect((await talk.turn('say: better')).outcome.status).toBe('ok');
  });

  it.each([
    ['closed', 'interrupted'],
    ['killed', 'error'],
  ])('[feature: kill in mid-turn] leaves nothing behind when it is %s in mid-turn', async (how, status) => {
    const at = await bench();
    const marker = randomUUID();
    const talk = await at.open({ marker, mode: 'default' });
    await talk.say(`${LASTS} ;; say: never`);
    await talk.next('tool_started');
    await sleep(700);
    if (how === 'killed') process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
    else await talk.session.close({ quick: false }, AbortSignal.timeout(15_000));
    expect((await talk.next('turn_end')).outcome.status).toBe(status);
    await talk.next('exit');
    await talk.close();
    expect(await leftBehind(marker)).toEqual([]);
  });

  it('[feature: check] tells program and version, and what is missing', async () => {
    const at = await bench();
    expect(await at.agent.check(AbortSignal.timeout(20_000))).toMatchObject([
      { level: 'ok', what: `Claude Agent ${version} answers over ACP` },
    ]);
    const none = await bench({ command: ['no-such-claude-agent-acp'] });
    expect(await none.agent.check(AbortSignal.timeout(20_000))).toMatchObject([
      {
        level: 'error',
        fix: expect.stringContaining('npm install -g @agentclientprotocol/claude-agent-acp'),
      },
    ]);
  });
});
