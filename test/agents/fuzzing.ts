import { expect } from 'vitest';
import type { AgentEventBody } from '../../src/core/agent-event.ts';
import type { PromptId } from '../../src/core/ids.ts';
import type { RecordedLine } from '../record/trim.ts';

/** What a recording became when it was replayed through a reader. */
export interface Replayed {
  readonly said: readonly AgentEventBody[];
  readonly accepted: readonly PromptId[];
}

/** A small generator of repeatable numbers in [0, 1). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export const STRANGE = [
  null,
  0,
  -1,
  'x',
  '',
  [],
  {},
  true,
  [null],
  { type: 'text' },
  1e308,
  '\ud800',
  '__proto__',
];

/** Replaces one value somewhere inside by a strange one. */
export function mutate(value: unknown, next: () => number): unknown {
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

/** What must hold of any conversation: every accepted prompt ends once, turns alternate, tools close, the exit is last. */
export function expectWhole({ said, accepted }: Replayed): void {
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

/** Some values of the agent's lines become strange ones. */
export function strangeValues(lines: readonly RecordedLine[], next: () => number): RecordedLine[] {
  return lines.map((entry) => {
    if (entry.dir !== 'out' || next() < 0.7) return entry;
    return { ...entry, line: JSON.stringify(mutate(JSON.parse(entry.line), next)) };
  });
}

/** The agent's lines are lost, repeated, cut and out of order. */
export function disorder(lines: readonly RecordedLine[], next: () => number): RecordedLine[] {
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
  return changed;
}
