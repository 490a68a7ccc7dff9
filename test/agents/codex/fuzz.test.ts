import { describe, expect, it } from 'vitest';
import { readApproval } from '../../../src/agents/codex/approvals.ts';
import { EventReader } from '../../../src/agents/codex/events.ts';
import { ExecReader } from '../../../src/agents/codex/exec-events.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId } from '../../../src/core/ids.ts';
import type { RecordedLine } from '../../record/trim.ts';
import { type Replayed, recordings, replayExec, replayServer } from './replay.ts';

/** A small generator of repeatable numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const STRANGE = [null, 0, -1, 'x', '', [], {}, true, [null], { type: 'text' }, 1e308, '\ud800', '__proto__'];

/** Replaces one value somewhere inside by a strange one. */
function mutate(value: unknown, next: () => number): unknown {
  const strange = () => STRANGE[Math.floor(next() * STRANGE.length)];
  if (typeof value !== 'object' || value === null || next() < 0.1) return strange();
  const keys = Object.keys(value);
  const key = keys[Math.floor(next() * keys.length)];
  if (key === undefined) return strange();
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  if (next() < 0.3) delete copy[key];
  else copy[key] = mutate(copy[key], next);
  return copy;
}

function invariants({ said, accepted }: Replayed): void {
  const ended = said.flatMap((body) => (body.kind === 'turn_end' ? body.prompts : []));
  expect(new Set(ended).size).toBe(ended.length);
  for (const prompt of accepted) expect(ended).toContain(prompt);
  expect(alternating(said)).toBe(true);
  expect(said.at(-1)?.kind).toBe('exit');
  const open = new Set<string>();
  for (const body of said) {
    if (body.kind === 'tool_started') open.add(body.call.id);
    if (body.kind === 'tool_ended') expect(open.delete(body.id)).toBe(true);
  }
  expect(open.size).toBe(0);
}

function alternating(said: readonly AgentEventBody[]): boolean {
  const kinds = said.map(({ kind }) => kind).filter((kind) => kind === 'turn_start' || kind === 'turn_end');
  return (
    kinds.length % 2 === 0 && kinds.every((kind, at) => kind === (at % 2 === 0 ? 'turn_start' : 'turn_end'))
  );
}

const ALL = [
  ...[...recordings('app-server').values()].map((lines) => ({ lines, replay: replayServer })),
  ...[...recordings('exec').values()].map((lines) => ({ lines, replay: replayExec })),
];

describe('[feature: bad input] whatever the CLI writes', () => {
  it('ends every accepted prompt once when values are strange', () => {
    const next = random(7);
    for (const { lines, replay } of ALL) {
      for (let round = 0; round < 20; round++) {
        const changed = lines.map((entry) => {
          if (entry.dir !== 'out' || next() < 0.7) return entry;
          return { ...entry, line: JSON.stringify(mutate(JSON.parse(entry.line), next)) };
        });
        invariants(replay(changed));
      }
    }
  });

  it('ends every accepted prompt once when lines are lost, repeated, cut or out of order', () => {
    const next = random(11);
    for (const { lines, replay } of ALL) {
      for (let round = 0; round < 20; round++) {
        const changed = lines.flatMap((entry): RecordedLine[] => {
          const dice = entry.dir === 'out' ? next() : 1;
          if (dice < 0.1) return [];
          if (dice < 0.2) return [entry, entry];
          if (dice < 0.3) return [{ ...entry, line: entry.line.slice(0, entry.line.length * next()) }];
          return [entry];
        });
        for (let swaps = 0; swaps < 4; swaps++) {
          const at = Math.floor(next() * (changed.length - 1));
          const [one, two] = [changed[at], changed[at + 1]];
          if (one === undefined || two === undefined || one.dir === 'in' || two.dir === 'in') continue;
          changed.splice(at, 2, two, one);
        }
        invariants(replay(changed));
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
