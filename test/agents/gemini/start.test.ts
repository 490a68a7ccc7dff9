import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cliOf } from '../../../src/agents/gemini/check.ts';
import { environment, ownEnvironment } from '../../../src/agents/gemini/environment.ts';
import { geminiFolder, prepareHome, providerHome } from '../../../src/agents/gemini/home.ts';
import { approvalMode, MODES } from '../../../src/agents/gemini/modes.ts';
import { parseOptions } from '../../../src/agents/gemini/options.ts';
import { judge, startError } from '../../../src/agents/gemini/outcome.ts';
import { streamCommand } from '../../../src/agents/gemini/stream-argv.ts';
import type { AgentProvider, Prompt } from '../../../src/core/agent.ts';
import { asId } from '../../../src/core/ids.ts';
import { findMode } from '../../../src/kit/modes.ts';
import { fakeGemini } from './fake.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

const provider = (fields: Partial<AgentProvider> = {}): AgentProvider => ({
  name: 'mine',
  models: [],
  env: {},
  ...fields,
});
const mode = (name: string) => {
  const found = findMode(MODES, name);
  if (found === undefined) throw new Error(name);
  return found;
};

describe('options', () => {
  it('reads program, backend, mode and limit', () => {
    expect(parseOptions({}, '/base')).toEqual({
      workDir: '/base',
      backend: 'acp',
      command: 'gemini',
      args: [],
      env: {},
      mode: 'default',
      model: undefined,
      limitMs: undefined,
    });
    const raw = { cmd: 'npx gemini', backend: 'stream_json', mode: 'auto_edit', timeout_mins: 5, model: 'm' };
    expect(parseOptions(raw, '/')).toMatchObject({
      command: 'npx',
      args: ['gemini'],
      backend: 'stream-json',
      mode: 'autoEdit',
      limitMs: 300_000,
      model: 'm',
    });
    expect(parseOptions({ cli_path: '/opt/gemini', timeout_mins: 0 }, '/')).toMatchObject({
      command: '/opt/gemini',
      limitMs: undefined,
    });
  });

  it('begin no conversation where the program is only asked for its version', () => {
    const argsOf = (backend: string) =>
      cliOf(parseOptions({ backend, args: ['--debug', '--acp'] }, '/')).args;
    expect(argsOf('acp')).toEqual(['--debug']);
    expect(argsOf('stream-json')).toEqual(['--debug', '--acp']);
  });

  it.each([
    [{ mode: 'loud' }, 'mode'],
    [{ backend: 'exec' }, 'backend'],
    [{ timeout_mins: -1 }, 'timeout_mins'],
    [{ env: [] }, 'env'],
    [{ model: 3 }, 'model'],
  ])('names the key of a wrong value: %j', (raw, key) => {
    expect(() => parseOptions(raw, '/')).toThrow(`"${key}"`);
  });

  it('knows the modes by the names of the command line too', () => {
    expect(MODES.map(approvalMode)).toEqual(['default', 'auto_edit', 'yolo', 'plan']);
    for (const name of ['auto_edit', 'auto-edit', 'AUTOEDIT']) expect(mode(name).id).toBe('autoEdit');
  });
});

describe('arguments', () => {
  const prompt = (images: Prompt['images'] = []): Prompt => ({ id: asId('p'), text: '-p look', images });
  const settings = { mode: mode('auto_edit'), model: 'flash', effort: undefined };

  it('[feature: stream-json backend] hold settings and conversation, never the prompt', () => {
    expect(streamCommand(prompt(), settings, asId('id-1'), '/w', undefined)).toEqual({
      args: [
        '--output-format',
        'stream-json',
        '--model',
        'flash',
        '--approval-mode',
        'auto_edit',
        '--resume',
        'id-1',
      ],
      input: '-p look',
    });
  });

  it('[feature: images] name pictures by path, with their folders as part of the workspace', () => {
    const images = [
      { path: '/tmp/a b.png', mime: 'image/png' },
      { path: '/w/in/c.png', mime: 'image/png' },
    ];
    const { args, input } = streamCommand(prompt(images), settings, undefined, '/w', undefined);
    expect(input).toBe('-p look\n@/tmp/a\\ b.png\n@/w/in/c.png');
    expect(args.slice(-2)).toEqual(['--include-directories', '/tmp']);
  });

  it('[feature: version drift] leave out what an older program does not know', () => {
    const flags = new Set(['--output-format', '--yolo']);
    const yolo = { ...settings, model: undefined, mode: mode('yolo') };
    expect(streamCommand(prompt(), yolo, undefined, '/w', flags).args).toEqual([
      '--output-format',
      'stream-json',
      '--yolo',
    ]);
  });
});

