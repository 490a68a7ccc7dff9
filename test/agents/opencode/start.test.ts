import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cliOf } from '../../../src/agents/opencode/check.ts';
import { MODES } from '../../../src/agents/opencode/modes.ts';
import { parseOptions } from '../../../src/agents/opencode/options.ts';
import { runCommand } from '../../../src/agents/opencode/run-argv.ts';
import { runLaunch } from '../../../src/agents/opencode/run-launch.ts';
import { databasePath, databaseStore } from '../../../src/agents/opencode/store.ts';
import type { AgentProvider, Prompt } from '../../../src/core/agent.ts';
import { asId, type NativeId } from '../../../src/core/ids.ts';
import { findMode } from '../../../src/kit/modes.ts';
import { PromptJournal } from '../../../src/kit/prompt-journal.ts';
import { openSqlite } from '../../../src/kit/sqlite.ts';
import { askOnce } from '../scripted-agent.ts';
import { fakeOpenCode } from './fake.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});
const fake = async (...given: Parameters<typeof fakeOpenCode>) => {
  const made = await fakeOpenCode(...given);
  cleanups.push(made.dispose);
  return made;
};
const settings = (name: string, model?: string, effort?: string) => {
  const mode = findMode(MODES, name);
  if (mode === undefined) throw new Error(name);
  return { mode, model, effort };
};
const prompt = (text = 'look', images: Prompt['images'] = []): Prompt => ({ id: asId('p'), text, images });
const provider: AgentProvider = {
  name: 'mine',
  apiKey: 'sk-secret',
  baseUrl: 'https://p/v1',
  models: [],
  env: {},
};

describe('options', () => {
  it('reads program, backend, mode, agent and effort', () => {
    expect(parseOptions({}, '/base')).toMatchObject({
      workDir: '/base',
      backend: 'acp',
      command: 'opencode',
      mode: 'default',
      agent: undefined,
    });
    const raw = {
      cmd: 'npx opencode',
      backend: 'run',
      mode: 'build',
      agent: 'review',
      reasoning_effort: 'high',
    };
    expect(parseOptions(raw, '/')).toMatchObject({
      command: 'npx',
      args: ['opencode'],
      backend: 'run',
      mode: 'default',
      agent: 'review',
      effort: 'high',
    });
  });

  it('begin no conversation where the program is only asked for its version', () => {
    const argsOf = (backend: string) =>
      cliOf(parseOptions({ backend, args: ['--print-logs', 'acp'] }, '/')).args;
    expect(argsOf('acp')).toEqual(['--print-logs']);
    expect(argsOf('run')).toEqual(['--print-logs', 'acp']);
  });

  it.each([
    [{ mode: 'loud' }, 'mode'],
    [{ backend: 'serve' }, 'backend'],
    [{ agent: 3 }, 'agent'],
    [{ timeout_mins: -1 }, 'timeout_mins'],
  ])('names the key of a wrong value: %j', (raw, key) => {
    expect(() => parseOptions(raw, '/')).toThrow(`"${key}"`);
  });
});

describe('[feature: run backend, named agent, images, version drift] arguments', () => {
  const head = ['run', '--format', 'json', '--thinking'];

  it('hold settings and conversation, never the prompt', () => {
    const { args, input } = runCommand(
      prompt(),
      settings('default', 'p/m', 'high'),
      asId('ses_1'),
      'review',
      undefined,
    );
    expect(args).toEqual([
      ...head,
      '--session',
      'ses_1',
      '--model',
      'p/m',
      '--variant',
      'high',
      '--agent',
      'review',
    ]);
    expect(input).toBe('look');
  });

  it('plan by the agent of that name, and allow all by the flag this version knows', () => {
    const args = (mode: string, flags?: ReadonlySet<string>) =>
      runCommand(prompt(), settings(mode), undefined, undefined, flags).args;
    expect(args('plan')).toEqual([...head, '--agent', 'plan']);
    expect(args('yolo')).toEqual([...head, '--auto']);
    expect(args('yolo', new Set(['--dangerously-skip-permissions']))).toEqual([
      'run',
      '--format',
      'json',
      '--dangerously-skip-permissions',
    ]);
  });

  it('attach pictures, and say something beside them', () => {
    const images = [{ path: '/tmp/a b.png', mime: 'image/png' }];
    const { args, input } = runCommand(
      prompt('', images),
      settings('default'),
      undefined,
      undefined,
      undefined,
    );
    expect(args).toEqual([...head, '--file=/tmp/a b.png']);
    expect(input).not.toBe('');
  });
});

describe('[feature: provider] a provider', () => {
  it('is settings in the environment that name the variable of the key', () => {
    const { env, model } = runLaunch(provider, 'big');
    expect(model).toBeUndefined();
    expect(env.OPENCODE_CONFIG_CONTENT).toContain('https://p/v1');
    expect(env.OPENCODE_CONFIG_CONTENT).toContain('cc-connect/big');
    expect(env.OPENCODE_CONFIG_CONTENT).not.toContain('sk-secret');
    expect(Object.values(env)).toContain('sk-secret');
    expect(runLaunch(undefined, 'p/m')).toEqual({ env: {}, model: 'p/m' });
  });
});

