import { describe, expect, test } from 'vitest';
import { codexAcp } from '../../../src/kit/acp/presets/codex-acp.ts';
import { newTurn, noteFailure, type Turn } from '../../../src/kit/acp/turn.ts';
import { UpdateMapper } from '../../../src/kit/acp/updates.ts';
import type { Wire } from '../../../src/kit/acp/wire.ts';

// What Codex's adapter says beside the protocol from 1.0.0 on.
const thread = (type: string) => ({
  sessionUpdate: 'session_info_update',
  _meta: { codex: { threadStatus: { type } } },
});
const words = (text: string, messageId?: string) => ({
  sessionUpdate: 'agent_message_chunk',
  content: { type: 'text', text },
  ...(messageId === undefined ? {} : { messageId }),
});

/** As a session does: the preset reads what an update says of the turn. */
const note = (turn: Turn, update: Wire) => noteFailure(turn, update, codexAcp.toldState?.(update));

describe('a turn that failed and ends well', () => {
  test('[feature: model errors] keeps the words that follow out of the answer', () => {
    const turn = newTurn(undefined);
    expect(note(turn, words('a piece of the answer', 'm1'))).toBe(false);
    expect(note(turn, thread('systemError'))).toBe(true);
    expect(note(turn, words('last status: '))).toBe(true);
    expect(note(turn, words('429'))).toBe(true);
    expect(turn.failure).toBe('last status: 429');
  });

  test('[feature: model errors] is none any more once it works again', () => {
    const turn = newTurn(undefined);
    note(turn, thread('systemError'));
    note(turn, thread('active'));
    expect(note(turn, words('an answer without a number'))).toBe(false);
    expect(turn.failure).toBeUndefined();
  });
});

test('[feature: text] a command in a terminal of the agent shows what it said and how it ended', () => {
  const mapper = new UpdateMapper();
  const call = { toolCallId: 't', kind: 'execute', rawInput: { command: 'make' } };
  const update = (more: object) =>
    mapper.map({ sessionUpdate: 'tool_call_update', toolCallId: 't', ...more });
  const content = [{ type: 'terminal', terminalId: 't' }];
  mapper.map({ sessionUpdate: 'tool_call', ...call, status: 'in_progress', content });
  update({ _meta: { terminal_output_delta: { data: 'one\n', terminal_id: 't' } } });
  update({ _meta: { terminal_output_delta: { data: 'two\n', terminal_id: 't' } } });
  const ended = update({ status: 'failed', _meta: { terminal_exit: { exit_code: 2, signal: null } } });
  expect(ended).toEqual([{ kind: 'tool_ended', id: 't', ok: false, output: 'one\ntwo\n', exitCode: 2 }]);
});

test.each([
  'Model metadata for `m` not found. Defaulting to fallback metadata.',
  'Warning: Model metadata for `m` not found. Defaulting to fallback metadata.',
  'Config warning: Codex could not find bubblewrap on PATH.',
])('[feature: text] "%s" is no answer', (said) => {
  expect(codexAcp.chatter?.test(said)).toBe(true);
});