describe('[feature: provider] provider', () => {
  it('goes through the environment, over options and under the session', () => {
    const base = { PATH: '/bin', GEMINI_CLI: '1', CC_PROJECT: 'p', GEMINI_API_KEY: 'own' };
    const options = parseOptions({ env: { CC_PROJECT: 'evil', A: '1' } }, '/');
    const one = provider({ apiKey: 'sk-secret', baseUrl: 'https://p', env: { A: '2' } });
    expect(environment(base, ownEnvironment(options, one, '/h'))).toEqual({
      PATH: '/bin',
      CC_PROJECT: 'p',
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
      GEMINI_CLI_HOME: '/h',
      GEMINI_API_KEY: 'sk-secret',
      GOOGLE_GEMINI_BASE_URL: 'https://p',
      A: '2',
    });
  });

  it('has a home of its own only when it brings a key or an address', () => {
    expect(providerHome('/c', undefined)).toBeUndefined();
    expect(providerHome('/c', provider())).toBeUndefined();
    expect(providerHome('/c', provider({ apiKey: 'k' }))).toBe('/c/gemini/mine');
  });

  it('logs in by key there, with the settings and memory of the person, whose files stay as they are', async () => {
    const { folder, dispose } = await fakeGemini();
    cleanups.push(dispose);
    const theirs = join(folder, '.gemini');
    await mkdir(theirs);
    const text = '{"theme":"dark","security":{"auth":{"selectedType":"oauth-personal"},"folderTrust":{}}}';
    await writeFile(join(theirs, 'settings.json'), text);
    const home = join(folder, 'own');
    await prepareHome(home, { HOME: folder });
    await prepareHome(home, { HOME: folder });
    const own = geminiFolder({ GEMINI_CLI_HOME: home });
    expect(JSON.parse(await readFile(join(own, 'settings.json'), 'utf8'))).toEqual({
      theme: 'dark',
      security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: {} },
    });
    expect(await readlink(join(own, 'GEMINI.md'))).toBe(join(theirs, 'GEMINI.md'));
    expect(await readFile(join(theirs, 'settings.json'), 'utf8')).toBe(text);
  });
});

describe('ends', () => {
  const exit = (code: number | null, signal: NodeJS.Signals | null = null, stderrTail = '') => ({
    exit: { code, signal, stderrTail },
    detail: `ended ${code ?? signal}`,
  });

  it('without a result are errors; the session lives when the CLI ended in order', () => {
    expect(judge(exit(0))).toMatchObject({ outcome: { status: 'error', code: 'crash' }, fatal: false });
    expect(judge(exit(null, 'SIGKILL'))).toMatchObject({ outcome: { status: 'error' }, fatal: true });
  });

  it('[feature: check] before a turn say what to do', () => {
    const id = asId<never>('x');
    expect(startError(undefined, exit(41))).toMatchObject({ code: 'agent.auth' });
    expect(startError(id, exit(42, null, 'Error resuming session'))).toMatchObject({ code: 'resume_failed' });
    expect(startError(undefined, exit(55)).advice).toContain('GEMINI_CLI_TRUST_WORKSPACE');
    expect(startError(undefined, exit(1))).toMatchObject({ code: 'agent.start_failed' });
  });

  it('refuses a mode that does not exist, and a program that is missing', async () => {
    const made = await fakeGemini({}, { backend: 'stream-json' });
    cleanups.push(made.dispose);
    const opening = made.agent.open({ ...made.spec, mode: 'loud' }, AbortSignal.timeout(10_000));
    await expect(opening).rejects.toMatchObject({ code: 'mode_unknown' });
    const missing = await fakeGemini({}, { cmd: ['/nowhere/gemini'], backend: 'stream-json' });
    cleanups.push(missing.dispose);
    await expect(missing.agent.open(missing.spec, AbortSignal.timeout(10_000))).rejects.toMatchObject({
      code: 'process.not_found',
    });
    expect(await missing.agent.check(AbortSignal.timeout(10_000))).toContainEqual(
      expect.objectContaining({ level: 'error', fix: expect.stringContaining('@google/gemini-cli') }),
    );
  });
});
