import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { definition } from '../../../src/agents/acp/index.ts';
import { demoCommand } from '../../../src/agents/demo/locate.ts';
import { MEMORY_VARIABLE } from '../../../src/agents/demo/memory.ts';
import { DEMO_FILE } from '../../../src/agents/demo/program.ts';
import type { Agent, AgentSession, SessionSpec } from '../../../src/core/agent.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { type BundledProgram, bundleProgram } from '../../sim/agent/bundle-program.ts';
import { quietLog, SessionReader } from '../../sim/agent/session-reader.ts';

const signal = new AbortController().signal;
let program: BundledProgram;
let workDir: string;
let agent: Agent;
let session: AgentSession | undefined;

beforeAll(async () => {
  program = await bundleProgram('src/entries/demo-agent.ts');
});
afterAll(() => program.remove());

beforeEach(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'cc-demo-'));
  const options = {
    command: [process.execPath, program.path],
    env: { [MEMORY_VARIABLE]: join(workDir, 'memory') },
    work_dir: workDir,
  };
  agent = definition.create(options, { log: quietLog, cacheDir: workDir, baseDir: workDir });
});
afterEach(async () => {
  await session?.close({ quick: true }, signal);
  session = undefined;
  await rm(workDir, { recursive: true, force: true });
});

async function open(resume?: NativeId): Promise<{ session: AgentSession; reader: SessionReader }> {
  const spec: SessionSpec = {
    workDir,
    ...(resume === undefined ? {} : { resume }),
    env: { PATH: process.env.PATH ?? '' },
    systemPrompt: '',
    allowedTools: [],
    marker: `demo-test-${Math.random()}`,
  };
  session = await agent.open(spec, signal);
  return { session, reader: new SessionReader(session) };
}

function prompt(text: string, id = 'p-1') {
  return { id: asId<PromptId>(id), text, images: [] };
}

describe('the demo agent', () => {
  test('says that it is a demo, asks once and writes its file when allowed', async () => {
    const { session, reader } = await open();
    await session.prompt(prompt('hello there'), signal);
    const { wireId, request } = await reader.next('approval');
    expect(request).toMatchObject({
      kind: 'permission',
      options: [
        { label: 'Allow', role: 'allow' },
        { label: 'Reject', role: 'deny' },
      ],
    });
    await expect(readFile(join(workDir, DEMO_FILE))).rejects.toThrow('ENOENT');
    expect(await session.answer(wireId, { kind: 'option', optionId: 'allow' })).toBe('taken');
    const end = await reader.next('turn_end');
    expect(end).toMatchObject({ prompts: ['p-1'], outcome: { status: 'ok' } });
    expect(reader.text).toContain('built-in demo agent');
    expect(reader.text).toContain('> hello there');
    expect(reader.text).toContain('npm install -g @anthropic-ai/claude-code');
    expect(await readFile(join(workDir, DEMO_FILE), 'utf8')).toContain('demo agent');
  });

  test('writes nothing when denied and does not ask again for an ordinary message', async () => {
    const { session, reader } = await open();
    await session.prompt(prompt('hi'), signal);
    const { wireId } = await reader.next('approval');
    await session.answer(wireId, { kind: 'deny', message: 'no' });
    await reader.next('turn_end');
    await session.prompt(prompt('and again', 'p-2'), signal);
    expect(await reader.next('turn_end', 2)).toMatchObject({ prompts: ['p-2'], outcome: { status: 'ok' } });
    expect(reader.of('approval')).toHaveLength(1);
    expect(await readdir(workDir)).not.toContain(DEMO_FILE);
  });

  test('remembers a conversation and repeats nothing when it is resumed', async () => {
    const first = await open();
    await first.session.prompt(prompt('remember me'), signal);
    await first.session.answer((await first.reader.next('approval')).wireId, { kind: 'deny', message: '' });
    await first.reader.next('turn_end');
    const { nativeId } = await first.reader.next('session');
    await first.session.close({ quick: false }, signal);

    expect(await agent.store?.list(workDir, 10)).toMatchObject([{ id: nativeId, title: 'remember me' }]);
    const second = await open(nativeId);
    expect(await second.reader.next('session')).toEqual({ kind: 'session', nativeId });
    await second.session.prompt(prompt('second message', 'p-2'), signal);
    await second.reader.next('turn_end');
    expect(second.reader.text).toContain('message 2 of this conversation');
    expect(second.reader.text).not.toContain('remember me');
  });

  test('refuses a conversation it does not know, so that the engine begins anew and says so', async () => {
    await expect(open(asId<NativeId>('no-such-conversation'))).rejects.toMatchObject({
      code: 'resume_failed',
    });
  });

  test('stops in the middle of an approval, which is withdrawn', async () => {
    const { session, reader } = await open();
    await session.prompt(prompt('hi'), signal);
    const { wireId } = await reader.next('approval');
    await session.interrupt(signal);
    expect(await reader.next('approval_withdrawn')).toEqual({ kind: 'approval_withdrawn', wireId });
    expect(await reader.next('turn_end')).toMatchObject({ outcome: { status: 'interrupted' } });
    expect(await session.answer(wireId, { kind: 'option', optionId: 'allow' })).toBe('stale');
  });

  test.each([
    ['こんにちは', 'デモエージェント'],
    ['你好', '演示代理'],
    ['請說你好', '示範代理'],
    ['¿qué tal?', 'agente de demostración'],
  ])('answers %s in its language', async (text, expected) => {
    const { session, reader } = await open();
    await session.prompt(prompt(text), signal);
    await reader.next('approval');
    expect(reader.text).toContain(expected);
  });
});

describe('the program of the demo agent', () => {
  test.each([
    ['beside the bundle', 'demo-agent.js', 'cc-connect.js'],
    ['above a chunk in a folder', 'demo-agent.js', 'test/bench.js'],
    ['in dist above the sources', 'dist/demo-agent.js', 'src/agents/demo/locate.ts'],
  ])('is found %s', async (_where, file, from) => {
    const target = join(workDir, file);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, '');
    const found = demoCommand(pathToFileURL(join(workDir, from)).href);
    expect(found).toEqual({ command: process.execPath, args: [target] });
  });

  test('that is not built yet is told with what to do', () => {
    expect(() => demoCommand(pathToFileURL(join(workDir, 'src/x.ts')).href)).toThrow('was not found');
  });
});
