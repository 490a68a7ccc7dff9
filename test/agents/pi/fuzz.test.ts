import { describe, expect, it } from 'vitest';
import { readDialog } from '../../../src/agents/pi/dialogs.ts';
import { findModel, modelList } from '../../../src/agents/pi/models.ts';
import { RpcReader } from '../../../src/agents/pi/rpc-reader.ts';
import { promptOutcome, readHistory, readName } from '../../../src/agents/pi/session-lines.ts';
import { asId } from '../../../src/core/ids.ts';
import { isRecord } from '../../../src/kit/acp/wire.ts';
import { disorder, expectWhole, mutate, random, STRANGE, strangeValues } from '../fuzzing.ts';
import { recordings, replayJson, replayRpc } from './replay.ts';

const ALL = [
  ...[...recordings('rpc').values()].map((lines) => ({ lines, replay: replayRpc })),
  ...[...recordings('json').values()].map((lines) => ({ lines, replay: replayJson })),
];

describe('[feature: bad input] whatever the CLI writes', () => {
  it('ends every accepted prompt once when values are strange', () => {
    const next = random(7);
    for (const { lines, replay } of ALL)
      for (let round = 0; round < 20; round++) expectWhole(replay(strangeValues(lines, next)));
  });

  it('ends every accepted prompt once when lines are lost, repeated, cut or out of order', () => {
    const next = random(11);
    for (const { lines, replay } of ALL)
      for (let round = 0; round < 20; round++) expectWhole(replay(disorder(lines, next)));
  });

  it('reads any object without throwing', () => {
    const next = random(3);
    const strange = () => STRANGE[Math.floor(next() * STRANGE.length)];
    const reader = new RpcReader();
    const types = [
      'message_update',
      'message_end',
      'tool_execution_start',
      'tool_execution_end',
      'auto_retry_start',
    ];
    types.push('compaction_start', 'compaction_end', 'extension_ui_request', 'agent_start', 'agent_end');
    const keys = [
      'message',
      'assistantMessageEvent',
      'toolCallId',
      'toolName',
      'args',
      'result',
      'title',
      'options',
    ];
    for (let round = 0; round < 3_000; round++) {
      const line: Record<string, unknown> = {
        type: types[round % types.length],
        id: `d${round}`,
        method: 'select',
      };
      for (const key of keys) if (next() < 0.5) line[key] = strange();
      reader.sent(asId('p'), () => undefined);
      reader.read(line);
      readDialog(line)?.reply({ kind: 'answers', answers: { answer: ['x'] } });
      modelList([strange(), { id: strange(), provider: strange() }]);
      findModel(strange(), 'x');
    }
    expect(reader.exited({ kind: 'exit', code: 0, signal: null }, 'x').at(-1)?.kind).toBe('exit');
  });

  it('reads session files with strange values', () => {
    const next = random(5);
    const line = { type: 'message', message: { role: 'assistant', content: [{ type: 'text', text: 'x' }] } };
    const mark = { type: 'custom', customType: 'cc-connect-prompt', data: { id: 'p' } };
    for (let round = 0; round < 2_000; round++) {
      const lines = [mark, line, { ...line, message: { role: 'user', content: 'y' } }, line];
      const changed = lines.map((one) => mutate(one, next)).filter(isRecord);
      expect(['ended', 'open', 'absent']).toContain(promptOutcome(changed, asId('p')).state);
      readHistory(changed);
      readName(changed);
    }
  });
});
