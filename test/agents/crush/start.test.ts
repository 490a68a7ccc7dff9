import { randomUUID } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/agents/crush/argv.ts';
import { providerLaunch } from '../../../src/agents/crush/provider.ts';
import type { AgentProvider, AgentSession, Prompt } from '../../../src/core/agent.ts';
import { asId, type NativeId } from '../../../src/core/ids.ts';
import { askOnce, type ScriptedAgent, textOf } from '../scripted-agent.ts';
import { FAKE, fakeCrush } from './fake.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
const signal = () => AbortSignal.timeout(30_000);
const crush = async (...given: Parameters<typeof fakeCrush>): Promise<ScriptedAgent> => {
  const made = await fakeCrush(...given);
  cleanups.push(made.dispose);
  return made;
};
const open = async ({ agent, spec }: ScriptedAgent, change: object = {}): Promise<AgentSession> => {
  const session = await agent.open({ ...spec, marker: randomUUID(), ...change }, signal());
  cleanups.push(() => session.close({ quick: true }, signal()));
  return session;
};
const provider: AgentProvider = {
  name: 'mine',
  apiKey: 'sk-secret-key',
  baseUrl: 'https://p.example/v1',
  models: [{ model: 'big' }, { model: 'small' }],
  env: {},
};
const prompt = (text: string): Prompt => ({ id: asId('p'), text, images: [] });

describe('[feature: version drift] arguments', () => {
  it('hold settings and conversation, never the prompt', () => {
    const settings = { model: 'p/m', effort: 'high' };
    expect(runCommand(prompt('look'), settings, asId<NativeId>('id-1'), '/d', undefined)).toEqual({
      args: ['run', '--quiet', '--data-dir', '/d', '--session', 'id-1', '--model', 'p/m'],
      input: 'look',
    });
  });

  it('are those that this program knows', () => {
    const known = new Set(['-q', '-s', '-m', '--reasoning-effort', '--yolo']);
    const settings = { model: 'p/m', effort: 'high' };
    expect(runCommand(prompt('x'), settings, asId<NativeId>('id-1'), undefined, known).args).toEqual([
      'run',
      '-q',
      '--yolo',
      '-s',
      'id-1',
      '-m',
      'p/m',
      '--reasoning-effort',
      'high',
    ]);
  });

  it('name pictures in the prompt', () => {
    const images = [{ path: '/tmp/a b.png', mime: 'image/png' }];
    const none = { model: undefined, effort: undefined };
    expect(runCommand({ ...prompt('see'), images }, none, undefined, undefined, undefined).input).toBe(
      'see\n[image: /tmp/a b.png]',
    );
  });
});

