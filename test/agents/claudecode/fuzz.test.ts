import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readApproval } from '../../../src/agents/claudecode/approvals.ts';
import { EventReader } from '../../../src/agents/claudecode/events.ts';
import type { RecordedLine } from '../../record/trim.ts';
import { fakeClaude } from './fake.ts';
import { readLine, replayLines } from './replay.ts';

const FOLDER = new URL('./recordings/2.1.329/', import.meta.url);
const recordings = readdirSync(FOLDER).map((file) => ({
  file,
  lines: readFileSync(new URL(file, FOLDER), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedLine),
}));

/** A small generator of repeatable numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const STRANGE = [null, 0, -1, 'x', '', [], {}, true, [null], { type: 'text' }, 1e308, '\ud800'];

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

function invariants(lines: readonly RecordedLine[]): void {
  const { said, accepted } = replayLines(lines);
  const ended = said.flatMap(({ body }) => (body.kind === 'turn_end' ? body.prompts : []));
  expect(new Set(ended).size).toBe(ended.length);
  expect([...ended].sort()).toEqual([...accepted.keys()].sort());
  const kinds = said
    .map(({ body }) => body.kind)
    .filter((kind) => kind === 'turn_start' || kind === 'turn_end');
  for (const [at, kind] of kinds.entries()) expect(kind).toBe(at % 2 === 0 ? 'turn_start' : 'turn_end');
  expect(kinds.length % 2).toBe(0);
}

describe('[feature: bad input] whatever the CLI writes', () => {
  it('ends every accepted prompt once when values are strange', () => {
    const next = random(7);
    for (const { lines } of recordings) {
      for (let round = 0; round < 20; round++) {
        invariants(
          lines.map((entry) => {
            if (entry.dir !== 'out' || next() < 0.7) return entry;
            return { ...entry, line: JSON.stringify(mutate(JSON.parse(entry.line), next)) };
          }),
        );
      }
    }
  });

  it('ends every accepted prompt once when lines are lost, repeated, cut or out of order', () => {
    const next = random(11);
    for (const { lines } of recordings) {
      for (let round = 0; round < 20; round++) {
        const changed = lines.flatMap((entry) => {
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
        invariants(changed);
      }
    }
  });

  it('reads any object without throwing', () => {
    const next = random(3);
    const reader = new EventReader();
    const types = [
      'system',
      'assistant',
      'user',
      'result',
      'stream_event',
      'control_request',
      'command_lifecycle',
    ];
    for (let round = 0; round < 3_000; round++) {
      const line: Record<string, unknown> = { type: types[Math.floor(next() * types.length)] };
      for (const key of [
        'subtype',
        'message',
        'event',
        'request',
        'uuid',
        'session_id',
        'tasks',
        'origin',
        'usage',
      ]) {
        if (next() < 0.5) line[key] = STRANGE[Math.floor(next() * STRANGE.length)];
      }
      readLine(reader, line);
      readApproval(line);
    }
    expect(reader.exited({ kind: 'exit', code: 0, signal: null }, 'x').at(-1)?.body.kind).toBe('exit');
  });

  it('survives bytes that are no text, and a result without anything before it', async () => {
    const made = await fakeClaude();
    const session = await made.agent.open(made.spec, AbortSignal.timeout(10_000));
    const ends: string[] = [];
    const reading = (async () => {
      for await (const { body } of session.events(1))
        if (body.kind === 'turn_end') ends.push(body.outcome.status);
    })();
    const id = '00000000-0000-4000-8000-000000000009' as never;
    const text = ['bytes fffe00c3280a', 'bytes 7b22747970650a', 'raw {"type":"result"}', 'say hello'].join(
      '\n',
    );
    await session.prompt({ id, text, images: [] }, AbortSignal.timeout(10_000));
    await session.close({ quick: false }, AbortSignal.timeout(10_000));
    await reading;
    // The stray result ended the turn early; what came after it was the agent's own.
    expect(ends.length).toBeGreaterThan(0);
    await made.dispose();
  });
});
