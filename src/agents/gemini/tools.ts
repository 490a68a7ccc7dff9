import type { ToolCall } from '../../core/agent-event.ts';
import { record, text, type Wire } from '../../kit/acp/wire.ts';

const MAX_SUMMARY = 300;
const MAX_OUTPUT = 32_000;

/** How a `tool_use` line is shown. */
export function toolCall(line: Wire): ToolCall {
  const id = text(line.tool_id) ?? '';
  const name = text(line.tool_name) ?? 'tool';
  const input = record(line.parameters);
  const command = text(input.command);
  if (name === 'run_shell_command' && command !== undefined)
    return { id, name, summary: command, form: 'shell' };
  const change = changeOf(name, input);
  if (change !== undefined) return { id, name, summary: change, form: 'diff' };
  return { id, name, summary: summaryOf(input), form: 'plain' };
}

/** The result of a `tool_result` line. A failed shell command counts as a success for the CLI. */
export function toolEnd(line: Wire): {
  readonly ok: boolean;
  readonly output: string;
  readonly exitCode?: number;
} {
  const output = (text(line.output) ?? text(record(line.error).message) ?? '').slice(0, MAX_OUTPUT);
  const code = /^Command exited with code: (\d+)/.exec(output)?.[1];
  const exitCode = code === undefined ? undefined : Number(code);
  const ok = text(line.status) !== 'error' && (exitCode ?? 0) === 0;
  return { ok, output, ...(exitCode === undefined ? {} : { exitCode }) };
}

function changeOf(name: string, input: Wire): string | undefined {
  const path = text(input.file_path);
  if (path === undefined) return undefined;
  if (name === 'write_file') return [path, ...signed('+', text(input.content))].join('\n');
  if (name !== 'replace') return undefined;
  return [path, ...signed('-', text(input.old_string)), ...signed('+', text(input.new_string))].join('\n');
}

function signed(sign: string, value: string | undefined): string[] {
  const lines = (value ?? '').replace(/\n$/, '').split('\n');
  const shown = lines.slice(0, 60).map((line) => `${sign}${line}`);
  return lines.length > shown.length ? [...shown, `${sign}…`] : shown;
}

/** The telling one of the parameters, else all of them. */
function summaryOf(input: Wire): string {
  for (const key of ['file_path', 'absolute_path', 'dir_path', 'path', 'pattern', 'query', 'prompt', 'url']) {
    const value = text(input[key]);
    if (value !== undefined) return cut(value);
  }
  return Object.keys(input).length === 0 ? '' : cut(JSON.stringify(input));
}

function cut(value: string): string {
  const line = value.replaceAll(/\s+/g, ' ').trim();
  return line.length > MAX_SUMMARY ? `${line.slice(0, MAX_SUMMARY)}…` : line;
}