describe('a conversation', () => {
  it('[feature: resume] goes on with the one that its first prompt began, in a session of its own as well', async () => {
    const made = await crush();
    const session = await open(made);
    const first = await askOnce(session, 'title\nsay hello');
    const id = first.find(({ kind }) => kind === 'session');
    const nativeId = id?.kind === 'session' ? id.nativeId : undefined;
    expect(nativeId).toBeDefined();
    expect(textOf(await askOnce(session, 'args'))).toContain(nativeId);
    expect(await made.agent.store?.list(made.folder, 5)).toHaveLength(1);
    const again = await open(made, { resume: nativeId });
    expect(textOf(await askOnce(again, 'args'))).toContain(nativeId);
    await expect(open(made, { resume: asId<NativeId>('gone') })).rejects.toMatchObject({
      code: 'resume_failed',
    });
  });

  it('is found where Crush puts it in a folder it has not seen before', async () => {
    const made = await crush({ FAKE_DATA_DIR: join('elsewhere', 'data') });
    const idIn = (said: Awaited<ReturnType<typeof askOnce>>) =>
      said.flatMap((body) => (body.kind === 'session' ? [body.nativeId] : []))[0];
    const earlier = idIn(await askOnce(await open(made), 'say hello'));
    expect(earlier).toBeDefined();
    await rm(join(made.folder, '.local'), { recursive: true });
    const fresh = await open(made);
    const id = idIn(await askOnce(fresh, 'say hello'));
    expect(id).toBeDefined();
    expect(id).not.toBe(earlier);
    expect(textOf(await askOnce(fresh, 'args'))).toContain(id);
  });

  it('is never taken from another chat that said the same at the same time', async () => {
    const made = await crush();
    const sessions = await Promise.all([open(made), open(made)]);
    const said = await Promise.all(sessions.map((session) => askOnce(session, 'say hello')));
    const ids = said.flatMap((bodies) =>
      bodies.flatMap((body) => (body.kind === 'session' ? [body.nativeId] : [])),
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('[feature: models] lists the models of the program, and takes one from the next message on', async () => {
    const session = await open(await crush());
    expect(await session.models?.(signal())).toEqual([
      { id: 'anthropic/claude-one' },
      { id: 'openrouter/a/two' },
    ]);
    await session.set?.({ model: 'openrouter/a/two' });
    expect(textOf(await askOnce(session, 'args'))).toContain('"--model","openrouter/a/two"');
    expect(await session.set?.({ mode: 'default' })).toBe(false);
  });

  it('[feature: text, streaming, tools] tells thoughts, words and tools in their order, message by message', async () => {
    const session = await open(await crush());
    const said = await askOnce(session, 'think hm\nsay I look.\ntool\nfailed\nsay Done.');
    const kinds = said.map(({ kind }) => kind).filter((kind) => kind !== 'session');
    expect(kinds).toEqual([
      'turn_start',
      'thinking',
      'text',
      ...['text_end', 'tool_started', 'tool_ended', 'tool_started', 'tool_ended'],
      ...['text', 'text_end', 'turn_end'],
    ]);
    const tools = said.flatMap((body) => (body.kind === 'tool_ended' ? [[body.ok, body.output]] : []));
    expect(tools).toEqual([
      [true, 'made'],
      [false, 'no rule'],
    ]);
    expect(said.find(({ kind }) => kind === 'tool_started')).toMatchObject({
      call: { name: 'bash', summary: 'make it', form: 'shell' },
    });
  });

  it('[feature: bad input] shows what is printed where the database tells nothing', async () => {
    const session = await open(await crush({ FAKE_NO_DATABASE: '1' }));
    const said = await askOnce(session, 'say I look.\nsay  Done.');
    expect(textOf(said)).toBe('I look. Done.');
    expect(said.at(-1)).toMatchObject({ outcome: { status: 'ok' } });
    const broken = await open(await crush());
    const told = await askOnce(
      broken,
      "say one\nraw UPDATE messages SET parts = 'x' WHERE role = 'user'\nsay  two",
    );
    expect(textOf(told)).toBe('one two');
  });

  it('[feature: model errors] tells of errors, and stays usable', async () => {
    const session = await open(await crush());
    expect((await askOnce(session, 'fail 429 Too Many Requests')).at(-1)).toMatchObject({
      outcome: { status: 'error', code: 'rate_limit', message: 'Provider Error: 429 Too Many Requests' },
    });
    expect((await askOnce(session, 'say half\ncut')).at(-1)).toMatchObject({
      outcome: { status: 'error', code: 'context' },
    });
    expect((await askOnce(session, 'say hello')).at(-1)).toMatchObject({ outcome: { status: 'ok' } });
  });

  it('[feature: interrupt] stops by the signal on which Crush stores what it has', async () => {
    const made = await crush();
    const session = await open(made);
    await session.prompt(prompt('say begun\nhang'), signal());
    let id: NativeId | undefined;
    for await (const { body } of session.events(1)) {
      if (body.kind === 'session') id = body.nativeId;
      if (body.kind === 'text') await session.interrupt(signal());
      if (body.kind !== 'turn_end') continue;
      expect(body.outcome).toEqual({ status: 'interrupted' });
      break;
    }
    expect(await made.agent.store?.history(made.folder, id ?? asId('none'), 5)).toMatchObject([
      { role: 'user' },
      { role: 'assistant', text: 'begun' },
    ]);
  });

  it('says what to do when a program cannot go on with conversations, or has no provider', async () => {
    await expect(
      open(await crush({}, { cmd: [process.execPath, FAKE, 'old-version'] })),
    ).rejects.toMatchObject({
      advice: expect.stringContaining('--session'),
    });
    const session = await open(await crush({ FAKE_NO_PROVIDER: '1' }));
    expect((await askOnce(session, 'say hello')).at(-1)).toMatchObject({
      outcome: { status: 'error', message: expect.stringContaining('No providers configured') },
    });
  });
});

describe('[feature: provider] a provider', () => {
  it('with an address is settings of our own that name the variable of the key', async () => {
    const made = await crush({}, { model: 'huge' }, provider);
    const session = await open(made);
    expect(textOf(await askOnce(session, 'args'))).toContain('"--model","cc-connect/huge"');
    expect(textOf(await askOnce(session, 'env CRUSH_PROVIDER_API_KEY'))).toBe('sk-secret-key');
    const home = textOf(await askOnce(session, 'env CRUSH_GLOBAL_DATA'));
    const written = await readFile(join(home, 'crush.json'), 'utf8');
    expect(written).not.toContain('sk-secret-key');
    const settings = JSON.parse(written);
    expect(settings.models.large).toEqual({ provider: 'cc-connect', model: 'huge' });
    expect(settings.providers['cc-connect']).toMatchObject({
      type: 'openai-compat',
      base_url: 'https://p.example/v1',
      api_key: '$CRUSH_PROVIDER_API_KEY',
    });
    expect(settings.providers['cc-connect'].models.map(({ id }: { id: string }) => id)).toEqual([
      'huge',
      'big',
      'small',
    ]);
    expect((await stat(join(home, 'crush.json'))).mode & 0o077).toBe(0);
    expect(await session.models?.(signal())).toEqual([]);
    expect(made.agent.configuredModels).toEqual([{ id: 'big' }, { id: 'small' }]);
  });

  it('with a key alone is the variable that Crush reads, and none leaves all as it is', async () => {
    expect(providerLaunch({ ...provider, baseUrl: undefined }, '/c').env).toEqual({
      ANTHROPIC_API_KEY: 'sk-secret-key',
    });
    expect(providerLaunch(undefined, '/c')).toMatchObject({ env: {}, home: undefined });
    expect(providerLaunch(provider, '/c').modelName('cc-connect/big')).toBe('cc-connect/big');
    expect(providerLaunch(provider, '/c').modelName(undefined)).toBeUndefined();
  });
});

describe('[feature: check] check', () => {
  it('tells the version, and that a provider is missing', async () => {
    const told = await (await crush()).agent.check(signal());
    expect(told.map(({ level, what }) => `${level}: ${what}`)).toEqual([
      'ok: crush version v0.96.1',
      'ok: Crush has a provider',
      expect.stringContaining('ok: work_dir'),
    ]);
    const none = await (await crush({ FAKE_NO_PROVIDER: '1' })).agent.check(signal());
    expect(none[1]).toMatchObject({ level: 'warning', what: 'Crush seems to have no provider' });
    const missing = await (await crush({}, { cmd: '/nowhere/crush' })).agent.check(signal());
    expect(missing[0]).toMatchObject({ level: 'error', fix: expect.stringContaining('@charmland/crush') });
  });

  it('names the key of a wrong option, also of a mode that would have to ask', async () => {
    await expect(fakeCrush({}, { mode: 'default' })).rejects.toThrow('"mode"');
    await expect(fakeCrush({}, { data_dir: 3 })).rejects.toThrow('"data_dir"');
  });
});
