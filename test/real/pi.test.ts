import { randomUUID } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentProvider } from '../../src/core/agent.ts';
import { asId, type NativeId, type PromptId } from '../../src/core/ids.ts';
import { type ChatServer, startChatServer } from '../sim/models/openai-chat.ts';
import type { RealBench } from './bench.ts';
import { closedAfterEach } from './closed-after-each.ts';
import { leftBehind } from './left-behind.ts';
import { PI_VERSION, piBench } from './pi-session.ts';
import type { Talk } from './talk.ts';

let model: ChatServer;
beforeAll(async () => {
  model = await startChatServer();
});
afterAll(() => model.close());

const bench = closedAfterEach((options: object = {}, provider: Partial<AgentProvider> = {}) =>
  piBench(model, options, provider),
);
const open = async (options: object = {}): Promise<{ talk: Talk; at: RealBench }> => {
  const at = await bench(options);
  return { talk: await at.open(), at };
};
const run = (command: string) => `tool: bash ${JSON.stringify({ command })}`;
const soon = () => AbortSignal.timeout(10_000);

/** An extension of a person's own, in the folder where pi finds it. */
async function extension(at: RealBench, code: string): Promise<void> {
  const folder = join(at.place.home, '.pi', 'agent', 'extensions');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'own.js'), `export default function (pi) {${code}}`);
}
const command = (name: string, body: string) =>
  `pi.registerCommand('${name}', { handler: async (args, ctx) => { ${body} } });`;
/** Nothing is waited for between the tries. */
const quickRetries = async (at: RealBench, settings: object = { maxRetries: 2 }) => {
  const folder = join(at.place.home, '.pi', 'agent');
  await mkdir(folder, { recursive: true });
  const retry = { enabled: true, baseDelayMs: 20, ...settings };
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ retry }));
};

