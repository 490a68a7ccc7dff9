import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AgentEventBody } from '../../src/core/agent-event.ts';
import { asId, type PromptId } from '../../src/core/ids.ts';
import { isRecord, type Wire } from '../../src/kit/acp/wire.ts';
import type { TurnReader } from '../../src/kit/turn-process/reader.ts';
import { brief } from '../agents/brief.ts';
import type { RecordedLine } from '../record/trim.ts';

type JsonReader = Extract<TurnReader, { format: 'json' }>;

export const PROMPT = asId<PromptId>('prompt 1');

/** All recordings of a folder, by name. */
export function recordingsIn(folder: URL): ReadonlyMap<string, readonly RecordedLine[]> {
  return new Map(
    readdirSync(folder).map((file) => {
      const lines = readFileSync(new URL(file, folder), 'utf8').split('\n');
      const entries = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as RecordedLine);
      return [file.replace('.jsonl', ''), entries];
    }),
  );
}

/** Runs one recorded process through a reader, as the session would. */
export function replayTurn(reader: JsonReader, lines: readonly RecordedLine[]): AgentEventBody[] {
  const said = [...reader.sent(PROMPT)];
  for (const { dir, line } of lines) {
    const parsed = dir === 'out' ? parse(line) : undefined;
    if (parsed !== undefined) said.push(...reader.read(parsed));
  }
  return [...said, ...reader.ended({ status: 'error', message: 'ended', code: 'crash' })];
}

/** The story of a recording, one line per event. */
export function storyOf(reader: JsonReader, lines: readonly RecordedLine[]): string[] {
  return brief(replayTurn(reader, lines));
}

/** What every reader of a turn's JSON lines keeps to, whatever the program writes. */
export function turnReaderSuite(
  name: string,
  recordings: ReadonlyMap<string, readonly RecordedLine[]>,
  make: () => JsonReader,
): void {
  describe(`${name}, whatever the program writes`, () => {
    it('ends a turn once when values are strange', () => {
      const next = random(7);
      for (const lines of recordings.values()) {
        for (let round = 0; round < 40; round++) {
          const changed = lines.map((entry) => {
            if (entry.dir !== 'out' || next() < 0.6) return entry;
            return { ...entry, line: JSON.stringify(mutate(parse(entry.line), next)) };
          });
          invariants(replayTurn(make(), changed));
        }
      }
    });

    it('ends a turn once when lines are lost, repeated, cut or out of order', () => {
      const next = random(11);
      for (const lines of recordings.values())
        for (let round = 0; round < 40; round++) invariants(replayTurn(make(), shuffled(lines, next)));
    });

    it('says nothing of a turn without a prompt', () => {
      for (const lines of recordings.values()) {
        const reader = make();
        const said = lines.flatMap(({ dir, line }) => {
          const parsed = dir === 'out' ? parse(line) : undefined;
          return parsed === undefined ? [] : reader.read(parsed);
        });
        expect(said.filter(({ kind }) => kind !== 'session' && kind !== 'settings')).toEqual([]);
      }
    });
  });
}

function invariants(said: readonly AgentEventBody[]): void {
  const kinds = said.map(({ kind }) => kind);
  const starts = kinds.filter((kind) => kind === 'turn_start').length;
  expect(starts).toBeLessThanOrEqual(1);
  expect(kinds.filter((kind) => kind === 'turn_end')).toHaveLength(starts);
  if (starts > 0) {
    const inside = kinds.slice(kinds.indexOf('turn_start'), kinds.indexOf('turn_end') + 1);
    for (const kind of ['text', 'thinking', 'tool_started', 'tool_ended'] as const)
      expect(inside.filter((one) => one === kind)).toHaveLength(kinds.filter((one) => one === kind).length);
  }
  const open = new Set<string>();
  for (const body of said) {
    if (body.kind === 'tool_started') open.add(body.call.id);
    if (body.kind === 'tool_ended') expect(open.delete(body.id)).toBe(true);
  }
  expect(open.size).toBe(0);
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

function shuffled(lines: readonly RecordedLine[], next: () => number): RecordedLine[] {
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
    if (one !== undefined && two !== undefined) changed.splice(at, 2, two, one);
  }
  return changed;
}

/** A small generator of repeatable numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function parse(line: string): Wire | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
