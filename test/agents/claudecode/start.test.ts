import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../../src/agents/claudecode/argv.ts';
import { environment } from '../../../src/agents/claudecode/environment.ts';
import { MODES } from '../../../src/agents/claudecode/modes.ts';
import { parseOptions } from '../../../src/agents/claudecode/options.ts';
import { writePromptFiles } from '../../../src/agents/claudecode/prompt-files.ts';
import { asId } from '../../../src/core/ids.ts';
import { hideSecrets } from '../../../src/kit/child-environment.ts';
import { findMode } from '../../../src/kit/modes.ts';
import { fakeClaude } from './fake.ts';

const DEFAULTS = { mode: 'default', model: undefined, effort: undefined };
const NO_FILES = { append: undefined, replace: undefined };
const argsOf = (raw: object, settings: object = {}, spec: object = {}, files: object = {}) =>
  commandLine(
    parseOptions({ ...raw }, '/base'),
    { allowedTools: [], ...spec },
    { ...DEFAULTS, ...settings },
    { ...NO_FILES, ...files },
  );

describe('options', () => {
  it('reads a command from a string, a list, or an older name', () => {
    const command = (raw: object) => parseOptions({ ...raw }, '/').command;
    expect(command({})).toEqual(['claude']);
    expect(command({ cmd: 'npx -y claude' })).toEqual(['npx', '-y', 'claude']);
    expect(command({ cmd: `wrap --name "two words"` })).toEqual(['wrap', '--name', 'two words']);
    expect(command({ command: ['/a b/claude', 'x y'] })).toEqual(['/a b/claude', 'x y']);
    expect(command({ cli_path: '/opt/claude' })).toEqual(['/opt/claude']);
  });

  it('resolves the working directory and lists', () => {
    const options = parseOptions(
      { work_dir: 'app', allowed_tools: 'Read, Bash(git *)', plugin_dir: 'p' },
      '/base',
    );
    expect(options).toMatchObject({
      workDir: '/base/app',
      allowedTools: ['Read', 'Bash(git *)'],
      pluginDirs: ['/base/p'],
    });
  });

  it('takes aliases of modes and efforts, and refuses an unknown effort with those there are', () => {
    expect(parseOptions({ mode: 'YOLO', reasoning_effort: 'med' }, '/')).toMatchObject({
      mode: 'bypassPermissions',
      effort: 'medium',
    });
    expect(() => parseOptions({ reasoning_effort: 'enormous' }, '/')).toThrow(
      '"reasoning_effort" must be one of low, medium, high, xhigh, max',
    );
    for (const mode of MODES) for (const name of mode.aliases) expect(findMode(MODES, name)).toBe(mode);
  });

  it.each([
    [{ mode: 'loud' }, 'mode'],
    [{ cmd: 7 }, 'cmd'],
    [{ env: ['A=1'] }, 'env'],
    [{ allowed_tools: [1] }, 'allowed_tools'],
    [{ model: 3 }, 'model'],
  ])('names the key of a wrong value: %j', (raw, key) => {
    const parse = () => parseOptions(raw, '/');
    expect(parse).toThrow(expect.objectContaining({ code: 'options_invalid' }));
    expect(parse).toThrow(`"${key}"`);
  });
});

describe('[feature: cmd, allowed_tools, disallowed_tools, system_prompt, reasoning_effort] arguments', () => {
  it('asks for the streaming protocol with partial messages and prompts over stdio', () => {
    const { command, args } = argsOf({});
    expect(command).toBe('claude');
    for (const flag of ['--verbose', '--include-partial-messages', '--replay-user-messages'])
      expect(args).toContain(flag);
    expect(args.join(' ')).toContain('--permission-prompt-tool stdio');
    expect(args).not.toContain('--permission-mode');
  });

  it('passes on every setting', () => {
    const raw = {
      cmd: ['wrap', 'claude'],
      args: ['--x'],
      allowed_tools: ['Read'],
      disallowed_tools: ['Bash'],
    };
    const spec = { resume: asId('id-1'), allowedTools: ['Edit', 'Read'] };
    const settings = { mode: 'plan', model: 'opus', effort: 'high' };
    const { command, args } = argsOf(raw, settings, spec, { append: '/f/a', replace: '/f/r' });
    expect(command).toBe('wrap');
    expect(args.slice(0, 2)).toEqual(['claude', '--x']);
    const line = args.join(' ');
    for (const part of [
      '--permission-mode plan',
      '--resume id-1',
      '--allowedTools Read,Edit',
      '--disallowedTools Bash',
      '--system-prompt-file /f/r',
      '--append-system-prompt-file /f/a',
      '--effort high',
      '--model opus',
    ]) {
      expect(line).toContain(part);
    }
  });

  it('hands a wrapper the inner arguments as one quoted string', () => {
    const { args } = argsOf({ cmd: 'wrap', cmd_args_flag: '--claude-args' }, { model: "it's" });
    expect(args).toHaveLength(2);
    expect(args[0]).toBe('--claude-args');
    expect(args[1]).toContain(`--model 'it'\\''s'`);
  });
});

