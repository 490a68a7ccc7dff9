import { randomUUID } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { turnCommand } from '../../../src/agents/antigravity/argv.ts';
import { MODES } from '../../../src/agents/antigravity/modes.ts';
import { PermissionDesk } from '../../../src/agents/antigravity/permission-desk.ts';
import { failure, StreamReader } from '../../../src/agents/antigravity/reader.ts';
import type { AgentSession, SessionSpec } from '../../../src/core/agent.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import type { Wire } from '../../../src/kit/acp/wire.ts';
import { askOverSocket } from '../../../src/kit/hook-line.ts';
import { modeOf } from '../../../src/kit/modes.ts';
import { seededRandom } from '../../kit/seeded-random.ts';
import { askOnce, type ScriptedAgent, textOf } from '../scripted-agent.ts';
import { FAKE, fakeAgy } from './fake.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
const signal = () => AbortSignal.timeout(30_000);

async function agy(env: Readonly<Record<string, string>> = {}, options: object = {}): Promise<ScriptedAgent> {
  const made = await fakeAgy(env, options);
  cleanups.push(made.dispose);
  return made;
}

async function open({ agent, spec }: ScriptedAgent, more: Partial<SessionSpec> = {}): Promise<AgentSession> {
  const session = await agent.open({ ...spec, ...more }, signal());
  cleanups.push(() => session.close({ quick: true }, signal()));
  return session;
}

/** Gives a prompt that asks, answers what it asks, and gives all that was said. */
async function askAndAnswer(session: AgentSession, optionId: string): Promise<AgentEventBody[]> {
  const id = asId<PromptId>(randomUUID());
  await session.prompt({ id, text: 'ask', images: [] }, signal());
  const said: AgentEventBody[] = [];
  let mine = false;
  for await (const { body } of session.events(1)) {
    mine ||= body.kind === 'turn_start' && body.prompts.includes(id);
    if (mine) said.push(body);
    if (mine && body.kind === 'approval') await session.answer(body.wireId, { kind: 'option', optionId });
    if (body.kind === 'turn_end' && body.prompts.includes(id)) break;
  }
  return said;
}

const asked = (said: readonly AgentEventBody[]) =>
  said.flatMap((body) => (body.kind === 'approval' ? [body.request] : []));

describe('permissions', () => {
  it('[feature: tool allowed, tool denied] are asked in the chat before a tool runs, by the hook of the CLI', async () => {
    const session = await open(await agy());
    const allowed = await askAndAnswer(session, 'allow');
    expect(asked(allowed)).toMatchObject([{ kind: 'permission', tool: 'run_command', summary: 'make it' }]);
    expect(textOf(allowed)).toBe('allow');
    expect(textOf(await askAndAnswer(session, 'deny'))).toBe('deny: The person said no.');
  });

  it('[feature: always allow] are not asked again for a tool that was allowed for good, nor for what only reads', async () => {
    const session = await open(await agy());
    expect(asked(await askAndAnswer(session, 'allow_always'))).toHaveLength(1);
    const again = await askAndAnswer(session, 'deny');
    expect([asked(again).length, textOf(again)]).toEqual([0, 'allow']);
    expect(textOf(await askOnce(session, 'look'))).toBe('allow');
    const listed = await open(await agy(), { allowedTools: ['run_command'] });
    expect(textOf(await askOnce(listed, 'ask'))).toBe('allow');
  });

  it('are not asked in yolo mode, without a restart', async () => {
    const session = await open(await agy());
    expect(await session.set?.({ mode: 'yolo' })).toBe(true);
    expect(textOf(await askOnce(session, 'ask'))).toBe('not asked');
  });

  it('leave the folder of the person as it is, with its own hooks at work', async () => {
    const made = await agy();
    const config = join(made.folder, '.gemini', 'config');
    await mkdir(config, { recursive: true });
    const own = {
      mine: {
        PreToolUse: [
          { matcher: '*', hooks: [{ type: 'command', command: 'echo \'{"decision":"allow"}\'' }] },
        ],
      },
    };
    await writeFile(join(config, 'hooks.json'), JSON.stringify(own));
    const session = await open(made);
    const said = await askAndAnswer(session, 'deny');
    expect(textOf(said), JSON.stringify(said)).toBe('allow, deny: The person said no.');
    expect(JSON.parse(await readFile(join(config, 'hooks.json'), 'utf8'))).toEqual(own);
    await writeFile(join(config, 'hooks.json'), '{');
    await expect(open(made, { marker: randomUUID() })).rejects.toThrow('hooks.json cannot be read');
  });

  it('are refused where no turn runs, and for what is no request', async () => {
    const desk = await PermissionDesk.listen([]);
    const ask = async (text: string) => JSON.parse(await askOverSocket(desk.path, text));
    expect(await ask('{"toolCall":{"name":"run_command","args":{}}}')).toMatchObject({ decision: 'deny' });
    expect(await ask('no json')).toMatchObject({ decision: 'deny' });
    expect(await ask('{"toolCall":7}')).toMatchObject({ decision: 'deny' });
    const { mode } = await stat(desk.folder);
    expect(mode & 0o777).toBe(0o700);
    await desk.close();
    await expect(ask('{}')).rejects.toThrow();
  });
});

