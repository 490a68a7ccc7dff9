import type { ToolCall } from '../../core/agent-event.ts';
import { records, text, type Wire } from '../../kit/acp/wire.ts';

const MAX_SUMMARY = 300;
const MAX_DIFF_LINES = 60;
const MAX_OUTPUT = 32_000;

/** How a tool call is shown. The names are those of pi's own tools; extensions bring others. */
export function toolCall(id: string, name: string, input: Wire): ToolCall {
  const path = text(input.path) ?? text(input.file_path) ?? '';
  if (name === 'bash') return { id, name, summary: text(input.command) ?? '', form: 'shell' };
  if (name === 'edit') return { id, name, summary: cutLines([path, ...editLines(input)]), form: 'diff' };
  if (name === 'write') {
    const lines = (text(input.content) ?? '').replace(/\n$/, '').split('\n');
    return { id, name, summary: cutLines([path, ...lines.map((line) => `+${line}`)]), form: 'diff' };
  }
  const words = text(input.pattern) ?? text(input.query);
  const known = [words, path].filter((part) => part !== undefined && part !== '').join(' ');
  return { id, name, summary: cut(known === '' ? oneLine(input) : known, MAX_SUMMARY), form: 'plain' };
}

/** What a finished tool gave. A failed command says its exit code at the end of its output only. */
export function toolResult(result: Wire, isError: boolean) {
  const output = cut(
    records(result.content)
      .map((part) => text(part.text) ?? '')
      .filter((part) => part !== '')
      .join('\n'),
    MAX_OUTPUT,
  );
  const code = /Command exited with code (\d+)\s*$/.exec(output)?.[1];
  return { ok: !isError, output, ...(code === undefined ? {} : { exitCode: Number(code) }) };
}

/** One line on what a tool call would do, for a permission request. */
export function callLine(call: ToolCall): string {
  const [first = ''] = call.summary.split('\n');
  const line = call.form === 'shell' ? call.summary.replace(/\s*\n\s*/g, ' ⏎ ') : first;
  return cut(line === '' ? call.name : line, MAX_SUMMARY);
}

export function cut(value: string, max: number): string {
  return value.length <= max ? value : `${value.slice(0, max - 1)}…`;
}

function editLines(input: Wire): string[] {
  const edits = Array.isArray(input.edits) ? records(input.edits) : [input];
  return edits.flatMap((edit) => [
    ...marked('-', text(edit.oldText) ?? text(edit.old_string)),
    ...marked('+', text(edit.newText) ?? text(edit.new_string)),
  ]);
}

function marked(mark: string, value: string | undefined): string[] {
  if (!value) return [];
  return value
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => mark + line);
}

function cutLines(lines: readonly string[]): string {
  const shown = lines.slice(0, MAX_DIFF_LINES);
  if (lines.length > shown.length) shown.push(`… ${lines.length - shown.length} more lines`);
  return shown.join('\n');
}

function oneLine(value: Wire): string {
  const json = JSON.stringify(value);
  return json === '{}' ? '' : json;
}
