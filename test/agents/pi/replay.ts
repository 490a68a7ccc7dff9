import { readdirSync, readFileSync } from 'node:fs';
import { JsonReader } from '../../../src/agents/pi/json-reader.ts';
import { RpcReader } from '../../../src/agents/pi/rpc-reader.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId, type PromptId } from '../../../src/core/ids.ts';
import { isRecord, type Wire } from '../../../src/kit/acp/wire.ts';
import type { RecordedLine } from '../../record/trim.ts';
import type { Replayed } from '../fuzzing.ts';

const RECORDINGS = new URL('./recordings/', import.meta.url);
/** What pi tells of one moment; an answer to a question about its state comes after all of it. */
const MOMENT_MS = 10;

/** All recordings of one mode, by name. */
export function recordings(mode: 'rpc' | 'json'): Map<string, readonly RecordedLine[]> {
  const names = readdirSync(new URL(`${mode}/`, RECORDINGS));
  return new Map(names.map((name) => [name.replace('.jsonl', ''), recording(`${mode}/${name}`)]));
}

function recording(path: string): RecordedLine[] {
  const lines = readFileSync(new URL(path, RECORDINGS), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as RecordedLine);
}

/** Runs a recording of `--mode rpc` through the reader, as the session would. */
export function replayRpc(lines: readonly RecordedLine[]): Replayed {
  const reader = new RpcReader();
  const said: AgentEventBody[] = [];
  const accepted = new Set<PromptId>();
  const sent = new Map<unknown, { readonly type: unknown; readonly prompt: PromptId }>();
  let prompts = 0;
  let looked = 0;
  // pi counts as busy from the moment it accepts a prompt.
  let isStreaming = false;
  for (const [at, entry] of lines.entries()) {
    const line = parsed(entry.line);
    if (line !== undefined && entry.dir === 'in') {
      if (line.type === 'abort') said.push(...reader.interrupting());
      if (line.type !== 'prompt' && line.type !== 'steer' && line.type !== 'follow_up') continue;
      const prompt = asId<PromptId>(`prompt ${++prompts}`);
      sent.set(line.id, { type: line.type, prompt });
      if (line.type === 'prompt') reader.sent(prompt, () => accepted.add(prompt));
    } else if (line?.type === 'response') said.push(...answered(reader, line, sent.get(line.id), accepted));
    else if (line !== undefined && entry.dir === 'out') said.push(...reader.read(line));
    if (line?.type === 'response' && line.command === 'prompt' && line.success === true) isStreaming = true;
    if (line?.type === 'agent_end') isStreaming = false;
    const next = lines[at + 1];
    const isLast = next === undefined || next.dir === 'in' || next.t - entry.t > MOMENT_MS;
    if (!isLast || reader.suspected === looked) continue;
    looked = reader.suspected;
    said.push(...reader.looked(looked, { isStreaming, pendingMessageCount: 0 }).events);
  }
  said.push(...reader.exited({ kind: 'exit', code: 0, signal: null }, 'ended'));
  return { said, accepted: [...accepted] };
}

function answered(
  reader: RpcReader,
  line: Wire,
  asked: { readonly type: unknown; readonly prompt: PromptId } | undefined,
  accepted: Set<PromptId>,
): AgentEventBody[] {
  if (asked === undefined) return [];
  const { type, prompt } = asked;
  if (line.success !== true) return reader.refused(prompt, { status: 'error', message: 'refused' });
  if (type === 'prompt') return reader.accepted(prompt);
  const events = reader.folded(prompt);
  if (events.length > 0) accepted.add(prompt);
  return events;
}

/** Runs a recording of `--mode json` through the reader. */
export function replayJson(lines: readonly RecordedLine[]): Replayed {
  const reader = new JsonReader(undefined);
  const prompt = asId<PromptId>('prompt 1');
  const said = reader.sent(prompt);
  for (const entry of lines) {
    const line = entry.dir === 'out' ? parsed(entry.line) : undefined;
    if (line !== undefined) said.push(...reader.read(line));
  }
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
