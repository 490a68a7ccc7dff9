import type { ToolCall } from '../../core/agent-event.ts';
import { isRecord, number, record, text, type Wire } from '../../kit/acp/wire.ts';

/** Longest output of a tool that is handed on, in characters. */
const MAX_OUTPUT = 4_000;

/** The `tool_call` of an event holds one key that names its kind: `shellToolCall`, `readToolCall` … or `function`. */
export function toolOf(call: Wire): { readonly name: string; readonly body: Wire } {
  for (const [key, value] of Object.entries(call)) {
    if (key.endsWith('ToolCall') && isRecord(value)) return { name: key.slice(0, -8), body: value };
  }
  const called = record(call.function);
  return { name: text(called.name) ?? 'tool', body: { args: parsed(called.arguments), result: call.result } };
}

export function toolCall(id: string, call: Wire): ToolCall {
  const { name, body } = toolOf(call);
  const args = record(body.args);
  const summary =
    SUMMARY.map((key) => text(args[key])).find((value) => value) ?? text(call.description) ?? '';
  return { id, name, summary, form: name === 'shell' ? 'shell' : 'plain' };
}

const SUMMARY = ['command', 'path', 'filePath', 'globPattern', 'pattern', 'query', 'url', 'description'];

/** The `result` holds one key that says how it ended: `success`, `failure`, `rejected`, `error` … */
export function toolEnd(call: Wire): { ok: boolean; output: string; exitCode?: number } {
  const result = record(toolOf(call).body.result);
  const ok = 'success' in result || Object.keys(result).length === 0;
  const body = record(Object.values(result).find(isRecord));
  const exitCode = number(body.exitCode);
  const output = OUTPUT.map((key) => text(body[key])).find((value) => value) ?? '';
  return {
    ok: ok && (exitCode === undefined || exitCode === 0),
    output: output.slice(0, MAX_OUTPUT),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}

const OUTPUT = [
  'interleavedOutput',
  'stdout',
  'content',
  'diffString',
  'message',
  'reason',
  'error',
  'stderr',
];

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return { description: value };
  }
}
