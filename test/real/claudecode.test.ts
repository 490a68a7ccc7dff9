import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AgentProvider } from '../../src/core/agent.ts';
import { asId, type PromptId } from '../../src/core/ids.ts';
import { Bench, type Talk } from './claude-session.ts';
import { CLAUDE_VERSIONS, type ModelServer, startModelServer } from './setup.ts';

let model: ModelServer;
beforeAll(async () => {
  model = await startModelServer();
});
afterAll(() => model.close());

const touch = (file: string) => `tool: Bash {"command":"touch ${file}"}`;

describe.each(CLAUDE_VERSIONS)('claude %s', (version) => {
  const benches: Bench[] = [];
  const bench = async (options: object = {}, provider?: AgentProvider) => {
    const made = await Bench.make(version, model, options, provider);
    benches.push(made);
    return made;
  };
  const open = async (options: object = {}): Promise<{ talk: Talk; at: Bench }> => {
    const at = await bench(options);
    return { talk: await at.open(), at };
  };
  const exists = (at: Bench, file: string) =>
    stat(join(at.place.workDir, file)).then(
      () => true,
      () => false,
    );
  afterEach(async () => {
    await Promise.all(benches.splice(0).map((made) => made.close()));
  });

  it('[feature: one process across turns, partial messages without double text] answers two prompts in one process', async () => {
    const { talk } = await open();
    const pid = talk.session.process?.pid;
    const first = await talk.turn('say: hello world, this comes in pieces');
    expect(first).toMatchObject({ outcome: { status: 'ok' }, text: 'hello world, this comes in pieces' });
    expect(talk.text).toBe('hello world, this comes in pieces');
    expect(talk.all('text').every(({ mode }) => mode === 'delta')).toBe(true);
    const second = await talk.turn('say: and again');
    expect(second.prompts).toHaveLength(1);
    expect(talk.session.process?.pid).toBe(pid);
    expect(talk.all('turn_start')).toHaveLength(2);
    expect(talk.all('turn_end')).toHaveLength(2);
    expect(talk.all('session')).toHaveLength(1);
  });

  it('[feature: tool allowed] runs the tool after it was allowed', async () => {
    const { talk, at } = await open();
    await talk.say(`${touch('a')} ;; say: made it`);
    const { wireId, request } = await talk.next('approval');
    expect(request).toMatchObject({ kind: 'permission', tool: 'Bash', summary: 'touch a' });
    expect(await talk.session.answer(wireId, { kind: 'option', optionId: 'allow' })).toBe('taken');
    expect(await talk.session.answer(wireId, { kind: 'option', optionId: 'allow' })).toBe('stale');
    expect((await talk.next('tool_ended')).ok).toBe(true);
    expect((await talk.next('turn_end')).text).toBe('made it');
    expect(await exists(at, 'a')).toBe(true);
  });

  it('[feature: tool denied] tells the model why and goes on', async () => {
    const { talk, at } = await open();
    await talk.say(`${touch('a')} ;; say: then not`);
    const { wireId } = await talk.next('approval');
    await talk.session.answer(wireId, { kind: 'deny', message: 'not today' });
    const ended = await talk.next('tool_ended');
    expect(ended).toMatchObject({ ok: false });
    expect(ended.output).toContain('not today');
    expect(await talk.next('turn_end')).toMatchObject({ outcome: { status: 'ok' }, text: 'then not' });
    expect(await exists(at, 'a')).toBe(false);
  });

  it('[feature: edited input] runs what the person made of the command', async () => {
    const { talk, at } = await open();
    await talk.say(`${touch('a')} ;; say: ok`);
    const { wireId } = await talk.next('approval');
    await talk.session.answer(wireId, { kind: 'option', optionId: 'allow', input: { command: 'touch b' } });
    await talk.next('turn_end');
    expect([await exists(at, 'a'), await exists(at, 'b')]).toEqual([false, true]);
  });

  it('[feature: always allow] keeps the rule and the mode', async () => {
    const { talk, at } = await open();
    await talk.say(`${touch('a')} ;; say: one`);
    const { wireId, request } = await talk.next('approval');
    expect(request.kind === 'permission' && request.options.map(({ role }) => role)).toContain(
      'allow_always',
    );
    await talk.session.answer(wireId, { kind: 'option', optionId: 'allow_always' });
    await talk.next('turn_end');
    await talk.turn(`${touch('a')} ;; say: two`);
    expect(talk.all('approval')).toHaveLength(1);
    expect(talk.all('settings').map(({ mode }) => mode)).not.toContain('acceptEdits');
    const rules = await readFile(join(at.place.workDir, '.claude/settings.local.json'), 'utf8');
    expect(rules).toContain('touch a');
  });

  it('[feature: questions] sends choices, several choices and free text back', async () => {
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
    expect(request.questions.map(({ id, multiple }) => [id, multiple])).toEqual([
      ['Which colour?', false],
      ['Which ones?', true],
      ['What else?', false],
    ]);
    const answers = {
      'Which colour?': ['Blue'],
      'Which ones?': ['Red', 'Blue'],
      'What else?': ['a green one'],
    };
    await talk.session.answer(wireId, { kind: 'answers', answers });
    expect((await talk.next('turn_end')).text).toBe('thanks');
    const told = JSON.stringify(model.requests.at(-1)?.messages.slice(-2));
    for (const part of ['Blue', 'Red, Blue', 'a green one']) expect(told).toContain(part);
    expect(talk.all('tool_started')).toHaveLength(0);
  });

  it('[feature: plan] shows the plan, takes a refusal with reasons, and leaves plan mode when allowed', async () => {
    const at = await bench();
    const talk = await at.open({ mode: 'plan' });
    await talk.say(
      'tool: ExitPlanMode {"plan":"# Plan"} ;; tool: ExitPlanMode {"plan":"# Plan"} ;; say: going',
    );
    const first = await talk.next('approval');
    expect(first.request).toMatchObject({ kind: 'plan', tool: 'ExitPlanMode' });
    await talk.session.answer(first.wireId, { kind: 'option', optionId: 'deny', message: 'make it shorter' });
    const second = await talk.next('approval');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('make it shorter');
    await talk.session.answer(second.wireId, { kind: 'option', optionId: 'allow' });
    expect((await talk.next('settings', ({ mode }) => mode !== undefined)).mode).toBe('default');
    expect((await talk.next('turn_end')).outcome.status).toBe('ok');
  });

  it('[feature: interrupt] stops the answer and keeps the process', async () => {
    const { talk } = await open();
    const pid = talk.session.process?.pid;
    await talk.say('slow: 20 ;; say: aaaa bbbb cccc dddd eeee ffff gggg hhhh');
    await talk.next('text');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    expect((await talk.turn('say: back')).text).toBe('back');
    expect(talk.session.process?.pid).toBe(pid);
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect(talk.all('turn_end')).toHaveLength(2);
  });

  it('[feature: interrupt] stops a message that waits behind the turn as well', async () => {
    const { talk } = await open();
    const first = await talk.say('slow: 20 ;; say: aaaa bbbb cccc dddd eeee ffff');
    await talk.next('text');
    const second = await talk.steer('slow: 20 ;; say: gggg hhhh iiii jjjj kkkk llll');
    expect(second?.taken).toBe('taken');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    const ends = [await talk.next('turn_end'), await talk.next('turn_end')];
    expect(ends.flatMap(({ prompts }) => prompts)).toEqual([first, second?.id]);
    for (const { outcome } of ends) expect(outcome).toEqual({ status: 'interrupted' });
    expect((await talk.turn('say: back')).text).toBe('back');
  });

  it('[feature: control_cancel] withdraws an open approval on interrupt', async () => {
    const { talk } = await open();
    await talk.say(touch('a'));
    const { wireId } = await talk.next('approval');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('approval_withdrawn')).wireId).toBe(wireId);
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    expect(await talk.session.answer(wireId, { kind: 'option', optionId: 'allow' })).toBe('stale');
  });

  it('[feature: steer, prompt ids and folded prompts] takes a message into the running turn', async () => {
    const { talk } = await open();
    const first = await talk.say('tool: Bash {"command":"touch q && sleep 2"} ;; say: first');
    const { wireId } = await talk.next('approval');
    await talk.session.answer(wireId, { kind: 'option', optionId: 'allow' });
    const steered = await talk.steer('say: steered instead');
    expect(steered?.taken).toBe('taken');
    expect((await talk.next('prompt_folded')).prompt).toBe(steered?.id);
    expect(await talk.next('turn_end')).toMatchObject({
      prompts: [first, steered?.id],
      text: 'steered instead',
    });
    expect(await talk.steer('say: nobody hears')?.then(({ taken }) => taken)).toBe('too_late');
  });

  it('[feature: resume] knows the conversation after a restart', async () => {
    const { talk, at } = await open();
    await talk.turn('say: remember me');
    const id = talk.nativeId;
    await talk.close();
    const again = await at.open({ resume: id });
    expect((await again.turn('say: still here')).outcome.status).toBe('ok');
    expect(again.nativeId).toBe(id);
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('remember me');
  });

  it('[feature: resume failures] says so for an unknown conversation', async () => {
    const at = await bench();
    const resume = '11111111-1111-4111-8111-111111111111' as never;
    await expect(at.open({ resume })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it('[feature: process death] ends the turn when the CLI is killed', async () => {
    const { talk } = await open();
    const id = await talk.say('slow: 20 ;; say: aaaa bbbb cccc dddd eeee ffff');
    await talk.next('text');
    process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
    expect(await talk.next('turn_end')).toMatchObject({
      prompts: [id],
      outcome: { status: 'error', code: 'crash' },
    });
    expect(await talk.next('exit')).toMatchObject({ signal: 'SIGKILL' });
  });

  it.each([
    [401, 'auth'],
    [429, 'rate_limit'],
    [500, 'server'],
  ])('[feature: is_error results, api_retry] reports %i from the model as %s', async (status, code) => {
    const { talk } = await open();
    const end = await talk.turn(`error: ${status}`);
    expect(end.outcome).toMatchObject({ status: 'error', code });
    expect(talk.text).toBe('');
    if (status !== 401) expect(talk.all('notice').map(({ notice }) => notice.kind)).toContain('retrying');
    expect((await talk.turn('say: recovered')).text).toBe('recovered');
  });

  it('[feature: images] hands a picture to the model', async () => {
    const { talk, at } = await open();
    const path = join(at.place.workDir, 'dot.png');
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    await writeFile(path, Buffer.from(png, 'base64'));
    const end = await talk.turn('images', [{ path, mime: 'image/png' }]);
    expect(end.text).toBe('images: 1 image/png');
  });

  it('[feature: live mode and model] changes both without a restart', async () => {
    const { talk, at } = await open();
    await talk.turn('say: before');
    expect(await talk.session.set?.({ mode: 'acceptEdits', model: 'claude-other-1' })).toBe(true);
    expect(await talk.session.set?.({ mode: 'no-such-mode' })).toBe(false);
    expect(await talk.session.set?.({ mode: 'bypassPermissions' })).toBe(false);
    const file = join(at.place.workDir, 'n.txt');
    await talk.turn(`tool: Write ${JSON.stringify({ file_path: file, content: 'one' })} ;; say: written`);
    expect(talk.all('approval')).toHaveLength(0);
    expect(await readFile(file, 'utf8')).toBe('one');
    expect(model.requests.at(-1)?.model).toBe('claude-other-1');
  });

  it('[feature: usage, cost, context window] counts each turn by itself', async () => {
    const { talk } = await open();
    const one = await talk.turn('say: one');
    const two = await talk.turn('say: two');
    for (const { usage } of [one, two]) {
      expect(usage).toMatchObject({ outputTokens: 17, cacheReadTokens: 30, contextWindow: 1_000_000 });
      expect(usage?.contextTokens).toBeGreaterThan(235);
    }
    expect(two.usage?.costUsd).toBeGreaterThan(0);
    expect(two.usage?.costUsd).toBeLessThan((one.usage?.costUsd ?? 0) * 1.5);
  });

  it('[feature: background tasks] reports them and the turn the agent starts by itself', async () => {
    const { talk } = await open();
    await talk.say('tool: Bash {"command":"sleep 1 && echo bg","run_in_background":true} ;; say: started');
    const approval = await Promise.race([talk.next('approval'), talk.next('turn_end')]);
    if (approval.kind === 'approval') {
      await talk.session.answer(approval.wireId, { kind: 'option', optionId: 'allow' });
      await talk.next('turn_end');
    }
    expect(talk.all('background').at(-1)?.running).toHaveLength(1);
    await talk.next('turn_start', ({ origin }) => origin === 'background');
    expect(await talk.next('turn_end')).toMatchObject({ prompts: [], outcome: { status: 'ok' } });
    expect(talk.all('background').at(-1)?.running).toHaveLength(0);
  });

  it('[feature: native commands, /clear] answers them, and follows the id that /clear changes', async () => {
    const { talk } = await open();
    await talk.turn('say: something');
    const before = talk.nativeId;
    expect((await talk.turn('/compact')).outcome.status).toBe('ok');
    expect(talk.all('notice').map(({ notice }) => notice)).toContainEqual({ kind: 'compacting', done: true });
    expect((await talk.turn('/context')).text).toMatch(/context/i);
    expect((await talk.turn('/clear')).outcome.status).toBe('ok');
    await talk.turn('say: fresh');
    expect(talk.nativeId).not.toBe(before);
    expect(talk.all('session').at(-1)?.reset).toBe(true);
    expect(talk.all('turn_end')).toHaveLength(talk.all('turn_start').length);
  });

  it('[feature: models and commands] lists what the CLI offers', async () => {
    const { talk } = await open();
    const models = await talk.session.models?.(AbortSignal.timeout(1_000));
    expect(models?.map(({ id }) => id)).toContain('default');
    expect(talk.all('settings')[0]?.commands?.map(({ name }) => name)).toContain('compact');
  });

  it('[feature: system prompts] gives the model ours and the configured one', async () => {
    const { talk } = await open({ append_system_prompt: 'Always be brief.' });
    await talk.turn('say: yes');
    const system = JSON.stringify([model.requests.at(-1)?.system, model.requests.at(-1)?.messages]);
    expect(system).toContain('You are reached over a chat.');
    expect(system).toContain('Always be brief.');
  });

  it('[feature: bypass as root] refuses, unless the machine is declared a sandbox', async () => {
    if (process.geteuid?.() !== 0) return;
    const refused = await bench();
    await expect(refused.open({ mode: 'bypassPermissions' })).rejects.toMatchObject({
      code: 'bypass_as_root',
    });
    const at = await bench({ allow_root_bypass: true });
    const talk = await at.open({ mode: 'bypassPermissions' });
    await talk.turn(`${touch('a')} ;; say: done`);
    expect(talk.all('approval')).toHaveLength(0);
    expect(await exists(at, 'a')).toBe(true);
  });

  it('[feature: sub-agents] keeps their words apart and shows their approvals', async () => {
    const { talk } = await open();
    const prompt = `${touch('sub')}\nsay: words of the sub-agent`;
    const input = { description: 'look', prompt, subagent_type: 'general-purpose' };
    await talk.say(`tool: Agent ${JSON.stringify(input)} ;; say: sent it`);
    const { wireId } = await talk.next('approval');
    expect(talk.events.find(({ body }) => body.kind === 'approval')?.parent).toBeDefined();
    await talk.session.answer(wireId, { kind: 'option', optionId: 'allow' });
    // Newer versions let it work on in the background and tell of its end in a turn of their own.
    const second = version === '2.1.329' ? 2 : 1;
    while (talk.all('turn_end').length < second) await talk.next('turn_end');
    const told = talk.events.filter(
      ({ body }) => body.kind === 'text' && body.text.includes('words of the sub-agent'),
    );
    for (const { parent } of told) expect(parent).toBeDefined();
    expect(talk.text).toContain('sent it');
    expect(talk.text).not.toContain('words of the sub-agent');
  });

  it('[feature: provider environment] uses the key, address and model of the provider', async () => {
    const at = await bench(
      {},
      { name: 'p', baseUrl: model.url, apiKey: 'sk-provider', model: 'claude-p-1', models: [], env: {} },
    );
    const { ANTHROPIC_API_KEY: _key, ANTHROPIC_BASE_URL: _url, ...env } = at.env;
    const talk = await at.open({ env });
    expect((await talk.turn('say: by way of the provider')).outcome.status).toBe('ok');
    const request = model.requests.at(-1);
    expect(request?.model).toBe('claude-p-1');
    expect(request?.headers.authorization).toBe('Bearer sk-provider');
  });

  it('[feature: resume from another directory] resumes, or says that it cannot', async () => {
    const { talk, at } = await open();
    await talk.turn('say: remember me');
    const resume = talk.nativeId;
    const workDir = join(at.place.workDir, 'below');
    await mkdir(workDir);
    expect(await at.agent.store?.has(workDir, resume ?? asId('none'))).toBe(false);
    const opening = at.open({ resume, workDir });
    if (version === '2.1.197') await expect(opening).rejects.toMatchObject({ code: 'resume_failed' });
    else expect((await (await opening).turn('say: here')).outcome.status).toBe('ok');
  });

  it('[feature: partial messages without double text] takes back what a lost connection had cut off', async () => {
    const { talk } = await open();
    const end = await talk.turn('drop ;; say: this answer is cut in the middle and comes again');
    expect(end.text).toBe('this answer is cut in the middle and comes again');
    expect(talk.all('text_end').some((body) => body.void)).toBe(true);
    expect(talk.all('text').at(-1)).toMatchObject({ mode: 'block', text: end.text });
  });

  it('[feature: native sessions] lists the conversation with its title and words', async () => {
    const { talk, at } = await open();
    await talk.turn('say: the first answer');
    await talk.turn('say: the second answer');
    const id = talk.nativeId ?? asId('none');
    await talk.close();
    const { store } = at.agent;
    const listed = await store?.list(at.place.workDir, 5);
    expect(listed).toMatchObject([{ id, title: 'say: the first answer' }]);
    const history = await store?.history(at.place.workDir, id, 10);
    expect(history?.map(({ text }) => text)).toEqual([
      'say: the first answer',
      'the first answer',
      'say: the second answer',
      'the second answer',
    ]);
    expect(await store?.remove?.(at.place.workDir, id)).toBe(true);
    await expect(at.open({ resume: id })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it('[feature: prompt ids and folded prompts] runs a prompt again that was lost with its process', async () => {
    const { talk, at } = await open();
    await talk.turn('say: before');
    const id = await talk.say('hang: 1 ;; say: the answer');
    await sleep(500);
    process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
    await talk.next('exit');
    const resume = talk.nativeId ?? asId('none');
    const outcome = () => at.agent.store?.outcome?.(at.place.workDir, resume, id);
    expect(await outcome()).toEqual({ state: 'open', text: '' });
    const again = await at.open({ resume });
    for (const text of ['hang: 1 ;; say: the answer', 'say: once more']) {
      await again.session.prompt({ id, text, images: [] }, AbortSignal.timeout(20_000));
      expect((await again.next('turn_end')).prompts).toEqual([id]);
    }
    await again.session.close({ quick: false }, AbortSignal.timeout(10_000));
    expect(await outcome()).toEqual({ state: 'ended', ok: true, text: 'once more' });
  });

  it('[feature: outcome of a prompt] knows what became of every kind of turn', async () => {
    const { talk, at } = await open();
    const answered = (await talk.turn('say: fine')).prompts[0];
    const failed = (await talk.turn('error: 400')).prompts[0];
    const local = (await talk.turn('/context')).prompts[0];
    const stopped = await talk.say('slow: 20 ;; say: aaaa bbbb cccc dddd');
    await talk.next('text');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    const first = await talk.say('tool: Bash {"command":"touch q && sleep 1"} ;; say: first');
    await talk.session.answer((await talk.next('approval')).wireId, { kind: 'option', optionId: 'allow' });
    const folded = (await talk.steer('say: folded'))?.id;
    await talk.next('turn_end', ({ prompts }) => prompts.includes(first));
    await talk.session.close({ quick: false }, AbortSignal.timeout(10_000));
    const id = talk.nativeId;
    const outcome = (prompt = asId<PromptId>('none')) =>
      at.agent.store?.outcome?.(at.place.workDir, id, prompt);
    expect(await outcome(answered)).toEqual({ state: 'ended', ok: true, text: 'fine' });
    expect(await outcome(failed)).toMatchObject({ state: 'ended', ok: false });
    // Older versions give commands an id of their own.
    expect(await outcome(local)).toMatchObject(
      version === '2.1.197' ? { state: 'absent' } : { state: 'ended', ok: true },
    );
    expect(await outcome(stopped)).toMatchObject({ state: 'ended', ok: false });
    expect(await outcome(first)).toMatchObject({ state: 'ended', ok: true, text: 'folded' });
    expect(await outcome(folded)).toEqual({ state: 'ended', ok: true, text: 'folded' });
    expect(await outcome(asId('00000000-0000-4000-8000-000000000000'))).toEqual({ state: 'absent' });
  });

  it('[feature: allowed_tools, disallowed_tools, system_prompt, reasoning_effort] obeys the configuration', async () => {
    const options = {
      allowed_tools: ['Bash(touch *)'],
      disallowed_tools: ['WebSearch'],
      system_prompt: 'You are a parrot.',
    };
    const { talk } = await open({ ...options, reasoning_effort: 'low' });
    await talk.turn(`${touch('a')} ;; say: done`);
    expect(talk.all('approval')).toHaveLength(0);
    const request = model.requests.at(-1);
    expect(request?.system).toContain('You are a parrot.');
    expect(JSON.stringify(request?.body.tools)).not.toContain('"WebSearch"');
    expect(JSON.stringify(request?.body)).toContain('"effort":"low"');
  });
});
