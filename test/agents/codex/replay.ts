import { readdirSync, readFileSync } from 'node:fs';
import { readApproval } from '../../../src/agents/codex/approvals.ts';
import { EventReader } from '../../../src/agents/codex/events.ts';
import { ExecReader } from '../../../src/agents/codex/exec-events.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId, type PromptId } from '../../../src/core/ids.ts';
import { isRecord, record, text, type Wire } from '../../../src/kit/acp/wire.ts';
import type { RecordedLine } from '../../record/trim.ts';
import type { Replayed } from '../fuzzing.ts';

const RECORDINGS = new URL('./recordings/', import.meta.url);

export type Kind = 'app-server' | 'exec';

/** All recordings of one backend, by name. */
export function recordings(kind: Kind): Map<string, readonly RecordedLine[]> {
  const names = readdirSync(new URL(`${kind}/`, RECORDINGS));
  return new Map(names.map((name) => [name.replace('.jsonl', ''), recording(kind, name)]));
}

function recording(kind: Kind, name: string): RecordedLine[] {
  const lines = readFileSync(new URL(`${kind}/${name}`, RECORDINGS), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as RecordedLine);
}

/** Runs a recording of the app-server through the reader, as the session would. */
export function replayServer(lines: readonly RecordedLine[]): Replayed {
  const reader = new EventReader();
  const said: AgentEventBody[] = [];
  const accepted = new Set<PromptId>();
  const asked = new Map<unknown, { readonly method: string; readonly prompt: PromptId }>();
  let prompts = 0;
  for (const entry of lines) {
    const line = parsed(entry.line);
    if (line === undefined || entry.dir === 'err') continue;
    const method = text(line.method);
    if (entry.dir === 'in') {
      if (method === undefined) reader.answered(String(line.id));
      if (method !== 'turn/start' && method !== 'turn/steer') continue;
      const prompt = asId<PromptId>(`prompt ${++prompts}`);
      asked.set(line.id, { method, prompt });
      if (method === 'turn/start') reader.turns.sent(prompt, () => accepted.add(prompt));
      else reader.turns.steering(prompt);
    } else if (method !== undefined) said.push(...told(reader, method, line));
    else {
      const request = asked.get(line.id);
      asked.delete(line.id);
      if (request === undefined) continue;
      if (request.method === 'turn/start') {
        const turnId = text(record(record(line.result).turn).id);
        if (turnId === undefined) reader.turns.dropped(request.prompt);
        else said.push(...reader.turns.replied(request.prompt, turnId));
      } else if (isRecord(line.result)) {
        const { taken, events } = reader.turns.steered(request.prompt);
        if (taken) accepted.add(request.prompt);
        said.push(...events);
      } else reader.turns.notSteered(request.prompt);
    }
  }
  said.push(...reader.exited({ kind: 'exit', code: 0, signal: null }, 'ended'));
  return { said, accepted: [...accepted] };
}

function told(reader: EventReader, method: string, line: Wire): AgentEventBody[] {
  const params = record(line.params);
  if (method === 'serverRequest/resolved') return reader.withdrawn(String(params.requestId));
  if (line.id === undefined) return reader.read(method, params);
  const open = readApproval(method, params, reader.item(text(params.itemId) ?? ''));
  const wireId = String(line.id);
  if (open === undefined) return [];
  return reader.asked(text(params.turnId), { kind: 'approval', wireId, request: open.request });
}

/** Runs a recording of `codex exec --json` through the reader. */
export function replayExec(lines: readonly RecordedLine[]): Replayed {
  const reader = new ExecReader(undefined);
  const prompt = asId<PromptId>('prompt 1');
  reader.sent(prompt);
  const said = lines.flatMap((entry) => {
    const line = entry.dir === 'out' ? parsed(entry.line) : undefined;
    return line === undefined ? [] : reader.read(line);
  });
  const accepted = said.some(({ kind }) => kind === 'turn_start') ? [prompt] : [];
  const end = reader.ended({ status: 'error', message: 'ended', code: 'crash' });
  return { said: [...said, ...end, { kind: 'exit', code: 0, signal: null }], accepted };
}

function parsed(line: string): Wire | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