describe('[feature: provider environment, router_url] environment', () => {
  const base = { PATH: '/bin', HOME: '/h', CLAUDECODE: '1', CC_PROJECT: 'p', ANTHROPIC_API_KEY: 'own-key' };
  const make = (raw: object, provider?: object, mode = 'default', root = false) =>
    environment({
      base,
      options: parseOptions({ ...raw }, '/'),
      provider: provider === undefined ? undefined : { name: 'x', models: [], env: {}, ...provider },
      mode,
      root,
    });

  it('inherits, drops nesting variables, and protects those of the session', () => {
    const env = make({ env: { CC_PROJECT: 'evil', EXTRA: 1 } });
    expect(env).toMatchObject({ PATH: '/bin', CC_PROJECT: 'p', EXTRA: '1', ANTHROPIC_API_KEY: 'own-key' });
    expect(env).not.toHaveProperty('CLAUDECODE');
    expect(env).not.toHaveProperty('CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST');
  });

  it('routes to a provider with a base URL by token', () => {
    expect(
      make({ env: { X: 'o' } }, { apiKey: 'k', baseUrl: 'https://p', model: 'm', env: { X: 'p' } }),
    ).toMatchObject({
      ANTHROPIC_BASE_URL: 'https://p',
      ANTHROPIC_AUTH_TOKEN: 'k',
      ANTHROPIC_API_KEY: '',
      ANTHROPIC_MODEL: 'm',
      X: 'p',
      CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST: '1',
    });
  });

  it('gives a provider without a base URL its key', () => {
    expect(make({}, { apiKey: 'k' })).toMatchObject({ ANTHROPIC_API_KEY: 'k' });
  });

  it('routes to a router over everything else', () => {
    const env = make(
      { router_url: 'http://127.0.0.1:3456', router_api_key: 'r' },
      { apiKey: 'k', baseUrl: 'https://p' },
    );
    expect(env).toMatchObject({
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:3456',
      ANTHROPIC_API_KEY: 'r',
      NO_PROXY: '127.0.0.1',
      DISABLE_TELEMETRY: 'true',
    });
  });

  it('[feature: bypass as root] refuses, or declares a sandbox when allowed', () => {
    const bypass = (raw: object, root: boolean) => () => make(raw, undefined, 'bypassPermissions', root);
    expect(bypass({}, true)).toThrow(expect.objectContaining({ code: 'bypass_as_root' }));
    expect(bypass({}, false)()).not.toHaveProperty('IS_SANDBOX');
    expect(bypass({ allow_root_bypass: true }, true)()).toMatchObject({ IS_SANDBOX: '1' });
    expect(bypass({ env: { IS_SANDBOX: '1' } }, true)()).toMatchObject({ IS_SANDBOX: '1' });
  });

  it('keeps secret values out of texts', () => {
    expect(hideSecrets('bad key sk-12345', { ANTHROPIC_API_KEY: 'sk-12345', HOME: 'bad' })).toBe(
      'bad key ***',
    );
  });
});

describe('prompt files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cc-prompts-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('writes each text once, named by its content', async () => {
    const first = await writePromptFiles(join(folder, 'new'), { append: 'Be brief.', replace: undefined });
    const second = await writePromptFiles(join(folder, 'new'), { append: 'Be brief.', replace: 'Be kind.' });
    expect(second.append).toBe(first.append);
    expect(await readFile(first.append ?? '', 'utf8')).toBe('Be brief.');
    expect(first.replace).toBeUndefined();
    expect(await readFile(second.replace ?? '', 'utf8')).toBe('Be kind.');
  });
});

describe('a process that does not come up', () => {
  const failing = async (stderr: string, spec: object = {}) => {
    const made = await fakeClaude({ FAKE_START_EXIT: stderr });
    try {
      return await made.agent.open({ ...made.spec, ...spec }, AbortSignal.timeout(10_000)).then(
        () => undefined,
        (error: unknown) => error,
      );
    } finally {
      await made.dispose();
    }
  };

  it('[feature: resume failures] says that the conversation cannot be resumed', async () => {
    const resume = asId('11111111-1111-4111-8111-111111111111');
    const error = await failing('No conversation found with session ID: 1111', { resume });
    expect(error).toMatchObject({ code: 'resume_failed' });
  });

  it('names the option an old version does not know', async () => {
    const error = await failing("error: unknown option '--effort'");
    expect(error).toMatchObject({ code: 'agent.start_failed', advice: expect.stringContaining('--effort') });
  });

  it('shows what it wrote, without secrets', async () => {
    const made = await fakeClaude({
      FAKE_START_EXIT: 'no good: top-secret',
      ANTHROPIC_API_KEY: 'top-secret',
    });
    const opening = made.agent.open(made.spec, AbortSignal.timeout(10_000));
    await expect(opening).rejects.toThrow('no good: ***');
    await made.dispose();
  });

  it('refuses a mode that does not exist', async () => {
    const made = await fakeClaude();
    const opening = made.agent.open({ ...made.spec, mode: 'loud' }, AbortSignal.timeout(10_000));
    await expect(opening).rejects.toMatchObject({ code: 'mode_unknown' });
    await made.dispose();
  });

  it('names a program that is missing', async () => {
    const made = await fakeClaude({}, { cmd: ['/nowhere/claude'] });
    await expect(made.agent.open(made.spec, AbortSignal.timeout(10_000))).rejects.toMatchObject({
      code: 'process.not_found',
    });
    expect(await made.agent.check(AbortSignal.timeout(10_000))).toContainEqual(
      expect.objectContaining({ level: 'error', what: expect.stringContaining('/nowhere/claude') }),
    );
    await made.dispose();
  });
});
