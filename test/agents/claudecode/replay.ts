import { readFile } from 'node:fs/promises';
import { readApproval } from '../../../src/agents/claudecode/approvals.ts';
import { EventReader, type Said } from '../../../src/agents/claudecode/events.ts';
import { asObject, type Line, object, text } from '../../../src/agents/claudecode/wire.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId, type PromptId } from '../../../src/core/ids.ts';
import type { RecordedLine } from '../../record/trim.ts';

const RECORDINGS = new URL('./recordings/', import.meta.url);

export interface Replayed {
  readonly said: readonly Said[];
  /** Prompts in the order they were sent. */
  readonly prompts: readonly PromptId[];
  /** Those the CLI took, and whether into a running turn. */
  readonly accepted: ReadonlyMap<PromptId, boolean>;
  /** What was sent out of the CLI, parsed. */
  readonly output: readonly Line[];
}

/** Runs a recording through the reader, as the session would. */
export async function replay(path: string): Promise<Replayed> {
  const lines = (await readFile(new URL(path, RECORDINGS), 'utf8')).split('\n').filter((line) => line !== '');
  return replayLines(lines.map((line) => JSON.parse(line) as RecordedLine));
}

export function replayLines(lines: readonly RecordedLine[]): Replayed {
  const reader = new EventReader();
  const said: Said[] = [];
  const prompts: PromptId[] = [];
  const accepted = new Map<PromptId, boolean>();
  const output: Line[] = [];
  for (const [at, entry] of lines.entries()) {
    const line = parsed(entry.line);
    if (line === undefined || entry.dir === 'err') continue;
    if (entry.dir === 'in') {
      if (text(line, 'type') === 'user') {
        const prompt = asId<PromptId>(text(line, 'uuid') ?? `prompt-${at}`);
        prompts.push(prompt);
        reader.turns.sent(prompt, (folded) => accepted.set(prompt, folded));
        reader.turns.written(prompt);
      } else if (text(line, 'type') === 'control_response') {
        reader.answered(text(object(line, 'response') ?? {}, 'request_id') ?? '');
      }
      continue;
    }
    output.push(line);
    said.push(...readLine(reader, line));
  }
  said.push(...reader.exited({ kind: 'exit', code: 0, signal: null }, 'ended'));
  return { said, prompts, accepted, output };
}

/** What the session does with one stdout line. */
export function readLine(reader: EventReader, line: Line): Said[] {
  const wireId = text(line, 'request_id') ?? '';
  const request = object(line, 'request');
  if (text(line, 'type') === 'control_request' && request !== undefined) {
    return reader.asked(wireId, request, {
      kind: 'approval',
      wireId,
      request: readApproval(request).request,
    });
  }
  return text(line, 'type') === 'control_cancel_request' ? reader.withdrawn(wireId) : reader.read(line);
}

/** The events in short, one word line each; a run of deltas is one. */
export function brief(replayed: Replayed): string[] {
  const number = (prompt: PromptId) => `#${replayed.prompts.indexOf(prompt) + 1}`;
  const lines: string[] = [];
  for (const { body, parent } of replayed.said) {
    const line = `${parent === undefined ? '' : '  sub: '}${briefBody(body, number)}`;
    const last = lines.at(-1);
    const isDelta = (body.kind === 'text' || body.kind === 'thinking') && body.mode === 'delta';
    if (isDelta && last?.startsWith(`${body.kind}: `)) lines[lines.length - 1] = last + body.text;
    else lines.push(line);
  }
  return lines.filter((line) => !/^(session|settings|exit)/.test(line.trim()));
}

function briefBody(body: AgentEventBody, number: (prompt: PromptId) => string): string {
  switch (body.kind) {
    case 'turn_start':
      return `turn_start ${body.origin} ${body.prompts.map(number).join(' ')}`.trim();
    case 'turn_end':
      return `turn_end ${body.outcome.status} ${body.prompts.map(number).join(' ')}`.trim();
    case 'prompt_folded':
      return `folded ${number(body.prompt)}`;
    case 'text':
    case 'thinking':
      return `${body.kind}${body.mode === 'block' ? ' (block)' : ''}: ${body.text}`;
    case 'text_end':
      return body.void ? 'text_end void' : 'text_end';
    case 'tool_started':
      return `tool ${body.call.name}: ${body.call.summary}`;
    case 'tool_ended':
      return `tool ${body.ok ? 'ok' : 'failed'}${body.exitCode === undefined ? '' : ` ${body.exitCode}`}`;
    case 'approval':
      return `approval ${body.request.kind} ${body.request.tool}`;
    case 'background':
      return `background ${body.running.join(', ')}`.trim();
    case 'notice':
      return `notice ${body.notice.kind}`;
    default:
      return body.kind;
  }
}

function parsed(line: string): Line | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined;
  }
}
