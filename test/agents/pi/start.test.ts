import { describe, expect, it } from 'vitest';
import { readDialog } from '../../../src/agents/pi/dialogs.ts';
import { MODES } from '../../../src/agents/pi/modes.ts';
import { parseOptions } from '../../../src/agents/pi/options.ts';
import { errorCode } from '../../../src/agents/pi/outcome.ts';
import { useProvider } from '../../../src/agents/pi/provider.ts';
import { callLine, toolCall } from '../../../src/agents/pi/tools.ts';
import { findMode } from '../../../src/kit/modes.ts';
import { fakePi } from './fake.ts';

describe('options', () => {
  it('reads program, backend, mode, thinking level and tools', () => {
    expect(parseOptions({}, '/base')).toEqual({
      workDir: '/base',
      backend: 'rpc',
      command: 'pi',
      args: [],
      env: {},
      mode: 'default',
      model: undefined,
      effort: undefined,
      allowedTools: [],
    });
    const raw = {
      cmd: 'npx pi',
      work_dir: 'app',
      rpc: false,
      mode: 'YOLO',
      thinking: 'Med',
      allowed_tools: 'bash, edit',
    };
    expect(parseOptions(raw, '/base')).toMatchObject({
      workDir: '/base/app',
      backend: 'json',
      command: 'npx',
      args: ['pi'],
      mode: 'yolo',
      effort: 'medium',
      allowedTools: ['bash', 'edit'],
    });
    expect(parseOptions({ cli_path: '/opt/pi', backend: 'rpc', rpc: false }, '/')).toMatchObject({
      command: '/opt/pi',
      backend: 'rpc',
    });
  });

  it('takes an empty name among the tools for none', () => {
    expect(parseOptions({ allowed_tools: ['read', ''] }, '/').allowedTools).toEqual(['read']);
  });

  it.each([
    [{ mode: 'loud' }, 'mode'],
    [{ backend: 'telnet' }, 'backend'],
    [{ thinking: 'vast' }, 'thinking'],
    [{ reasoning_effort: 'vast' }, 'reasoning_effort'],
    [{ allowed_tools: [1] }, 'allowed_tools'],
    [{ env: ['A=1'] }, 'env'],
    [{ model: 3 }, 'model'],
  ])('names the key of a wrong value: %j', (raw, key) => {
    const parse = () => parseOptions(raw, '/');
    expect(parse).toThrow(expect.objectContaining({ code: 'options_invalid' }));
    expect(parse).toThrow(`"${key}"`);
  });

  it('knows every mode by its aliases, each of one mode only', () => {
    for (const mode of MODES)
      for (const name of [mode.id, ...mode.aliases]) expect(findMode(MODES, name)).toBe(mode);
  });
});

describe('[feature: provider] a provider', () => {
  const provider = { name: 'Mine', models: [], env: {} };

  it('with a URL is registered, with its wire and its models, and its key in the environment alone', () => {
    const given = {
      baseUrl: 'https://p/anthropic',
      apiKey: 'sk-x',
      model: 'm',
      models: [{ model: 'n' }, { model: 'm' }],
    };
    const use = useProvider({ ...provider, ...given, httpHeaders: { 'x-a': 'b' } }, undefined);
    expect(use).toMatchObject({ id: 'cc-connect', env: { PI_CC_CONNECT_API_KEY: 'sk-x' } });
    expect(use.registration).toMatchObject({
      api: 'anthropic-messages',
      apiKey: 'PI_CC_CONNECT_API_KEY',
      headers: { 'x-a': 'b' },
      models: [{ id: 'm' }, { id: 'n' }],
    });
    const responses = {
      ...provider,
      baseUrl: 'http://x',
      wireApi: 'responses',
      envKey: 'MY_KEY',
      apiKey: 'k',
    };
    expect(useProvider(responses, 'm').registration).toMatchObject({
      api: 'openai-responses',
      apiKey: 'MY_KEY',
    });
    expect(useProvider(responses, 'm').env).toEqual({ MY_KEY: 'k' });
  });

  it('without one is a vendor that pi knows, which gets the key', () => {
    const keyOf = (name: string) => useProvider({ ...provider, name, apiKey: 'k' }, undefined);
    expect(keyOf('OpenRouter')).toEqual({ id: 'openrouter', env: { OPENROUTER_API_KEY: 'k' } });
    expect(keyOf('google').env).toEqual({ GEMINI_API_KEY: 'k' });
    expect(keyOf('minimax-cn').env).toEqual({ MINIMAX_CN_API_KEY: 'k' });
  });
});

