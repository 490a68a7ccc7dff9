import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { definition } from '../../../src/agents/claudecode/index.ts';
import type { Agent, AgentSession, SessionSpec } from '../../../src/core/agent.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { readNdjson } from '../../../src/kit/ndjson.ts';
import { startProcess } from '../../../src/kit/process/owned-process.ts';
import { pidsWithEnvironment } from '../../../src/kit/process/process-table.ts';
import { type BundledProgram, bundleProgram } from './bundle-program.ts';
import { readLedger } from './ledger.ts';
import { quietLog, SessionReader } from './session-reader.ts';

const signal = new AbortController().signal;
let program: BundledProgram;
let workDir: string;
let ledger: string;
let agent: Agent;
let session: AgentSession | undefined;

beforeAll(async () => {
  program = await bundleProgram('test/entries/scripted-agent.ts');
});
afterAll(() => program.remove());

beforeEach(async () => {
  workDir = await realpath(await mkdtemp(join(tmpdir(), 'cc-scripted-')));
  ledger = join(workDir, 'ledger');
  agent = create({});
});
afterEach(async () => {
  await session?.close({ quick: true }, signal);
  session = undefined;
  await rm(workDir, { recursive: true, force: true });
});

function create(env: Record<string, string>): Agent {
  const options = {
    cmd: [process.execPath, program.path],
    work_dir: workDir,
    env: { CLAUDE_CONFIG_DIR: join(workDir, 'claude'), FAKE_LEDGER: ledger, ...env },
  };
  return definition.create(options, { log: quietLog, cacheDir: join(workDir, 'cache'), baseDir: workDir });
}

async function open(extra: Partial<SessionSpec> = {}) {
  const spec: SessionSpec = {
    workDir,
    env: { PATH: process.env.PATH ?? '', HOME: workDir },
    systemPrompt: '',
    allowedTools: [],
    marker: `scripted-${randomUUID()}`,
    ...extra,
  };
  session = await agent.open(spec, signal);
  return { session, reader: new SessionReader(session), marker: spec.marker };
}

function prompt(text: string) {
  return { id: asId<PromptId>(randomUUID()), text, images: [] };
}

