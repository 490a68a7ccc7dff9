import { describe, expect, it } from 'vitest';
import { CursorReader, failure } from '../../../src/agents/cursor/reader.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId, type PromptId } from '../../../src/core/ids.ts';
import type { Wire } from '../../../src/kit/acp/wire.ts';
import { seededRandom } from '../../kit/seeded-random.ts';
import { textOf } from '../scripted-agent.ts';

const PROMPT = asId<PromptId>('11111111-1111-4111-8111-111111111111');
const message = (text: string) => ({ role: 'assistant', content: [{ type: 'text', text }] });
const init = { type: 'system', subtype: 'init', session_id: 's1', model: 'Fake 1' };
const result = { type: 'result', subtype: 'success', is_error: false, result: 'Hello you', session_id: 's1' };
const tool = (subtype: string, more: object = {}) => ({
  type: 'tool_call',
  subtype,
  call_id: 'c1',
  tool_call: { shellToolCall: { args: { command: 'make' }, ...more } },
});

function readAll(lines: readonly Wire[]): AgentEventBody[] {
  const reader = new CursorReader(undefined);
  reader.sent(PROMPT);
  return [
    ...lines.flatMap((line) => reader.read(line)),
    ...reader.ended({ status: 'error', message: 'gone' }),
  ];
}

describe('the stream of one turn', () => {
  it('[feature: text] is told as whole messages', () => {
    const said = readAll([init, { type: 'assistant', message: message('Hello you') }, result]);
    expect(said.map(({ kind }) => kind)).toEqual(['session', 'turn_start', 'settings', 'text', 'turn_end']);
    expect(said[3]).toEqual({ kind: 'text', text: 'Hello you', mode: 'block' });
  });

  it('[feature: streaming] is told in pieces, once, with the whole that follows them left out', () => {
    const piece = (text: string) => ({ type: 'assistant', message: message(text), timestamp_ms: 5 });
    const said = readAll([
      init,
      piece('Hel'),
      piece('lo'),
      { type: 'assistant', message: message('Hello'), timestamp_ms: 6, model_call_id: 'm' },
      tool('started'),
      tool('completed', { result: { success: { exitCode: 0, stdout: 'made' } } }),
      piece(' you'),
      { type: 'assistant', message: message(' you') },
      result,
    ]);
    expect(textOf(said)).toBe('Hello you');
    expect(said.filter(({ kind }) => kind === 'text_end')).toHaveLength(2);
  });

  it('tells what only the result holds, and the rest of a piece that never came', () => {
    expect(textOf(readAll([init, result]))).toBe('Hello you');
    const cut = [
      { type: 'assistant', message: message('Hel'), timestamp_ms: 5 },
      { type: 'assistant', message: message('Hello you') },
    ];
    expect(textOf(readAll([init, ...cut, result]))).toBe('Hello you');
  });

  it('[feature: tools] names tools by their kind, with how they ended', () => {
    const said = readAll([
      init,
      tool('started'),
      tool('completed', { result: { failure: { exitCode: 2, stderr: 'no rule' } } }),
      {
        type: 'tool_call',
        subtype: 'completed',
        call_id: 'c2',
        tool_call: { readToolCall: { args: { path: 'a.txt' }, result: { success: { content: 'text' } } } },
      },
      {
        type: 'tool_call',
        subtype: 'completed',
        call_id: 'c3',
        tool_call: {
          function: { name: 'my_tool', arguments: '{"query":"x"}' },
          result: { rejected: { reason: 'no' } },
        },
      },
      result,
    ]);
    const tools = said.flatMap((body) => (body.kind === 'tool_started' ? [body.call] : []));
    expect(tools).toMatchObject([
      { name: 'shell', summary: 'make', form: 'shell' },
      { name: 'read', summary: 'a.txt', form: 'plain' },
      { name: 'my_tool', summary: 'x' },
    ]);
    expect(said.filter(({ kind }) => kind === 'tool_ended')).toMatchObject([
      { ok: false, output: 'no rule', exitCode: 2 },
      { ok: true, output: 'text' },
      { ok: false, output: 'no' },
    ]);
  });

  it('[feature: usage, model errors] counts tokens, and tells the kind of an error', () => {
    const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 2 };
    expect(readAll([init, { ...result, usage }]).at(-1)).toMatchObject({ outcome: { status: 'ok' }, usage });
    const bad = { ...result, subtype: 'error', is_error: true, result: 'You hit your usage limit' };
    expect(readAll([init, bad]).at(-1)).toMatchObject({ outcome: { status: 'error', code: 'rate_limit' } });
    expect(failure('Authentication required').code).toBe('auth');
    expect(failure('Cannot use this model: x').code).toBe('model');
  });

  it('[feature: bad input] ends each turn once, with every tool closed, whatever lines come', () => {
    const next = seededRandom(11);
    const strange = [null, 0, '', 'x', [], {}, [null], { text: 7 }, { success: null }, true];
    const pick = () => strange[Math.floor(next() * strange.length)];
    const keys = [
      'type',
      'subtype',
      'message',
      'tool_call',
      'call_id',
      'result',
      'usage',
      'session_id',
      'text',
    ];
    const lines: Wire[] = [
      init,
      tool('started'),
      tool('completed'),
      { type: 'thinking', subtype: 'delta' },
      result,
    ];
    for (let round = 0; round < 2_000; round++) {
      const said = readAll(
        Array.from({ length: 6 }, () => {
          const line = { ...lines[Math.floor(next() * lines.length)] };
          if (next() < 0.7) line[keys[Math.floor(next() * keys.length)] ?? 'type'] = pick();
          return line;
        }),
      );
      const count = (kind: AgentEventBody['kind']) => said.filter((body) => body.kind === kind).length;
      expect(count('turn_end')).toBe(count('turn_start'));
      expect(count('turn_end')).toBeLessThanOrEqual(1);
      expect(count('tool_ended')).toBe(count('tool_started'));
    }
  });
});