describe('[feature: questions] dialogs of extensions', () => {
  const dialog = (fields: object) => readDialog({ type: 'extension_ui_request', id: 'd', ...fields });

  it('are a question, a text or a yes and no', () => {
    const select = dialog({ method: 'select', title: 'Which?', options: ['One', 'Two'], timeout: 500 });
    expect(select).toMatchObject({ timeoutMs: 500, request: { kind: 'question' } });
    expect(select?.reply({ kind: 'answers', answers: { answer: ['two'] } })).toEqual({
      type: 'extension_ui_response',
      id: 'd',
      value: 'Two',
    });
    expect(select?.reply({ kind: 'deny', message: '' })).toMatchObject({ cancelled: true });
    const confirm = dialog({ method: 'confirm', title: 'Sure?' });
    expect(confirm?.reply({ kind: 'option', optionId: 'allow' })).toMatchObject({ confirmed: true });
    expect(confirm?.reply({ kind: 'deny', message: 'no' })).toMatchObject({ confirmed: false });
    const editor = dialog({ method: 'editor', title: 'Text', prefill: 'Line 1' });
    expect(editor?.request).toMatchObject({ questions: [{ text: 'Text\n\nLine 1', options: [] }] });
    expect(dialog({ method: 'setTitle', title: 'x' })).toBeUndefined();
  });

  it('of the companion are permissions, with the command or the change in a fence', () => {
    const ask = (tool: string, input: object) =>
      dialog({
        method: 'input',
        title: 'cc-connect:permission',
        placeholder: JSON.stringify({ tool, input }),
      })?.request;
    expect(ask('bash', { command: 'a\nb' })).toMatchObject({
      summary: 'a ⏎ b',
      detail: '```bash\na\nb\n```',
    });
    expect(ask('write', { path: 'x.md', content: '```\n' })).toMatchObject({
      summary: 'x.md',
      detail: '````diff\nx.md\n+```\n````',
    });
    expect(ask('deploy', { to: 'prod' })).toMatchObject({ tool: 'deploy', summary: '{"to":"prod"}' });
  });
});

describe('tools and errors', () => {
  it('shows what a tool is about', () => {
    expect(toolCall('1', 'grep', { pattern: 'x', path: 'src' }).summary).toBe('x src');
    expect(callLine(toolCall('1', 'ls', {}))).toBe('ls');
    const long = toolCall('1', 'write', { path: 'a', content: 'x\n'.repeat(100) });
    expect(long.summary.split('\n')).toHaveLength(61);
  });

  it.each([
    ['401 no', 'auth'],
    ['No API key found for x', 'auth'],
    ['429 slow', 'rate_limit'],
    ['529 {"type":"error"}', 'server'],
    ['terminated', 'server'],
    ['404 x', 'model'],
    ['400 prompt is too long', 'context'],
    ['anything', 'other'],
  ])('sorts the error "%s" as %s', (message, code) => {
    expect(errorCode(message)).toBe(code);
  });
});

describe('[feature: check] check', () => {
  const check = async (env: Readonly<Record<string, string>>, options: object = {}) => {
    const { agent, dispose } = await fakePi(env, options);
    const found = await agent.check(AbortSignal.timeout(20_000));
    await dispose();
    return found;
  };

  it('tells version, folder and whether there is a model to use', async () => {
    expect(await check({ FAKE_MODELS: 'fake  first\n' })).toMatchObject([
      { level: 'ok', what: 'pi 0.74.2' },
      { level: 'ok' },
      { level: 'ok' },
    ]);
    expect((await check({}))[2]).toMatchObject({ level: 'warning', fix: expect.stringContaining('/login') });
  });

  it('says how to install what is missing', async () => {
    expect((await check({}, { cmd: '/nowhere/pi' }))[0]).toMatchObject({
      level: 'error',
      fix: expect.stringContaining('npm install -g @earendil-works/pi-coding-agent'),
    });
  });
});