describe('a conversation', () => {
  it('[feature: text, resume, models] goes on by the id of the stream, with prompt on stdin', async () => {
    const session = await open(await agy(), { model: 'gemini-x' });
    expect(textOf(await askOnce(session, 'say hello'))).toBe('hello');
    const said = textOf(await askOnce(session, 'args'));
    for (const word of ['--conversation', 'c0ffee00', '--add-dir', '--print-timeout=24h', 'gemini-x'])
      expect(said).toContain(word);
    expect(said).not.toContain('"-p"');
  });

  it('[feature: plain text] is read from versions that print no events, its id found on disk', async () => {
    const session = await open(await agy({}, { cmd: [process.execPath, FAKE, 'old-version'] }));
    expect(textOf(await askOnce(session, 'say hello\nsay you'))).toBe('hello\nyou');
    const second = await askOnce(session, 'args');
    expect(textOf(second)).toContain('"--conversation","old-conversation"');
    expect((await askOnce(session, 'vanish')).at(-1)).toMatchObject({ outcome: { status: 'error' } });
  });

  it('[feature: model errors] tells of an error and goes on', async () => {
    const session = await open(await agy());
    const said = await askOnce(session, 'fail quota exceeded');
    expect(said.at(-1)).toMatchObject({
      outcome: { status: 'error', code: 'rate_limit', message: 'quota exceeded' },
    });
    expect((await askOnce(session, 'say hello')).at(-1)).toMatchObject({ outcome: { status: 'ok' } });
    const out = await open(await agy({ FAKE_LOGGED_OUT: '1' }));
    await expect(askOnce(out, 'say hello')).rejects.toMatchObject({ kind: 'auth' });
  });

  it('[feature: mode change] takes the flags of the mode', () => {
    const settings = { mode: modeOf('x', MODES, 'sandbox'), model: 'm', effort: undefined };
    const place = { workDir: '/w', geminiDir: '/g', known: undefined };
    expect(turnCommand('-x', settings, asId<NativeId>('c'), place)).toEqual({
      args: ['--gemini_dir=/g', '--print-timeout=24h', '--sandbox', '--conversation', 'c', '-p', '-x'],
      input: '',
    });
  });

  it('[feature: check] tells version and what is missing', async () => {
    expect((await (await agy()).agent.check(signal()))[0]).toEqual({
      level: 'ok',
      what: 'Antigravity 1.1.8',
    });
    const missing = await (await agy({}, { cmd: '/nowhere/agy' })).agent.check(signal());
    expect(missing[0]).toMatchObject({ level: 'error', what: '"/nowhere/agy" was not found' });
  });
});

describe('the stream of one turn', () => {
  const readAll = (lines: readonly Wire[]) => {
    const reader = new StreamReader(undefined);
    reader.sent(asId<PromptId>('p'));
    return [
      ...lines.flatMap((line) => reader.read(line)),
      ...reader.ended({ status: 'error', message: 'gone' }),
    ];
  };
  const step = (more: object) => ({ event: 'step_update', step_update: { step_index: 1, ...more } });
  const result = {
    event: 'result',
    result: { status: 'SUCCESS', response: 'all', usage: { input_tokens: 3, output_tokens: 2 } },
  };

  it('[feature: usage, streaming] tells text, thoughts, tools and tokens', () => {
    const tool = { step_index: 2, step_type: 'tool', tool_name: 'run_command' };
    const said = readAll([
      { event: 'init', init: { conversation_id: 'c1' } },
      step({ step_type: 'agent_response', state: 'ACTIVE', thinking_delta: 'hm' }),
      step({ step_type: 'agent_response', state: 'ACTIVE', text_delta: 'Hel' }),
      step({ step_type: 'agent_response', state: 'ACTIVE', text_delta: 'lo' }),
      step({ ...tool, state: 'ACTIVE', tool_info: { parameters: { CommandLine: 'make' } } }),
      step({ ...tool, state: 'ERROR', tool_info: { output: 'no rule' } }),
      result,
    ]);
    expect(said.map(({ kind }) => kind)).toEqual([
      'session',
      'turn_start',
      'thinking',
      'text',
      'text',
      'text_end',
      'tool_started',
      'tool_ended',
      'turn_end',
    ]);
    expect(said[7]).toMatchObject({ ok: false, output: 'no rule' });
    expect(said[8]).toMatchObject({ usage: { inputTokens: 3, outputTokens: 2 } });
    expect(textOf(readAll([{ event: 'init' }, result]))).toBe('all');
    expect(failure('please sign in').code).toBe('auth');
  });

  it('[feature: bad input] ends each turn once, whatever lines come', () => {
    const next = seededRandom(3);
    const strange = [null, 0, '', 'tool', [], {}, [null], true];
    const keys = ['event', 'step_update', 'result', 'init', 'conversation_id'];
    const lines: Wire[] = [
      { event: 'init' },
      step({ step_type: 'tool', state: 'ACTIVE' }),
      step({ step_type: 'agent_response', text_delta: 'x' }),
      result,
    ];
    for (let round = 0; round < 2_000; round++) {
      const said = readAll(
        Array.from({ length: 6 }, () => {
          const line = { ...lines[Math.floor(next() * lines.length)] };
          if (next() < 0.5)
            line[keys[Math.floor(next() * keys.length)] ?? ''] = strange[Math.floor(next() * strange.length)];
          return line;
        }),
      );
      const count = (kind: AgentEventBody['kind']) => said.filter((body) => body.kind === kind).length;
      expect(count('turn_end')).toBe(count('turn_start'));
      expect(count('tool_ended')).toBe(count('tool_started'));
    }
  });
});