describe(`pi ${PI_VERSION} rpc`, () => {
  it('[feature: one process across turns, streaming, usage] answers two prompts in one process', async () => {
    const { talk } = await open();
    const pid = talk.session.process?.pid;
    const first = await talk.turn('say: hello world, this comes in pieces');
    expect(first).toMatchObject({
      outcome: { status: 'ok' },
      text: 'hello world, this comes in pieces',
      usage: {
        inputTokens: 205,
        outputTokens: 17,
        cacheReadTokens: 30,
        contextTokens: 252,
        contextWindow: 128_000,
      },
    });
    expect(talk.text).toBe('hello world, this comes in pieces');
    expect(talk.all('text').length).toBeGreaterThan(1);
    expect(talk.all('text').every(({ mode }) => mode === 'delta')).toBe(true);
    const second = await talk.turn('say: and again');
    expect(second.usage).toMatchObject({ inputTokens: 205 });
    expect(talk.session.process?.pid).toBe(pid);
    expect(talk.all('turn_start')).toHaveLength(2);
    expect(talk.all('session')).toHaveLength(1);
  });

  it('[feature: tool allowed] runs a command after it was allowed', async () => {
    const { talk, at } = await open();
    await talk.say(`pre: I will. ;; ${run('echo hi; touch a')} ;; say: made it`);
    const { wireId, request } = await talk.next('approval');
    expect(request).toMatchObject({ kind: 'permission', tool: 'bash', summary: 'echo hi; touch a' });
    expect(request.kind === 'permission' && request.options.map(({ role }) => role)).toEqual([
      'allow',
      'allow_always',
      'deny',
    ]);
    expect(await at.has('a')).toBe(false);
    expect(await talk.session.answer(wireId, { kind: 'option', optionId: 'allow' })).toBe('taken');
    expect(await talk.session.answer(wireId, { kind: 'option', optionId: 'allow' })).toBe('stale');
    expect(await talk.next('tool_ended')).toMatchObject({ ok: true, output: 'hi\n' });
    expect((await talk.next('turn_end')).text).toBe('made it');
    expect(await at.has('a')).toBe(true);
  });

  it('[feature: tool denied] tells the model why and goes on', async () => {
    const { talk, at } = await open();
    await talk.say(`${run('touch a')} ;; say: then not`);
    const { wireId } = await talk.next('approval');
    await talk.session.answer(wireId, { kind: 'deny', message: 'not today' });
    expect(await talk.next('tool_ended')).toMatchObject({
      ok: false,
      output: expect.stringContaining('not today'),
    });
    expect(await talk.next('turn_end')).toMatchObject({ outcome: { status: 'ok' }, text: 'then not' });
    expect(await at.has('a')).toBe(false);
  });

  it('[feature: always allow] does not ask again for what was allowed for good, nor for what only reads', async () => {
    const { talk } = await open();
    await talk.say(`${run('touch a')} ;; say: one`);
    const { wireId } = await talk.next('approval');
    await talk.session.answer(wireId, { kind: 'option', optionId: 'always' });
    await talk.next('turn_end');
    await talk.turn(`${run('touch b')} ;; tool: read {"path":"a"} ;; say: two`);
    expect(talk.all('approval')).toHaveLength(1);
    expect(talk.all('tool_ended').map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  it('[feature: file approvals] shows what would be written and changed', async () => {
    const { talk, at } = await open();
    const write = `tool: write ${JSON.stringify({ path: 'n.txt', content: 'one\n' })}`;
    const edit = `tool: edit ${JSON.stringify({ path: 'n.txt', edits: [{ oldText: 'one', newText: 'two' }] })}`;
    await talk.say(`${write} ;; ${edit} ;; say: done`);
    for (const detail of ['n.txt\n+one', 'n.txt\n-one\n+two']) {
      const { wireId, request } = await talk.next('approval');
      expect(request).toMatchObject({ summary: 'n.txt', detail: `\`\`\`diff\n${detail}\n\`\`\`` });
      await talk.session.answer(wireId, { kind: 'option', optionId: 'allow' });
    }
    await talk.next('turn_end');
    expect(await at.has('n.txt')).toBe(true);
  });

  it('[feature: questions] asks what an extension wants to know, and gives the answers back', async () => {
    const at = await bench();
    const asked = [
      `const colour = await ctx.ui.select('Which colour?', ['Red', 'Blue']);`,
      `const name = await ctx.ui.input('What name?', 'any');`,
      `const sure = await ctx.ui.confirm('Sure?', 'It cannot be undone.');`,
      `ctx.ui.notify([colour, name, sure].join(' '), 'info');`,
    ];
    await extension(at, command('ask', asked.join('\n')));
    const talk = await at.open();
    expect((await talk.next('settings')).commands?.map(({ name }) => name)).toEqual(['ask']);
    const accepted = talk.say('/ask');
    const first = await talk.next('approval');
    expect(first.request).toMatchObject({
      kind: 'question',
      questions: [{ id: 'answer', text: 'Which colour?', options: [{ label: 'Red' }, { label: 'Blue' }] }],
    });
    await talk.session.answer(first.wireId, { kind: 'answers', answers: { answer: ['blue'] } });
    const second = await talk.next('approval');
    await talk.session.answer(second.wireId, { kind: 'answers', answers: { answer: ['Mango'] } });
    const third = await talk.next('approval');
    expect(third.request).toMatchObject({
      kind: 'permission',
      summary: 'Sure?',
      detail: 'It cannot be undone.',
    });
    await talk.session.answer(third.wireId, { kind: 'option', optionId: 'allow' });
    expect((await talk.next('notice')).notice).toEqual({ kind: 'other', text: 'Blue Mango true' });
    expect(await talk.next('turn_end')).toMatchObject({
      prompts: [await accepted],
      outcome: { status: 'ok' },
    });
    expect((await talk.turn('say: after it')).text).toBe('after it');
  });

  it('[feature: questions] withdraws a question that pi no longer waits for', async () => {
    const at = await bench();
    await extension(at, command('ask', `await ctx.ui.select('Which?', ['A', 'B'], { timeout: 300 });`));
    const talk = await at.open();
    await talk.say('/ask');
    const { wireId } = await talk.next('approval');
    expect((await talk.next('approval_withdrawn')).wireId).toBe(wireId);
    await talk.next('turn_end');
    expect(await talk.session.answer(wireId, { kind: 'answers', answers: { answer: ['A'] } })).toBe('stale');
  });

  it('[feature: interrupt] stops the answer and its command, and keeps process and conversation', async () => {
    const { talk } = await open({ mode: 'yolo' });
    await talk.say(`${run('sleep 60')} ;; say: never`);
    await talk.next('tool_started');
    await talk.session.interrupt(soon());
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    await talk.say('slow: 30 ;; say: aaaa bbbb cccc dddd eeee');
    await talk.next('text');
    await talk.session.interrupt(soon());
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    expect((await talk.turn('say: and on')).text).toBe('and on');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('sleep 60');
  });

  it('[feature: interrupt] withdraws what is asked, by us or by an extension', async () => {
    const at = await bench();
    const gate = `await ctx.ui.confirm('Sure?', e.toolName); return { block: true };`;
    await extension(at, `pi.on('tool_call', async (e, ctx) => { if (e.toolName === 'read') { ${gate} } });`);
    const talk = await at.open();
    for (const tool of [run('touch a'), 'tool: read {"path":"x"}']) {
      await talk.say(`${tool} ;; say: never`);
      const { wireId } = await talk.next('approval');
      await talk.session.interrupt(soon());
      expect((await talk.next('approval_withdrawn')).wireId).toBe(wireId);
      expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    }
    expect(await at.has('a')).toBe(false);
    expect((await talk.turn('say: and on')).text).toBe('and on');
  });

  it('[feature: steer] takes a message into the running turn', async () => {
    const { talk } = await open({ mode: 'yolo' });
    const first = await talk.say(`${run('sleep 1')} ;; say: first`);
    await talk.next('tool_started');
    const steered = await talk.steer('say: steered');
    expect(steered?.taken).toBe('taken');
    const end = await talk.next('turn_end');
    expect(end).toMatchObject({ prompts: [first, steered?.id], text: 'steered' });
    expect((await talk.steer('say: late'))?.taken).toBe('too_late');
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
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('remember me');
    const gone = asId<NativeId>('00000000-0000-7000-8000-000000000000');
    await expect(at.open({ resume: gone })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it.each([
    [401, 'auth'],
    [429, 'rate_limit'],
    [500, 'server'],
  ])('[feature: model errors] says what went wrong on status %i, and stays usable', async (status, code) => {
    const at = await bench();
    await quickRetries(at);
    const talk = await at.open();
    const end = await talk.turn(`error: ${status}`);
    expect(end.outcome).toMatchObject({
      status: 'error',
      code,
      message: expect.stringContaining(`${status}`),
    });
    const retries = talk.all('notice').filter(({ notice }) => notice.kind === 'retrying');
    expect(retries.length > 0).toBe(status !== 401);
    expect((await talk.turn('say: better')).text).toBe('better');
  });

  it('[feature: retries] keeps the turn open while it tries again, forgets what was cut off, and stops on request', async () => {
    const at = await bench();
    await quickRetries(at, { maxRetries: 2 });
    const talk = await at.open();
    const end = await talk.turn('drop ;; say: this text never comes to its end');
    expect(end.outcome).toMatchObject({ status: 'error', code: 'server' });
    const tries = talk.all('notice').map(({ notice }) => notice.kind === 'retrying' && notice.attempt);
    expect(tries).toEqual([1, 2]);
    expect(talk.all('turn_end')).toHaveLength(1);
    expect(talk.all('text_end').map((text) => text.void === true)).toEqual([true, true, false]);
    await quickRetries(at, { baseDelayMs: 60_000 });
    const slow = await at.open();
    await slow.say('drop ;; say: nor does this');
    await slow.next('notice', ({ notice }) => notice.kind === 'retrying');
    await slow.session.interrupt(soon());
    expect((await slow.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    expect((await slow.turn('say: on')).text).toBe('on');
  });

  it('[feature: outcome of a prompt, kill in mid-turn] knows what became of every kind of turn', async () => {
    const { talk, at } = await open({ mode: 'yolo' });
    const answered = (await talk.turn('say: fine')).prompts[0];
    const failed = (await talk.turn('error: 400')).prompts[0];
    const stopped = await talk.say('slow: 20 ;; say: aaaa bbbb cccc dddd');
    await talk.next('text', ({ text }) => text.includes('a'));
    await talk.session.interrupt(soon());
    await talk.next('turn_end');
    const first = await talk.say(`${run('sleep 1')} ;; say: first`);
    await talk.next('tool_started');
    const steered = await talk.steer('say: folded');
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
    await talk.session.close({ quick: false }, soon());
    expect((await talk.next('turn_end')).outcome.status).toBe(status);
    expect(await leftBehind(marker)).toEqual([]);
  });

  it('[feature: images] shows the model an image', async () => {
    const { talk, at } = await open();
    expect((await talk.turn('images', [await at.picture()])).text).toBe('images: 1');
  });

  it('[feature: mode change] holds in the running process', async () => {
    const { talk, at } = await open();
    expect(await talk.session.set?.({ mode: 'yolo' })).toBe(true);
    await talk.turn(`${run('touch a')} ;; say: done`);
    expect(await at.has('a')).toBe(true);
    expect(await talk.session.set?.({ mode: 'plan' })).toBe(true);
    await talk.turn(`${run('touch b')} ;; say: done`);
    expect(await at.has('b')).toBe(false);
    expect(talk.all('approval')).toHaveLength(0);
    expect(await talk.session.set?.({ mode: 'loud' })).toBe(false);
  });

  it('[feature: models] lists models, and changes the model and back', async () => {
    const { talk } = await open();
    const models = await talk.session.models?.(soon());
    expect(models?.map(({ id }) => id)).toEqual(['cc-connect/scripted-model', 'cc-connect/other-model']);
    expect(await talk.session.set?.({ model: 'other-model' })).toBe(true);
    await talk.turn('say: x');
    expect(model.requests.at(-1)?.model).toBe('other-model');
    expect(await talk.session.set?.({ model: null })).toBe(true);
    await talk.turn('say: x');
    expect(model.requests.at(-1)?.model).toBe('scripted-model');
    expect(await talk.session.set?.({ model: 'never-heard-of' })).toBe(false);
  });

  it('[feature: thinking level] is the effort, from the start and later; thoughts are shown', async () => {
    const at = await bench(
      { model: 'fake/fake-model', thinking: 'high' },
      { name: 'fake', baseUrl: undefined },
    );
    const models = [
      {
        id: 'fake-model',
        name: 'Fake',
        reasoning: true,
        input: ['text'],
        contextWindow: 100_000,
        maxTokens: 8_000,
      },
    ];
    const entry = { baseUrl: model.url, api: 'openai-completions', apiKey: 'x', models };
    await mkdir(join(at.place.home, '.pi', 'agent'), { recursive: true });
    await writeFile(
      join(at.place.home, '.pi', 'agent', 'models.json'),
      JSON.stringify({ providers: { fake: entry } }),
    );
    const talk = await at.open();
    expect(await talk.next('settings')).toMatchObject({ model: 'fake/fake-model', effort: 'high' });
    await talk.turn('think: let me see ;; say: seen');
    expect(
      talk
        .all('thinking')
        .map(({ text }) => text)
        .join(''),
    ).toBe('let me see');
    expect(model.requests.at(-1)?.body.reasoning_effort).toBe('high');
    expect(await talk.session.set?.({ effort: 'low' })).toBe(true);
    expect((await talk.next('settings', ({ effort }) => effort === 'low')).effort).toBe('low');
    await talk.turn('say: x');
    expect(model.requests.at(-1)?.body.reasoning_effort).toBe('low');
    expect(await talk.session.set?.({ effort: 'immense' })).toBe(false);
  });

  it('[feature: compaction] shrinks the context on /compact, and says when there is nothing to shrink', async () => {
    const { talk } = await open();
    await talk.turn('say: a long story');
    expect((await talk.turn('/compact keep the names')).outcome.status).toBe('ok');
    expect(talk.all('notice').map(({ notice }) => notice.kind)).toEqual(['compacting', 'compacting']);
    expect((await talk.turn('/compact')).outcome.status).toBe('ok');
    expect(
      talk.all('notice').some(({ notice }) => notice.kind === 'other' && /compact/i.test(notice.text)),
    ).toBe(true);
    expect((await talk.turn('say: on')).text).toBe('on');
  });

  it('[feature: provider, system prompt] goes to the provider without a word in the files of the person', async () => {
    const at = await bench({}, { model: 'provider-model', apiKey: 'sk-provider' });
    const talk = await at.open();
    await talk.turn('say: by way of the provider');
    const request = model.requests.at(-1);
    expect(request?.model).toBe('provider-model');
    expect(request?.headers.authorization).toBe('Bearer sk-provider');
    expect(request?.system).toContain('You are reached over a chat.');
    const own = (file: string) => stat(join(at.place.home, '.pi', 'agent', file)).catch(() => undefined);
    expect(await own('models.json')).toBeUndefined();
    const auth = await own('auth.json');
    expect(auth === undefined || auth.size <= 2).toBe(true);
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

  it('[feature: check] tells version and login', async () => {
    const at = await bench();
    const found = await at.agent.check(AbortSignal.timeout(20_000));
    expect(found[0]).toEqual({ level: 'ok', what: `pi ${PI_VERSION}` });
    const none = await bench({}, { baseUrl: undefined, apiKey: undefined });
    await expect(none.open()).rejects.toMatchObject({ code: 'agent.start_failed' });
  });
});

describe(`[feature: json mode] pi ${PI_VERSION} json`, () => {
  const json = { backend: 'json', mode: 'yolo' };

  it('answers two prompts of one conversation, each in a process of its own', async () => {
    const { talk, at } = await open(json);
    const first = await talk.turn(`pre: I will. ;; ${run('touch a')} ;; say: the first`);
    expect(first).toMatchObject({ outcome: { status: 'ok' }, text: 'the first' });
    expect(await at.has('a')).toBe(true);
    expect(talk.all('tool_ended')).toMatchObject([{ ok: true }]);
    const second = await talk.turn('say: the second');
    expect(second.text).toBe('the second');
    expect(talk.all('session')).toHaveLength(1);
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('the first');
    const [prompt = asId<PromptId>('none')] = first.prompts;
    expect(await at.agent.store?.outcome?.(at.place.workDir, talk.nativeId, prompt)).toEqual({
      state: 'ended',
      ok: true,
      text: 'I will.\n\nthe first',
    });
  });

  it('stops a turn, reports an error, shows an image, and resumes', async () => {
    const { talk, at } = await open(json);
    await talk.turn('say: begun');
    await talk.say('slow: 30 ;; say: aaaa bbbb cccc dddd eeee');
    await talk.next('text', ({ text }) => text.includes('a'));
    await talk.session.interrupt(soon());
    expect((await talk.next('turn_end', ({ outcome }) => outcome.status !== 'ok')).outcome).toEqual({
      status: 'interrupted',
    });
    expect((await talk.turn('error: 401')).outcome).toMatchObject({ status: 'error', code: 'auth' });
    expect((await talk.turn('images\n(a pixel)', [await at.picture()])).text).toBe('images: 1');
    const again = await at.open({ resume: talk.nativeId });
    expect((await again.turn('say: resumed')).text).toBe('resumed');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('begun');
  });

  it('refuses what nobody can be asked about', async () => {
    const { talk, at } = await open({ backend: 'json' });
    await talk.turn(`${run('touch a')} ;; tool: read {"path":"/etc/hostname"} ;; say: done`);
    expect(talk.all('tool_ended').map(({ ok }) => ok)).toEqual([false, true]);
    expect(await at.has('a')).toBe(false);
  });
});
