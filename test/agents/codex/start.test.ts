import { describe, expect, it } from 'vitest';
import { readApproval } from '../../../src/agents/codex/approvals.ts';
import { configFlags, environment } from '../../../src/agents/codex/environment.ts';
import { execArguments } from '../../../src/agents/codex/exec-argv.ts';
import { patchText, plainCommand } from '../../../src/agents/codex/items.ts';
import { MODES } from '../../../src/agents/codex/modes.ts';
import { parseOptions } from '../../../src/agents/codex/options.ts';
import { promptInput } from '../../../src/agents/codex/prompt.ts';
import { RateLimits } from '../../../src/agents/codex/usage.ts';
import { asId } from '../../../src/core/ids.ts';
import { hideSecrets } from '../../../src/kit/child-environment.ts';
import { findMode } from '../../../src/kit/modes.ts';
import { fakeCodex } from './fake.ts';

const provider = (fields: object = {}) => ({ name: 'x "y"', models: [], env: {}, ...fields });

describe('options', () => {
  it('reads program, backend, mode and effort', () => {
    expect(parseOptions({}, '/base')).toMatchObject({
      workDir: '/base',
      backend: 'app_server',
      command: 'codex',
      args: [],
      mode: 'suggest',
    });
    const raw = { cmd: 'npx codex', work_dir: 'app', backend: 'exec', mode: 'YOLO', reasoning_effort: 'Med' };
    expect(parseOptions(raw, '/base')).toMatchObject({
      workDir: '/base/app',
      backend: 'exec',
      command: 'npx',
      args: ['codex'],
      mode: 'yolo',
      effort: 'medium',
    });
    expect(parseOptions({ cli_path: '/opt/codex' }, '/').command).toBe('/opt/codex');
    expect(parseOptions({ app_server_url: 'stdio://' }, '/').appServerUrl).toBeUndefined();
  });

  it.each([
    [{ mode: 'loud' }, 'mode'],
    [{ backend: 'telnet' }, 'backend'],
    [{ app_server_url: 'http://x' }, 'app_server_url'],
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

describe('[feature: provider, system prompt] provider', () => {
  const base = { PATH: '/bin', CODEX_SANDBOX: 'seatbelt', CC_PROJECT: 'p', OPENAI_API_KEY: 'own-key' };

  it('is defined by flags, with its key in the environment alone', () => {
    const one = provider({ baseUrl: 'https://p/v1', apiKey: 'sk-secret', env: { X: '1' } });
    const flags = configFlags(parseOptions({ model_provider: 'mine' }, '/'), one);
    expect(flags).toEqual([
      '-c',
      'model_providers.cc-connect.name="x \\"y\\""',
      '-c',
      'model_providers.cc-connect.base_url="https://p/v1"',
      '-c',
      'model_providers.cc-connect.wire_api="responses"',
      '-c',
      'model_providers.cc-connect.env_key="CODEX_PROVIDER_API_KEY"',
      '-c',
      'model_provider="cc-connect"',
    ]);
    expect(flags.join()).not.toContain('sk-secret');
    const env = environment(base, parseOptions({ env: { CC_PROJECT: 'evil' }, codex_home: '/c' }, '/'), one);
    expect(env).toEqual({
      PATH: '/bin',
      CC_PROJECT: 'p',
      OPENAI_API_KEY: 'own-key',
      X: '1',
      CODEX_HOME: '/c',
      CODEX_PROVIDER_API_KEY: 'sk-secret',
    });
  });

  it('names its key, its interface and its headers; what they hold stays out of argv', () => {
    const one = provider({
      baseUrl: 'https://p/v1',
      apiKey: 'sk-secret',
      envKey: 'RELAY_KEY',
      wireApi: 'responses',
      httpHeaders: { 'X-Team': 'blue-secret', 'X-App': 'cc' },
    });
    const flags = configFlags(parseOptions({}, '/'), one);
    expect(flags).toContain('model_providers.cc-connect.env_key="RELAY_KEY"');
    expect(flags).toContain('model_providers.cc-connect.wire_api="responses"');
    expect(flags).toContain(
      'model_providers.cc-connect.env_http_headers={"X-Team"="CODEX_PROVIDER_HEADER_1", "X-App"="CODEX_PROVIDER_HEADER_2"}',
    );
    expect(flags.join()).not.toContain('secret');
    expect(environment({}, parseOptions({}, '/'), one)).toEqual({
      RELAY_KEY: 'sk-secret',
      CODEX_PROVIDER_HEADER_1: 'blue-secret',
      CODEX_PROVIDER_HEADER_2: 'cc',
    });
  });

  it('without a URL is OpenAI itself; without a provider nothing is changed', () => {
    const flags = configFlags(parseOptions({}, '/'), provider({ apiKey: 'k' }));
    expect(flags).toContain('model_providers.cc-connect.base_url="https://api.openai.com/v1"');
    expect(configFlags(parseOptions({}, '/'), undefined)).toEqual([]);
    expect(configFlags(parseOptions({ model_provider: 'mine' }, '/'), undefined)).toEqual([
      '-c',
      'model_provider="mine"',
    ]);
  });

  it('keeps secret values out of texts', () => {
    expect(hideSecrets('bad key sk-12345', { MY_API_KEY: 'sk-12345', HOME: 'bad' })).toBe('bad key ***');
  });
});

describe('arguments and inputs', () => {
  it('[feature: exec backend] are flags that a resumed turn takes too, never the prompt', () => {
    const mode = findMode(MODES, 'suggest') ?? MODES[0];
    if (mode === undefined) throw new Error('no modes');
    const effective = { mode, model: 'm', effort: 'high' };
    expect(execArguments(['-c', 'a=1'], effective, asId('id-1'), ['/p.png'])).toEqual([
      'exec',
      'resume',
      '--skip-git-repo-check',
      '-c',
      'a=1',
      '-c',
      'sandbox_mode="read-only"',
      '-c',
      'approval_policy="never"',
      '-c',
      'model="m"',
      '-c',
      'model_reasoning_effort="high"',
      '--image',
      '/p.png',
      '--json',
      'id-1',
      '-',
    ]);
  });

  it('[feature: images] attach pictures the model knows and name the others by path', () => {
    const images = [
      { path: '/a.png', mime: 'image/png' },
      { path: '/b.tiff', mime: 'image/tiff' },
    ];
    expect(promptInput({ id: asId('p'), text: 'look', images })).toEqual([
      { type: 'localImage', path: '/a.png' },
      { type: 'text', text: 'look\n[image: /b.tiff]', text_elements: [] },
    ]);
  });

  it('show commands without their shell, and file changes as a diff', () => {
    expect(plainCommand("/bin/bash -lc 'echo hi'")).toBe('echo hi');
    expect(plainCommand('/usr/bin/zsh -lc "ls -la"')).toBe('ls -la');
    expect(plainCommand('bash -lc ls')).toBe('ls');
    expect(plainCommand('git status')).toBe('git status');
    const changes = [{ path: 'a', kind: { type: 'update' }, diff: '@@\n-x\n+y\n' }];
    expect(patchText({ changes })).toBe('a (update)\n@@\n-x\n+y');
  });
});

describe('other requests of the server', () => {
  it('[feature: permission requests] grants what was asked for, for the turn or the session', () => {
    const network = { enabled: true };
    const params = { reason: 'download', permissions: { network, fileSystem: null } };
    const open = readApproval('item/permissions/requestApproval', params, {});
    expect(open?.request).toMatchObject({ kind: 'permission', summary: 'download' });
    expect(open?.reply({ kind: 'option', optionId: 'session' })).toEqual({
      permissions: { network },
      scope: 'session',
    });
    expect(open?.reply({ kind: 'option', optionId: 'turn' })).toEqual({
      permissions: { network },
      scope: 'turn',
    });
    expect(open?.reply({ kind: 'deny', message: '' })).toEqual({ permissions: {}, scope: 'turn' });
  });

  it('[feature: MCP elicitation] asks for the fields of a form, and gives them back in their types', () => {
    const properties = {
      name: { type: 'string', title: 'Name' },
      size: { type: 'integer' },
      ok: { type: 'boolean' },
    };
    const params = {
      serverName: 'db',
      mode: 'form',
      message: 'Create?',
      requestedSchema: { type: 'object', properties },
    };
    const open = readApproval('mcpServer/elicitation/request', params, {});
    expect(open?.request).toMatchObject({
      kind: 'question',
      tool: 'db',
      questions: [{ id: 'name' }, {}, {}],
    });
    const answers = { name: ['x'], size: ['3'], ok: ['true'] };
    expect(open?.reply({ kind: 'answers', answers })).toMatchObject({
      action: 'accept',
      content: { name: 'x', size: 3, ok: true },
    });
    expect(open?.reply({ kind: 'deny', message: '' })).toMatchObject({ action: 'decline' });
    const plain = readApproval(
      'mcpServer/elicitation/request',
      { mode: 'url', message: 'Log in', url: 'https://x' },
      {},
    );
    expect(plain?.request).toMatchObject({ kind: 'permission', detail: 'Log in\nhttps://x' });
    expect(plain?.reply({ kind: 'option', optionId: 'accept' })).toMatchObject({ action: 'accept' });
  });

  it('[feature: rate limits] tells once when a usage limit comes close', () => {
    const limits = new RateLimits();
    const told = (usedPercent: number) =>
      limits.updated({
        limitId: 'codex',
        primary: { usedPercent, windowDurationMins: 300, resetsAt: 0 },
        secondary: null,
      });
    const at = (usedPercent: number) => told(usedPercent).filter(({ kind }) => kind === 'notice');
    expect(told(12)).toEqual([
      { kind: 'limits', limits: [{ usedPercent: 12, windowMinutes: 300, resetsAt: 0 }] },
    ]);
    expect(at(50)).toEqual([]);
    expect(at(81)).toMatchObject([
      {
        notice: { text: 'Codex: 81 % of the 5-hour usage limit is used, resets at 1970-01-01T00:00:00.000Z' },
      },
    ]);
    expect(at(84)).toEqual([]);
    expect(at(96)).toHaveLength(1);
    expect(at(2)).toEqual([]);
    expect(at(80)).toHaveLength(1);
  });
});

describe('[feature: check] check', () => {
  it('names a program that is missing, and a login that is', async () => {
    const missing = await fakeCodex({}, { cmd: ['/nowhere/codex'] });
    const signal = AbortSignal.timeout(10_000);
    await expect(missing.agent.open(missing.spec, signal)).rejects.toMatchObject({
      code: 'process.not_found',
    });
    expect(await missing.agent.check(signal)).toContainEqual(
      expect.objectContaining({ level: 'error', what: expect.stringContaining('/nowhere/codex') }),
    );
    await missing.dispose();
    const script = 'process.argv.includes("status") ? process.exit(1) : console.log("codex-cli 0.169.0")';
    const out = await fakeCodex({}, { cmd: [process.execPath, '-e', script, '--'] });
    expect(await out.agent.check(signal)).toContainEqual(
      expect.objectContaining({ level: 'warning', fix: expect.stringContaining('codex login') }),
    );
    await out.dispose();
  });
});
