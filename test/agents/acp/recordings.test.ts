import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { definition } from '../../../src/agents/acp/index.ts';
import type { AgentSession } from '../../../src/core/agent.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { type BundledProgram, bundleProgram } from '../../sim/agent/bundle-program.ts';
import { quietLog, SessionReader } from '../../sim/agent/session-reader.ts';

const AGENTS = [
  'gemini',
  'opencode',
  'claude-agent-acp',
  'claude-agent-acp-0.49',
  'codex-acp',
  'codex-acp-0.16',
  'copilot',
  'kimi',
  'qwen',
];
const signal = new AbortController().signal;
let program: BundledProgram;
let session: AgentSession | undefined;

beforeAll(async () => {
  program = await bundleProgram('test/sim/agent/acp-player.ts');
});
afterAll(() => program.remove());
afterEach(async () => {
  await session?.close({ quick: true }, signal);
  session = undefined;
});

function fixture(agent: string, scenario: string): string {
  return fileURLToPath(new URL(`./fixtures/${agent}/${scenario}.jsonl`, import.meta.url));
}

async function play(agent: string, scenario: string, resume?: string) {
  const options = { command: [process.execPath, program.path, fixture(agent, scenario)] };
  const created = definition.create(options, { log: quietLog, cacheDir: tmpdir(), baseDir: tmpdir() });
  session = await created.open(
    {
      workDir: tmpdir(),
      env: {},
      systemPrompt: '',
      allowedTools: [],
      marker: `${agent}-${scenario}-${process.pid}`,
      ...(resume === undefined ? {} : { resume: asId<NativeId>(resume) }),
    },
    signal,
  );
  const reader = new SessionReader(session);
  await session.prompt({ id: asId<PromptId>('p-1'), text: 'as recorded', images: [] }, signal);
  return { agent: created, session, reader };
}

/** Answers the first request by the option of this role, or by denying. */
async function decide(played: Awaited<ReturnType<typeof play>>, role: 'allow' | 'deny') {
  const { wireId, request } = await played.reader.next('approval');
  if (request.kind !== 'permission') throw new Error(`asked for a ${request.kind}`);
  const option = request.options.find((offered) => offered.role === role);
  if (option === undefined) throw new Error(`no option to ${role} among ${JSON.stringify(request.options)}`);
  await played.session.answer(wireId, { kind: 'option', optionId: option.id });
  return request;
}

describe.each(AGENTS)('a recorded conversation with %s', (name) => {
  test('[feature: text] streams text and ends by the reply to the prompt', async () => {
    const { reader, agent } = await play(name, 'simple');
    expect(await reader.next('turn_end')).toMatchObject({ prompts: ['p-1'], outcome: { status: 'ok' } });
    expect(reader.text).not.toBe('');
    const kinds = reader.bodies.map(({ kind }) => kind);
    expect(kinds.indexOf('turn_start')).toBeLessThan(kinds.indexOf('text'));
    expect(kinds.lastIndexOf('text_end')).toBeGreaterThan(kinds.lastIndexOf('text'));
    expect(agent.modes.length).toBeGreaterThan(0);
  });

  test('[feature: tool allowed] shows the options as offered, and the tool that was allowed', async () => {
    const played = await play(name, 'tool-allow');
    const request = await decide(played, 'allow');
    expect(request.summary).toContain('touch made.txt');
    expect(request.options.every(({ label }) => label !== '')).toBe(true);
    await played.reader.next('turn_end');
    const [started] = played.reader.of('tool_started');
    expect(started?.call).toMatchObject({
      form: 'shell',
      summary: expect.stringContaining('touch made.txt'),
    });
    expect(played.reader.of('tool_started')).toHaveLength(1);
    expect(played.reader.of('tool_ended')).toMatchObject([{ id: started?.call.id, ok: true }]);
  });

  test('[feature: tool denied] goes on after a tool was denied', async () => {
    const played = await play(name, 'tool-deny');
    await decide(played, 'deny');
    const end = await played.reader.next('turn_end');
    expect(['ok', 'interrupted']).toContain(end.outcome.status);
    expect(played.reader.of('tool_ended').every(({ ok }) => !ok)).toBe(true);
  });

  test('[feature: interrupt] cancelling withdraws the open request and interrupts the turn', async () => {
    const { reader, session } = await play(name, 'cancel-while-asking');
    const { wireId } = await reader.next('approval');
    await session.interrupt(signal);
    expect(await reader.next('turn_end')).toMatchObject({ outcome: { status: 'interrupted' } });
    expect(reader.of('approval_withdrawn')).toEqual([{ kind: 'approval_withdrawn', wireId }]);
  });

  test.skipIf(name === 'copilot')(
    '[feature: model errors] a refused login ends the turn as an error of that kind',
    async () => {
      const { reader } = await play(name, 'error-401');
      expect(await reader.next('turn_end')).toMatchObject({ outcome: { status: 'error', code: 'auth' } });
    },
  );

  test.skipIf(!existsSync(fixture(name, 'load')))(
    '[feature: resume] resuming repeats nothing of the past',
    async () => {
      const { reader } = await play(name, 'load', 'recorded-session');
      await reader.next('turn_end');
      const kinds = reader.bodies.map(({ kind }) => kind);
      const first = kinds.indexOf('turn_start');
      expect(kinds.slice(0, first)).not.toContain('text');
      expect(reader.of('session')[0]?.reset).toBeUndefined();
      expect(reader.of('turn_start')).toHaveLength(1);
      expect(reader.text).not.toBe('');
    },
  );
});

test("[feature: questions] a question that comes as a permission request offers the agent's answers and no plain yes", async () => {
  const { reader, session } = await play('kimi-without-forms', 'ask');
  const { wireId, request } = await reader.next('approval');
  expect(request).toMatchObject({
    kind: 'permission',
    detail: 'Which colour?',
    options: [
      { label: 'Red', role: 'other' },
      { label: 'Blue', role: 'other' },
      { label: 'Skip', role: 'deny' },
    ],
  });
  await session.answer(wireId, { kind: 'option', optionId: 'q0_opt_0' });
  await reader.next('turn_end');
  expect(reader.text).toContain('Red');
});

test('[feature: questions] a question that comes as a form is one, and its answer goes back', async () => {
  const { reader, session } = await play('kimi', 'ask');
  const { wireId, request } = await reader.next('approval');
  if (request.kind !== 'question') throw new Error(`asked for a ${request.kind}`);
  const [question] = request.questions;
  expect(question).toMatchObject({
    text: 'Which colour?',
    multiple: false,
    options: [
      { label: 'Red', description: 'warm' },
      { label: 'Blue', description: 'cold' },
    ],
  });
  await session.answer(wireId, { kind: 'answers', answers: { [question?.id ?? '']: ['Red'] } });
  await reader.next('turn_end');
  expect(reader.text).toContain('Red');
});
