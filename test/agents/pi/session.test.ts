import { afterEach, describe, expect, it } from 'vitest';
import type { AgentProvider } from '../../../src/core/agent.ts';
import { asId, type NativeId } from '../../../src/core/ids.ts';
import { Talk } from '../../real/talk.ts';
import { fakePi } from './fake.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
const soon = () => AbortSignal.timeout(15_000);

async function open(
  env: Readonly<Record<string, string>> = {},
  options: object = {},
  provider?: AgentProvider,
  change: object = {},
) {
  const { agent, spec, dispose } = await fakePi(env, options, provider);
  cleanups.push(dispose);
  const talk = new Talk(await agent.open({ ...spec, ...change }, soon()));
  cleanups.push(() => talk.close());
  return { agent, spec, talk };
}

/** What the process was started with, by its own account. */
async function told(talk: Talk) {
  const end = await talk.turn('echo');
  return JSON.parse(end.text ?? '') as { args: string[]; told: Record<string, unknown> };
}

describe('a session of --mode rpc', () => {
  it('takes a process that has closed its input, and dies of it, for a failure, though the question whether the turn is over cannot be asked', async () => {
    const { talk } = await open();
    const end = await talk.turn('deaf');
    expect(end.outcome).toMatchObject({
      status: 'error',
      message: expect.stringContaining('the reason why'),
    });
  });

  it('[feature: system prompt, provider] starts with prompt, provider, model and thinking level; no key in argv', async () => {
    const provider = {
      name: 'mine',
      apiKey: 'sk-secret-key',
      baseUrl: 'https://models.example/v1',
      models: [{ model: 'b' }],
      env: { X: '1' },
    };
    const { talk } = await open({}, { model: 'a', thinking: 'max', allowed_tools: ['bash'] }, provider, {
      systemPrompt: 'You are in a chat.',
      allowedTools: ['edit'],
    });
    const { args, told: config } = await told(talk);
    expect(args).toEqual([
      '--mode',
      'rpc',
      '--extension',
      expect.stringMatching(/pi-companion-\w+\.js$/),
      '--append-system-prompt',
      expect.stringMatching(/prompt-\w+\.md$/),
      '--provider',
      'cc-connect',
      '--model',
      'a',
      '--thinking',
      'xhigh',
    ]);
    expect(args.join()).not.toContain('sk-secret-key');
    expect(config).toMatchObject({
      mode: 'default',
      allowed: ['bash', 'edit'],
      provider: {
        baseUrl: 'https://models.example/v1',
        apiKey: 'PI_CC_CONNECT_API_KEY',
        api: 'openai-completions',
      },
    });
    expect(JSON.stringify(config)).not.toContain('sk-secret-key');
  });

  it('[feature: models, thinking level] names models with their provider, and takes back a change', async () => {
    const { talk } = await open();
    expect(await talk.next('settings')).toMatchObject({
      mode: 'default',
      model: 'fake/first',
      effort: 'medium',
      commands: [{ name: 'own', description: 'does own' }],
    });
    expect((await talk.session.models?.(soon()))?.map(({ id, label }) => `${id}: ${label}`)).toEqual([
      'fake/first: The first',
      'fake/second: The second',
    ]);
    expect(await talk.session.set?.({ model: 'SECOND', effort: 'max' })).toBe(true);
    expect((await talk.next('settings')).model).toBe('fake/second');
    expect((await talk.next('settings')).effort).toBe('xhigh');
    expect(await talk.session.set?.({ model: null })).toBe(true);
    expect((await talk.next('settings')).model).toBe('fake/first');
    expect(await talk.session.set?.({ model: 'none' })).toBe(false);
    expect(await talk.session.set?.({ effort: 'vast' })).toBe(false);
  });

  it('[feature: mode change] needs the companion', async () => {
    const { talk } = await open();
    expect(await talk.session.set?.({ mode: 'read-only' })).toBe(true);
    expect((await talk.next('settings', ({ mode }) => mode === 'plan')).mode).toBe('plan');
    const { talk: bare } = await open({ FAKE_NO_COMPANION: '1' });
    expect(await bare.session.set?.({ mode: 'yolo' })).toBe(false);
    expect((await bare.turn('say hi')).text).toBe('hi');
  });

  it('[feature: usage] tells tokens, cost and context of a turn', async () => {
    const { talk } = await open();
    expect((await talk.turn('say hi')).usage).toEqual({
      inputTokens: 10,
      outputTokens: 5,
      cacheReadTokens: 1,
      cacheWriteTokens: 2,
      costUsd: 0.5,
      contextTokens: 18,
      contextWindow: 1000,
    });
  });

  it('[feature: tool denied] hands on why', async () => {
    const { talk } = await open();
    await talk.say('ask');
    const { wireId } = await talk.next('approval');
    await talk.session.answer(wireId, { kind: 'deny', message: 'because' });
    expect((await talk.next('turn_end')).text).toBe('answer: deny:because');
  });

  it('[feature: steer] refuses what is no message, and makes pi read what came too late for its run', async () => {
    const { talk } = await open();
    const first = await talk.say('hang');
    await talk.next('text');
    expect((await talk.steer('/own'))?.taken).toBe('refused');
    const late = await talk.steer('too late');
    expect(late?.taken).toBe('taken');
    await talk.session.answer('none', { kind: 'deny', message: '' });
    await talk.session.interrupt(soon());
    expect((await talk.next('turn_end')).prompts).toEqual([first, late?.id]);
    expect((await talk.steer('after it'))?.taken).toBe('too_late');
  });

  it('[feature: model errors] refuses a prompt with what pi says', async () => {
    const { talk } = await open({ FAKE_REFUSE: 'No API key found for fake' });
    await expect(talk.say('hi')).rejects.toMatchObject({ code: 'agent.prompt_refused', kind: 'auth' });
    const { talk: failing } = await open();
    expect((await failing.turn('fail 429 {"error":{"message":"slow down"}}')).outcome).toEqual({
      status: 'error',
      message: '429 slow down',
      code: 'rate_limit',
    });
  });

  it('[feature: compaction] says that there is nothing to shrink', async () => {
    const { talk } = await open();
    expect((await talk.turn('/compact')).outcome).toEqual({ status: 'ok' });
    expect(talk.all('notice')).toMatchObject([{ notice: { text: expect.stringContaining('too small') } }]);
    expect((await talk.turn('say on')).text).toBe('on');
  });

  it('[feature: interrupt] says when pi does not stop', async () => {
    const { talk } = await open();
    await talk.say('late');
    await expect(talk.session.interrupt(soon())).rejects.toMatchObject({ code: 'agent.interrupt_ignored' });
  }, 30_000);

  it('says why it could not start, without the key', async () => {
    const start = (text: string, provider?: AgentProvider) => open({ FAKE_START_EXIT: text }, {}, provider);
    await expect(start('No models available.')).rejects.toMatchObject({
      code: 'agent.start_failed',
      advice: expect.stringContaining('/login'),
    });
    await expect(start('Unknown option: --mode')).rejects.toMatchObject({
      advice: expect.stringContaining('npm install'),
    });
    const provider = { name: 'x', baseUrl: 'http://x', apiKey: 'sk-secret-key', models: [], env: {} };
    const failure = await start('bad key sk-secret-key', provider).catch((error: Error) => error.message);
    expect(failure).toContain('bad key ***');
  });

  it('[feature: resume] refuses a conversation that is not there, and an unknown mode', async () => {
    const resume = asId<NativeId>('none');
    await expect(open({}, {}, undefined, { resume })).rejects.toMatchObject({ code: 'resume_failed' });
    await expect(open({}, {}, undefined, { mode: 'loud' })).rejects.toMatchObject({ code: 'mode_unknown' });
  });
});

describe('[feature: json mode] a session of --mode json', () => {
  it('gives every turn a process with the settings that hold then, and the prompt over stdin', async () => {
    const { talk } = await open({}, { backend: 'json', model: 'a' });
    const first = await told(talk);
    expect(first.args.slice(0, 2)).toEqual(['--mode', 'json']);
    expect(first.args.slice(-2)).toEqual(['--model', 'a']);
    expect(first.told).toMatchObject({ mode: 'default', prompt: expect.stringMatching(/^[\w-]{36}$/) });
    expect(await talk.session.set?.({ mode: 'yolo', model: 'b', effort: 'low' })).toBe(true);
    const second = await told(talk);
    expect(second.args.slice(-4)).toEqual(['--model', 'b', '--thinking', 'low']);
    expect(second.told.mode).toBe('yolo');
    expect(talk.all('session')).toHaveLength(1);
  });

  it('tells an error of the model, and is still there', async () => {
    const { talk } = await open({}, { backend: 'json' });
    expect((await talk.turn('fail 401 no')).outcome).toMatchObject({ status: 'error', code: 'auth' });
    expect((await talk.turn('say better')).text).toBe('better');
  });
});
