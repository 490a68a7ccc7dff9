import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { definition } from '../../../src/agents/acp/index.ts';
import { asId, type NativeId } from '../../../src/core/ids.ts';
import type { BundledProgram } from '../../sim/agent/bundle-program.ts';
import { quietLog } from '../../sim/agent/session-reader.ts';
import { prompt, Scripted, signal } from './scripted.ts';

let program: BundledProgram;
let at: Scripted;
let root: string;
let workDir: string;

beforeAll(async () => {
  program = await Scripted.bundle();
});
afterAll(() => program.remove());
beforeEach(async () => {
  at = await Scripted.make(program);
  ({ root, workDir } = at);
});
afterEach(() => at.remove());

const create: Scripted['create'] = (...all) => at.create(...all);
const open: Scripted['open'] = (...all) => at.open(...all);
const answerTo: Scripted['answerTo'] = (...all) => at.answerTo(...all);

describe('options', () => {
  test('name the key that is wrong', () => {
    expect(() => definition.create({}, { log: quietLog, cacheDir: root, baseDir: root })).toThrow(
      /"command" is missing/,
    );
    expect(() => create({}, { args: 'x' })).toThrow(/"args" must be a list/);
    expect(() => create({}, { client_fs: 'yes' })).toThrow(/"client_fs" must be true or false/);
  });

  test('[feature: check] a command in one string is split, quotes kept together', async () => {
    const agent = create(
      {},
      { command: undefined, args: undefined, cmd: `"${process.execPath}" '${program.path}'` },
    );
    expect(await agent.check(signal)).toEqual([{ level: 'ok', what: 'scripted 1.2.3 answers over ACP' }]);
  });

  test('display_name and work_dir are used', () => {
    const agent = create({}, { display_name: 'My agent' });
    expect(agent).toMatchObject({ label: 'My agent', workDir });
  });
});

describe('opening', () => {
  test('[feature: check] a program that is not there is named, with advice', async () => {
    const agent = create({}, { command: 'no-such-agent-program' });
    await expect(open(agent)).rejects.toMatchObject({ code: 'process.not_found' });
    expect(await agent.check(signal)).toMatchObject([
      { level: 'error', fix: expect.stringContaining('Install') },
    ]);
  });

  test('[feature: authenticate] logs in by auth_method, and says which ones there are without it', async () => {
    await expect(open(create({ FAKE_AUTH: '1' }))).rejects.toMatchObject({
      code: 'agent.auth',
      kind: 'auth',
      advice: expect.stringContaining('key (API key)'),
    });
    const { reader } = await open(create({ FAKE_AUTH: '1' }, { auth_method: 'key' }));
    expect(await reader.next('session')).toBeDefined();
  });

  test('an agent that dies in the handshake is told as that', async () => {
    await expect(open(create({ FAKE_DIE_ON: 'session/new' }))).rejects.toMatchObject({
      code: 'agent.start_failed',
    });
  });

  test('[feature: resume] a loaded conversation repeats nothing, not even what comes after the reply', async () => {
    const first = await open(create());
    const { nativeId } = await first.reader.next('session');
    await first.session.close({ quick: true }, signal);
    const { session, reader } = await open(create(), { resume: nativeId });
    await session.prompt(prompt('token: now'), signal);
    await reader.next('turn_end');
    expect(reader.text).toBe('echo:now');
    expect(reader.of('session')).toEqual([{ kind: 'session', nativeId }]);
  });

  test('[feature: resume] a conversation that cannot be resumed is refused as that', async () => {
    const resume = asId<NativeId>('old');
    await expect(open(create({ FAKE_NO_LOAD: '1' }), { resume })).rejects.toMatchObject({
      code: 'resume_failed',
    });
    await expect(open(create(), { resume })).rejects.toMatchObject({ code: 'resume_failed' });
  });
});

describe('turns', () => {
  test.each([
    ['stop: max_tokens', { status: 'error', code: 'context' }],
    ['stop: refusal', { status: 'error', code: 'model' }],
    ['stop: max_turn_requests', { status: 'error', code: 'other' }],
    ['stop: something_new', { status: 'ok' }],
    [
      'error: 401',
      { status: 'error', code: 'auth', message: expect.stringMatching(/^scripted 401\nLog in by/) },
    ],
    ['error: 429', { status: 'error', code: 'rate_limit', message: 'scripted 429' }],
    ['error: 503', { status: 'error', code: 'server', message: 'scripted 503' }],
    ['rpc-error: -32603 context window exceeded', { status: 'error', code: 'context' }],
  ])('%s ends as %j', async (text, outcome) => {
    const reader = await answerTo(text);
    expect(reader.of('turn_end')).toMatchObject([{ prompts: [text], outcome }]);
  });

  test('events are numbered without gaps', async () => {
    const reader = await answerTo('stream: 3 0');
    expect(reader.events.map(({ seq }) => seq)).toEqual(reader.events.map((_, index) => index + 1));
  });

  test('[feature: one prompt at a time] a second prompt during a turn is refused, and the first goes on', async () => {
    const { session, reader } = await open(create());
    await session.prompt(prompt('slow: 0.2'), signal);
    await expect(session.prompt(prompt('token: second'), signal)).rejects.toMatchObject({
      code: 'agent.busy',
    });
    expect(await reader.next('turn_end')).toMatchObject({ outcome: { status: 'ok' } });
  });

  test('[feature: kill in mid-turn] a crash ends the turn once, then comes exit, with the last words but without secrets', async () => {
    const env = { FAKE_API_KEY: 'sk-very-secret-value', FAKE_DIE_ON: 'session/prompt' };
    const { session, reader } = await open(create(env));
    await session.prompt(prompt('anything'), signal);
    await reader.done;
    expect(reader.bodies.slice(-3)).toMatchObject([
      { kind: 'turn_start' },
      { kind: 'turn_end', outcome: { status: 'error', code: 'crash' } },
      { kind: 'exit', code: 7, detail: expect.stringContaining('cannot go on: [hidden]') },
    ]);
    expect(JSON.stringify(reader.bodies)).not.toContain('sk-very-secret-value');
    await expect(session.prompt(prompt('more'), signal)).rejects.toMatchObject({ code: 'agent.gone' });
  });

  test('[feature: background turns] what the agent says unasked is a turn of its own that ends by silence', async () => {
    const { session, reader } = await open(create());
    await session.prompt(prompt('late: by the way'), signal);
    expect(await reader.next('turn_end', 2)).toEqual({
      kind: 'turn_end',
      prompts: [],
      outcome: { status: 'ok' },
    });
    expect(reader.of('turn_start')[1]).toMatchObject({ origin: 'background' });
    expect(reader.text).toContain('by the way');
  });

  test('interrupting an idle session does nothing', async () => {
    const { session, reader } = await open(create());
    await session.interrupt(signal);
    await session.prompt(prompt('token: fine'), signal);
    expect(await reader.next('turn_end')).toMatchObject({ outcome: { status: 'ok' } });
  });
});

