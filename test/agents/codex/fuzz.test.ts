import { describe, expect, it } from 'vitest';
import { readApproval } from '../../../src/agents/codex/approvals.ts';
import { EventReader } from '../../../src/agents/codex/events.ts';
import { ExecReader } from '../../../src/agents/codex/exec-events.ts';
import { asId } from '../../../src/core/ids.ts';
import { disorder, expectWhole, random, STRANGE, strangeValues } from '../fuzzing.ts';
import { recordings, replayExec, replayServer } from './replay.ts';

const ALL = [
  ...[...recordings('app-server').values()].map((lines) => ({ lines, replay: replayServer })),
  ...[...recordings('exec').values()].map((lines) => ({ lines, replay: replayExec })),
];

describe('[feature: bad input] whatever the CLI writes', () => {
  it('ends every accepted prompt once when values are strange', () => {
    const next = random(7);
    for (const { lines, replay } of ALL) {
      for (let round = 0; round < 20; round++) {
        expectWhole(replay(strangeValues(lines, next)));
      }
    }
  });

  it('ends every accepted prompt once when lines are lost, repeated, cut or out of order', () => {
    const next = random(11);
    for (const { lines, replay } of ALL) {
      for (let round = 0; round < 20; round++) {
        expectWhole(replay(disorder(lines, next)));
      }
    }
  });

  it('reads any object without throwing', () => {
    const next = random(3);
    const strange = () => STRANGE[Math.floor(next() * STRANGE.length)];
    const reader = new EventReader();
    const exec = new ExecReader(undefined);
    const methods = [
      'turn/started',
      'item/started',
      'item/completed',
      'turn/plan/updated',
      'error',
      'thread/tokenUsage/updated',
      'account/rateLimits/updated',
      'item/commandExecution/requestApproval',
      'item/fileChange/requestApproval',
      'item/permissions/requestApproval',
      'item/tool/requestUserInput',
      'mcpServer/elicitation/request',
    ];
    const keys = [
      'turn',
      'item',
      'plan',
      'error',
      'tokenUsage',
      'rateLimits',
      'permissions',
      'questions',
      'command',
    ];
    for (let round = 0; round < 3_000; round++) {
      const params: Record<string, unknown> = {
        turnId: 'a',
        availableDecisions: strange(),
        requestedSchema: strange(),
      };
      for (const key of keys) if (next() < 0.5) params[key] = strange();
      const method = methods[Math.floor(next() * methods.length)] ?? '';
      reader.read(method, params);
      const open = readApproval(method, params, {});
      open?.reply({ kind: 'option', optionId: 'accept' });
      open?.reply({ kind: 'answers', answers: { x: ['y'] } });
      exec.sent(asId('p'));
      exec.read({
        ...params,
        type: ['item.started', 'item.completed', 'turn.completed', 'error'][round % 4],
      });
    }
    expect(reader.exited({ kind: 'exit', code: 0, signal: null }, 'x').at(-1)?.kind).toBe('exit');
  });
});
