import type { ToolCall } from '../../core/agent-event.ts';
import { number, record, text, type Wire } from '../../kit/acp/wire.ts';

const MAX_SUMMARY = 300;
const MAX_OUTPUT = 32_000;

/** How the part of a `tool_use` line is shown. */
export function toolCall(part: Wire): ToolCall {
  const state = record(part.state);
  const input = record(state.input);
  const id = text(part.callID) ?? text(part.id) ?? '';
  const name = text(part.tool) ?? 'tool';
  const command = text(input.command);
  if (name === 'bash' && command !== undefined) return { id, name, summary: command, form: 'shell' };
  const diff = text(record(state.metadata).diff);
  if (diff !== undefined && diff !== '') return { id, name, summary: diff, form: 'diff' };
  return { id, name, summary: summaryOf(state, input), form: 'plain' };
}

/** Its result; a failed shell command counts as completed for the CLI. */
export function toolEnd(part: Wire): {
  readonly ok: boolean;
  readonly output: string;
  readonly exitCode?: number;
} {
  const state = record(part.state);
  const output = (text(state.output) ?? text(state.error) ?? '').slice(0, MAX_OUTPUT);
  const exitCode = number(record(state.metadata).exit);
  const ok = text(state.status) !== 'error' && (exitCode ?? 0) === 0;
  return { ok, output, ...(exitCode === undefined ? {} : { exitCode }) };
}

function summaryOf(state: Wire, input: Wire): string {
  const known = [input.filePath, input.path, input.pattern, input.query, input.url, input.description];
  const said = known.find((value) => typeof value === 'string') ?? text(state.title) ?? JSON.stringify(input);
  const line = String(said).replaceAll(/\s+/g, ' ').trim();
  if (line === '{}') return '';
  return line.length > MAX_SUMMARY ? `${line.slice(0, MAX_SUMMARY)}…` : line;
}
