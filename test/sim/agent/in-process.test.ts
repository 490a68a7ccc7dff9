import { describe, expect, test } from 'vitest';
import type { Agent } from '../../../src/core/agent.ts';
import { asId, type PromptId } from '../../../src/core/ids.ts';
import { ScriptedEngine } from './in-process.ts';
import { quietLog, SessionReader } from './session-reader.ts';

const signal = new AbortController().signal;
const spec = { workDir: '/', env: {}, systemPrompt: '', allowedTools: [], marker: 'bench' };
const prompt = (text: string) => ({ id: asId<PromptId>(text), text, images: [] });

function agentOf(engine: ScriptedEngine): Agent {
  return engine.definition.create({}, { log: quietLog, cacheDir: '/', baseDir: '/' });
}

describe('the in-process scripted agent', () => {
  test('plays the script and stamps prompts and deltas with its clock', async () => {
    let clock = 0;
    const engine = new ScriptedEngine({ now: () => ++clock });
    const stamps: Array<[string, number]> = [];
    engine.onPrompt = ({ prompt, at }) => stamps.push([prompt.text, at]);
    engine.onDelta = ({ text, at }) => stamps.push([text, at]);
    const session = await agentOf(engine).open(spec, signal);
    const reader = new SessionReader(session);
    await session.prompt(prompt('stream: 2 0'), signal);
    expect(await reader.next('turn_end')).toMatchObject({
      outcome: { status: 'ok' },
      prompts: ['stream: 2 0'],
    });
    expect(stamps).toEqual([
      ['stream: 2 0', 1],
      ['chunk 1 ', 2],
      ['chunk 2 ', 3],
      ['echo:stream: 2 0', 4],
    ]);
  });

  test('leaves everything to the bench in manual mode', async () => {
    const engine = new ScriptedEngine();
    engine.respond = 'manual';
    const session = await agentOf(engine).open(spec, signal);
    const reader = new SessionReader(session);
    const { nativeId } = await reader.next('session');
    await session.prompt(prompt('anything'), signal);
    const driven = engine.session(nativeId);
    driven?.delta('one ');
    driven?.delta('two');
    driven?.end();
    await reader.next('turn_end');
    expect(reader.text).toBe('one two');
    await session.close({ quick: true }, signal);
    await reader.done;
    expect(engine.sessions).toEqual([]);
    expect(reader.bodies.at(-1)).toMatchObject({ kind: 'exit' });
  });

  test('asks, and an interrupt withdraws what is open', async () => {
    const engine = new ScriptedEngine();
    const session = await agentOf(engine).open(spec, signal);
    const reader = new SessionReader(session);
    await session.prompt(prompt('ask: Bash {"command":"make"}'), signal);
    const { wireId } = await reader.next('approval');
    await session.interrupt(signal);
    expect(await reader.next('turn_end')).toMatchObject({ outcome: { status: 'interrupted' } });
    expect(reader.of('approval_withdrawn')).toEqual([{ kind: 'approval_withdrawn', wireId }]);
  });
});