describe('approvals', () => {
  test('an option that was not offered is refused and the request stays open', async () => {
    const { session, reader } = await open(create());
    await session.prompt(prompt('ask: Bash {"command":"make"}'), signal);
    const { wireId } = await reader.next('approval');
    await expect(session.answer(wireId, { kind: 'option', optionId: 'invented' })).rejects.toMatchObject({
      code: 'agent.option_unknown',
    });
    expect(await session.answer(wireId, { kind: 'option', optionId: 'always' })).toBe('taken');
    expect(await session.answer(wireId, { kind: 'option', optionId: 'yes' })).toBe('stale');
    await reader.next('turn_end');
    expect(reader.text).toContain('allowed');
  });

  test('[feature: withdrawn requests] a request the agent takes back is withdrawn', async () => {
    const reader = await answerTo('withdraw');
    const asked = reader.of('approval').map(({ wireId }) => wireId);
    expect(asked).toHaveLength(1);
    expect(reader.of('approval_withdrawn').map(({ wireId }) => wireId)).toEqual(asked);
  });
});

describe('settings', () => {
  test('[feature: mode change, models] modes are found by id, by the end of a URL and by label; models inside groups', async () => {
    const agent = create();
    const { session, reader } = await open(agent);
    expect(agent.modes).toMatchObject([{ id: 'ask' }, { aliases: ['yolo'], bypass: true }]);
    expect(await session.set?.({ mode: 'yolo', model: 'LARGE' })).toBe(true);
    await session.prompt(prompt('ask: Bash {"command":"make"}'), signal);
    await reader.next('turn_end');
    expect(reader.of('approval')).toEqual([]);
    expect(reader.of('settings').at(-1)).toMatchObject({
      mode: expect.stringContaining('#yolo'),
      model: 'large',
    });
    expect(await session.set?.({ model: null })).toBe(true);
    expect(await session.set?.({ mode: 'unheard-of' })).toBe(false);
  });

  test('a wanted mode that is not offered is told, not fatal', async () => {
    const { reader } = await open(create({}, { mode: 'plan' }), { mode: 'plan', model: 'large' });
    expect(await reader.next('notice')).toMatchObject({ notice: { text: expect.stringContaining('plan') } });
    expect(reader.of('settings').at(-1)).toMatchObject({ model: 'large' });
  });
});

describe('files and images', () => {
  test('[feature: images] an image goes in as data, or as a link where the agent takes none', async () => {
    const path = join(workDir, 'a.png');
    await writeFile(path, 'png');
    for (const [env, block] of [
      [{ FAKE_IMAGES: '1' }, '{"type":"image","mimeType":"image/png","data":"cG5n"}'],
      [{}, '"name":"a.png","mimeType":"image/png"}'],
    ] as const) {
      const { session, reader } = await open(create(env));
      await session.prompt(prompt('blocks', [path]), signal);
      await reader.next('turn_end');
      expect(reader.text).toContain(block);
      await session.close({ quick: true }, signal);
    }
  });

  test('[feature: client files] with client_fs the agent reads and writes in the work dir and nowhere else', async () => {
    const agent = create({}, { client_fs: true });
    await writeFile(join(workDir, 'in.txt'), 'inside');
    await writeFile(join(root, 'out.txt'), 'outside');
    await symlink(root, join(workDir, 'link'));
    const script = [
      `read: ${join(workDir, 'in.txt')}`,
      `write: ${join(workDir, 'new.txt')}`,
      `read: ${join(workDir, '..', 'out.txt')}`,
      `read: ${join(workDir, 'link', 'out.txt')}`,
      `write: ${join(workDir, 'link', 'escaped.txt')}`,
    ].join('\n');
    const reader = await answerTo(script, agent);
    expect(reader.text).toContain('{"content":"inside"}');
    expect(reader.text).not.toContain('outside"}');
    expect(await readFile(join(workDir, 'new.txt'), 'utf8')).toBe('by the agent');
    await expect(readFile(join(root, 'escaped.txt'))).rejects.toThrow('ENOENT');
  });
});
