import type { ToolCall } from '../../core/agent-event.ts';
import { record, text, type Wire } from '../../kit/acp/wire.ts';

const COMMANDS = new Set(['run_command', 'run_shell_command']);

/** Tools that only look; they are allowed without asking. */
export const READERS: ReadonlySet<string> = new Set([
  'view_file',
  'view_file_outline',
  'view_code_item',
  'list_dir',
  'find_by_name',
  'grep_search',
  'codebase_search',
  'command_status',
]);

/** What a tool is about, in one line. Its arguments are in PascalCase. */
export function summaryOf(parameters: Wire): string {
  const told = SUMMARY.map((key) => text(parameters[key])).find((value) => value);
  return told ?? (Object.keys(parameters).length === 0 ? '' : JSON.stringify(parameters).slice(0, 300));
}

const SUMMARY = [
  'CommandLine',
  'AbsolutePath',
  'TargetFile',
  'DirectoryPath',
  'SearchPath',
  'Query',
  'Url',
  'Description',
];

export function toolCall(id: string, step: Wire): ToolCall {
  const info = record(step.tool_info);
  const name = text(step.tool_name) ?? text(info.name) ?? 'tool';
  return {
    id,
    name,
    summary: summaryOf(record(info.parameters)),
    form: COMMANDS.has(name) ? 'shell' : 'plain',
  };
}