describe('[feature: native sessions, check] the database and the program', () => {
  it('is found where OpenCode keeps it', () => {
    expect(databasePath({ HOME: '/h' })).toBe('/h/.local/share/opencode/opencode.db');
    expect(databasePath({ HOME: '/h', XDG_DATA_HOME: '/d' })).toBe('/d/opencode/opencode.db');
    expect(databasePath({ HOME: '/h', OPENCODE_DB: 'other.db' })).toBe('/h/.local/share/opencode/other.db');
    expect(databasePath({ OPENCODE_DB: '/x.db' })).toBe('/x.db');
  });

  it('lists and shows the conversations of a folder, and removes by the program', async () => {
    const { folder } = await fake();
    const path = join(folder, 'opencode.db');
    const database = openSqlite(path);
    database.exec(`CREATE TABLE session (id, parent_id, directory, title, time_updated, time_archived);
      CREATE TABLE message (id, session_id, time_created, data);
      CREATE TABLE part (id, message_id, data);
      INSERT INTO session VALUES ('s1', NULL, '${folder}', 'one', 1, NULL), ('s2', NULL, '${folder}', 'two', 2, NULL),
        ('s3', 's1', '${folder}', 'helper', 3, NULL), ('s4', NULL, '/other', 'x', 4, NULL), ('s5', NULL, '${folder}', 'old', 5, 9);
      INSERT INTO message VALUES ('m1', 's1', 10, '{"role":"user"}'), ('m2', 's1', 20, '{"role":"assistant"}'), ('m3', 's1', 30, 'broken');
      INSERT INTO part VALUES ('p1', 'm1', '{"type":"text","text":"hi"}'), ('p2', 'm1', '{"type":"text","text":"x","synthetic":true}'),
        ('p3', 'm2', '{"type":"reasoning","text":"hm"}'), ('p4', 'm2', '{"type":"text","text":"hello"}');`);
    database.close();
    const removed: string[] = [];
    const store = databaseStore(
      path,
      new PromptJournal(join(folder, 'prompts')),
      async (id) => removed.push(id) > 0,
    );
    const one = asId<NativeId>('s1');
    expect((await store.list(folder, 10)).map(({ id, title }) => [id, title])).toEqual([
      ['s2', 'two'],
      ['s1', 'one'],
    ]);
    expect(await store.list(folder, 1)).toHaveLength(1);
    expect(await store.has(folder, one)).toBe(true);
    expect(await store.has('/other', one)).toBe(false);
    expect(await store.history(folder, one, 5)).toEqual([
      { role: 'user', text: 'hi', at: 10 },
      { role: 'assistant', text: 'hello', at: 20 },
    ]);
    expect(await store.history(folder, one, 1)).toHaveLength(1);
    expect(await store.remove?.(folder, asId('s4'))).toBe(false);
    expect(await store.remove?.(folder, one)).toBe(true);
    expect(removed).toEqual(['s1']);
  });

  it('has none where OpenCode has never run, and refuses to resume there', async () => {
    const { agent, spec, folder } = await fake({}, { backend: 'run' });
    await mkdir(join(folder, 'x'));
    expect(await agent.store?.list(folder, 5)).toEqual([]);
    const resume = asId<NativeId>('ses_gone');
    await expect(agent.open({ ...spec, resume }, AbortSignal.timeout(10_000))).rejects.toMatchObject({
      code: 'resume_failed',
    });
    await expect(agent.open({ ...spec, mode: 'loud' }, AbortSignal.timeout(10_000))).rejects.toMatchObject({
      code: 'mode_unknown',
    });
  });

  it('[feature: models] lists the models the program offers, none where the provider has an address of its own', async () => {
    const ask = async (offering?: AgentProvider, env = {}) => {
      const { agent, spec } = await fake(env, { backend: 'run' }, offering);
      const session = await agent.open(spec, AbortSignal.timeout(10_000));
      cleanups.push(() => session.close({ quick: true }, AbortSignal.timeout(10_000)));
      return session.models?.(AbortSignal.timeout(10_000));
    };
    expect(await ask()).toEqual([{ id: 'anthropic/one' }, { id: 'openrouter/a/two' }]);
    expect(await ask(provider)).toEqual([]);
    expect(await ask(undefined, { FAKE_NO_MODELS: '1' })).toEqual([]);
  });

  it('ends a turn that takes longer than it may', async () => {
    const { agent, spec } = await fake({}, { backend: 'run', timeout_mins: 0.01 });
    const session = await agent.open(spec, AbortSignal.timeout(10_000));
    cleanups.push(() => session.close({ quick: true }, AbortSignal.timeout(10_000)));
    expect((await askOnce(session, 'say wait\nhang')).at(-1)).toMatchObject({
      outcome: { status: 'error', message: expect.stringContaining('longer than') },
    });
  });

  it('names a program that is missing', async () => {
    const { agent, spec } = await fake({}, { cmd: ['/nowhere/opencode'], backend: 'run' });
    await expect(agent.open(spec, AbortSignal.timeout(10_000))).rejects.toMatchObject({
      code: 'process.not_found',
    });
    expect(await agent.check(AbortSignal.timeout(10_000))).toContainEqual(
      expect.objectContaining({ level: 'error', fix: expect.stringContaining('opencode-ai') }),
    );
  });
});