describe('the scripted stand-in for Claude Code, driven by the real adapter', () => {
  test('streams, ends with the echo, and keeps ledger and transcript under the prompt id', async () => {
    const { session, reader } = await open();
    const asked = prompt('token: t1 ;; stream: 5 1');
    await session.prompt(asked, signal);
    const end = await reader.next('turn_end');
    expect(end).toMatchObject({ prompts: [asked.id], outcome: { status: 'ok' }, text: 'echo:t1' });
    expect(reader.text).toBe('chunk 1 chunk 2 chunk 3 chunk 4 chunk 5 echo:t1');
    expect(readLedger(ledger)).toMatchObject([
      { event: 'start', uuid: asked.id },
      { event: 'said', uuid: asked.id },
      { event: 'said', text: 'echo:t1' },
      { event: 'end', uuid: asked.id, state: 'ok' },
    ]);
    const slug = workDir.replaceAll(/[^A-Za-z0-9]/g, '-');
    const [file] = await readdir(join(workDir, 'claude', 'projects', slug));
    const transcript = await readFile(join(workDir, 'claude', 'projects', slug, file ?? ''), 'utf8');
    expect(transcript).toContain(`"uuid":"${asked.id}"`);
    expect(transcript).toContain('"stop_reason":"end_turn"');
  });

  test('asks, and tells in its answer what was decided', async () => {
    const { session, reader } = await open();
    await session.prompt(prompt('ask: Bash {"command":"make"}'), signal);
    const { wireId, request } = await reader.next('approval');
    expect(request).toMatchObject({ kind: 'permission', tool: 'Bash' });
    await session.answer(wireId, { kind: 'deny', message: 'not today' });
    await reader.next('turn_end');
    expect(reader.text).toContain('denied Bash: not today');
  });

  test('stops when interrupted and takes the next prompt', async () => {
    const { session, reader } = await open();
    await session.prompt(prompt('hang'), signal);
    await session.interrupt(signal);
    expect(await reader.next('turn_end')).toMatchObject({ outcome: { status: 'interrupted' } });
    await session.prompt(prompt('token: after'), signal);
    expect(await reader.next('turn_end', 2)).toMatchObject({ text: 'echo:after', outcome: { status: 'ok' } });
  });

  test('resumes a conversation that is on disk', async () => {
    const first = await open();
    await first.session.prompt(prompt('token: one'), signal);
    await first.reader.next('turn_end');
    const { nativeId } = await first.reader.next('session');
    await first.session.close({ quick: false }, signal);
    const second = await open({ resume: nativeId });
    await second.session.prompt(prompt('token: two'), signal);
    await second.reader.next('turn_end');
    expect(await second.reader.next('session')).toMatchObject({ nativeId });
    expect(await agent.store?.has(workDir, asId<NativeId>(nativeId))).toBe(true);
  });

  test('a steered prompt joins the running turn and both are echoed', async () => {
    const { session, reader } = await open();
    const [first, second] = [prompt('token: a ;; slow: 0.5'), prompt('token: b')];
    await session.prompt(first, signal);
    expect(await session.steer?.(second, signal)).toBe('taken');
    const end = await reader.next('turn_end');
    expect(end).toMatchObject({ prompts: [first.id, second.id], text: 'echo:a\necho:b' });
  });

  test('a background task ends in a turn that nobody asked for', async () => {
    const { session, reader } = await open();
    await session.prompt(prompt('background: 0.2 the task is done'), signal);
    expect(await reader.next('turn_end', 2)).toMatchObject({ prompts: [], outcome: { status: 'ok' } });
    expect(reader.text).toContain('the task is done');
  });

  test('crashes on demand, leaving a start without an end', async () => {
    const { session, reader } = await open();
    const asked = prompt('say: almost ;; crash: 3');
    await session.prompt(asked, signal);
    expect(await reader.next('turn_end')).toMatchObject({ outcome: { status: 'error', code: 'crash' } });
    expect(await reader.next('exit')).toMatchObject({ code: 3 });
    expect(readLedger(ledger).map(({ event }) => event)).toEqual(['start', 'said']);
  });

  test("the adapter's store reads from the transcript what became of each prompt", async () => {
    const first = await open();
    const [ended, stopped, cut] = [
      prompt('token: a'),
      prompt('say: x ;; hang'),
      prompt('say: half ;; crash'),
    ];
    await first.session.prompt(ended, signal);
    await first.reader.next('turn_end');
    await first.session.prompt(stopped, signal);
    await first.reader.next('text_end', 2);
    await first.session.interrupt(signal);
    await first.session.prompt(cut, signal);
    await first.reader.done;
    const { nativeId } = await first.reader.next('session');
    const outcome = (id: PromptId) => agent.store?.outcome?.(workDir, nativeId, id);
    expect(await outcome(ended.id)).toEqual({ state: 'ended', text: 'echo:a', ok: true });
    expect(await outcome(stopped.id)).toMatchObject({ state: 'ended', ok: false });
    expect(await outcome(cut.id)).toEqual({ state: 'open', text: 'half' });
    expect(await outcome(asId<PromptId>(randomUUID()))).toEqual({ state: 'absent' });
  });

  test('leaves a child in a group of its own, which closing the session ends', async () => {
    const { session, reader, marker } = await open();
    await session.prompt(prompt('spawn-child: 600'), signal);
    await reader.next('turn_end');
    const assignment = `CC_CONNECT_OWNER=${marker}`;
    expect(await pidsWithEnvironment(assignment)).toHaveLength(2);
    await session.close({ quick: true }, signal);
    expect(await pidsWithEnvironment(assignment)).toEqual([]);
  });

  test.each([
    ['finish', 0, ['start', 'said', 'end']],
    ['die', 1, ['start']],
  ])(
    'with FAKE_EOF=%s the end of its input ends it with %d and leaves %j in the ledger',
    async (variant, code, events) => {
      const child = await startProcess({
        command: process.execPath,
        args: [program.path, '--permission-prompt-tool', 'stdio'],
        cwd: workDir,
        env: { PATH: process.env.PATH, CLAUDE_CONFIG_DIR: workDir, FAKE_LEDGER: ledger, FAKE_EOF: variant },
        marker: `eof-${randomUUID()}`,
      });
      const message = { role: 'user', content: 'slow: 0.3' };
      await child.write(`${JSON.stringify({ type: 'user', uuid: randomUUID(), message })}\n`);
      await readNdjson(child.stdout, (line) => {
        if (line.subtype === 'init') child.endInput();
      });
      expect(await child.exited).toMatchObject({ code });
      expect(readLedger(ledger).map(({ event }) => event)).toEqual(events);
      await child.close();
    },
  );
});
