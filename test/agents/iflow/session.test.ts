import { afterEach, describe, expect, it } from 'vitest';
import { definition } from '../../../src/agents/iflow/index.ts';
import { IflowReader } from '../../../src/agents/iflow/reader.ts';
import type { AgentSession, SessionSpec } from '../../../src/core/agent.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import type { Wire } from '../../../src/kit/acp/wire.ts';
import { seededRandom } from '../../kit/seeded-random.ts';
import { askOnce, type ScriptedAgent, scriptedAgent, textOf } from '../scripted-agent.ts';
import { FAKE, fakeIflow } from './fake.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
const signal = () => AbortSignal.timeout(30_000);

async function iflow(options: object = {}): Promise<ScriptedAgent> {
  const made = await fakeIflow({}, options);
  cleanups.push(made.dispose);
  return made;
}

async function open({ agent, spec }: ScriptedAgent, more: Partial<SessionSpec> = {}): Promise<AgentSession> {
  const session = await agent.open({ ...spec, ...more }, signal());
  cleanups.push(() => session.close({ quick: true }, signal()));
  return session;
}

async function idOf(session: AgentSession): Promise<NativeId> {
  for await (const { body } of session.events(1)) if (body.kind === 'session') return body.nativeId;
  throw new Error('no session');
}

describe('a conversation', () => {
  it('[feature: text, resume, mode change, models] goes on in one transcript, each answer told once', async () => {
    const session = await open(await iflow(), { mode: 'yolo', model: 'qwen' });
    expect(textOf(await askOnce(session, 'say one\nsay two'))).toBe('onetwo');
    const id = await idOf(session);
    expect(await session.set?.({ mode: 'plan' })).toBe(true);
    const said = textOf(await askOnce(session, 'args'));
    for (const word of ['"--plan"', `"-r","${id}"`, '"-m","qwen"']) expect(said).toContain(word);
  });

  it('[feature: resume] is gone on with by a later start', async () => {
    const made = await iflow();
    const first = await open(made);
    await askOnce(first, 'say one');
    const resume = await idOf(first);
    const second = await open(made, { resume, marker: 'later' });
    expect(textOf(await askOnce(second, 'say two'))).toBe('two');
    expect(await idOf(second)).toBe(resume);
  });

  it('[feature: tools] shows tools of the transcript', async () => {
    const said = await askOnce(await open(await iflow()), 'tool\nsay done');
    expect(said.find(({ kind }) => kind === 'tool_started')).toMatchObject({
      call: { name: 'run_shell_command', summary: 'make', form: 'shell' },
    });
    expect(said.find(({ kind }) => kind === 'tool_ended')).toMatchObject({ ok: true, output: 'made' });
  });

  it('[feature: provider] gives key and address by variables', async () => {
    const provider = { name: 'p', apiKey: 'key-123456', baseUrl: 'https://p', models: [], env: {} };
    const made = await scriptedAgent(definition, FAKE, {}, {}, provider);
    cleanups.push(made.dispose);
    const said = textOf(await askOnce(await open(made), 'env IFLOW_API_KEY\nenv IFLOW_BASE_URL\nargs'));
    expect(said).toContain('key-123456https://p');
    expect(said.split('key-123456')).toHaveLength(2);
  });
});

it('[feature: native sessions] lists, shows and removes transcripts', async () => {
  const made = await iflow();
  const session = await open(made);
  await askOnce(session, 'say done');
  const id = await idOf(session);
  const { store } = made.agent;
  expect(await store?.list(made.folder, 5)).toMatchObject([{ id, title: 'say done' }]);
  expect(await store?.history(made.folder, id, 5)).toMatchObject([
    { role: 'user', text: 'say done' },
    { role: 'assistant', text: 'done' },
  ]);
  expect(await store?.has('/elsewhere', id)).toBe(false);
  expect(await store?.remove?.(made.folder, id)).toBe(true);
  expect(await store?.has(made.folder, id)).toBe(false);
});

it('[feature: check] tells version and what is missing', async () => {
  expect((await (await iflow()).agent.check(signal()))[0]).toEqual({ level: 'ok', what: 'iFlow CLI 0.4.8' });
  const missing = await (await iflow({ cmd: '/nowhere/iflow' })).agent.check(signal());
  expect(missing[0]).toMatchObject({ level: 'error', what: '"/nowhere/iflow" was not found' });
});

it('[feature: bad input] ends each turn once, whatever lines come', () => {
  const next = seededRandom(9);
  const strange = [null, 0, '', 'tool', [], {}, [null], [{ type: 'text' }], { content: 7 }, true];
  const lines: Wire[] = [
    { sessionId: 's', type: 'assistant', message: { content: [{ type: 'text', text: 'x' }] } },
    { type: 'assistant', message: { content: [{ type: 'tool_use', id: 'a', name: 'b', input: {} }] } },
    { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'a', content: {} }] } },
    { type: 'user', message: { content: 'hi' } },
  ];
  for (let round = 0; round < 2_000; round++) {
    const reader = new IflowReader(undefined);
    const said: AgentEventBody[] = reader.sent(asId<PromptId>('p'));
    for (let count = 0; count < 6; count++) {
      const line = { ...lines[Math.floor(next() * lines.length)] };
      const key = ['type', 'message', 'sessionId'][Math.floor(next() * 3)] ?? '';
      if (next() < 0.5) line[key] = strange[Math.floor(next() * strange.length)];
      said.push(...reader.read(line));
    }
    said.push(...reader.ended({ status: 'ok' }), ...reader.ended({ status: 'ok' }));
    const count = (kind: AgentEventBody['kind']) => said.filter((body) => body.kind === kind).length;
    expect([count('turn_start'), count('turn_end')]).toEqual([1, 1]);
    expect(count('tool_ended')).toBe(count('tool_started'));
  }
});
