import type { ToolCall } from '../../core/agent-event.ts';
import { record, records, text, type Wire } from '../../kit/acp/wire.ts';

const MAX_SUMMARY = 300;
const MAX_OUTPUT = 32_000;
const MAX_LINES = 60;

/** How a `tool_call` part is shown; its input is JSON in a string. */
export function toolCall(part: Wire): ToolCall {
  const id = text(part.id) ?? '';
  const name = text(part.name) ?? 'tool';
  const input = inputOf(part);
  const command = text(input.command);
  if (name === 'bash' && command !== undefined) return { id, name, summary: command, form: 'shell' };
  const change = changeOf(name, input);
  if (change !== undefined) return { id, name, summary: change, form: 'diff' };
  return { id, name, summary: summaryOf(input), form: 'plain' };
}

/** The result of a tool. */
export function toolEnd(part: Wire): { readonly ok: boolean; readonly output: string } {
  return { ok: part.is_error !== true, output: (text(part.content) ?? '').slice(0, MAX_OUTPUT) };
}

function inputOf(part: Wire): Wire {
  try {
    return record(JSON.parse(text(part.input) ?? ''));
  } catch {
    return {};
  }
}

function changeOf(name: string, input: Wire): string | undefined {
  const path = text(input.file_path);
  if (path === undefined) return undefined;
  if (name === 'write') return [path, ...signed('+', input.content)].join('\n');
  const edits = name === 'edit' ? [input] : name === 'multiedit' ? records(input.edits) : [];
  if (edits.length === 0) return undefined;
  const lines = edits.flatMap((edit) => [...signed('-', edit.old_string), ...signed('+', edit.new_string)]);
  return [path, ...lines].join('\n');
}

function signed(sign: string, value: unknown): string[] {
  const whole = text(value) ?? '';
  if (whole === '') return [];
  const lines = whole.replace(/\n$/, '').split('\n');
  const shown = lines.slice(0, MAX_LINES).map((line) => `${sign}${line}`);
  return lines.length > shown.length ? [...shown, `${sign}…`] : shown;
}

/** The telling one of the parameters, else all of them. */
function summaryOf(input: Wire): string {
  const keys = ['file_path', 'path', 'pattern', 'query', 'url', 'prompt', 'description'];
  const told = keys.map((key) => text(input[key])).find((value) => value !== undefined);
  const line = (told ?? (Object.keys(input).length === 0 ? '' : JSON.stringify(input))).replaceAll(
    /\s+/g,
    ' ',
  );
  return line.length > MAX_SUMMARY ? `${line.slice(0, MAX_SUMMARY)}…` : line.trim();
}
