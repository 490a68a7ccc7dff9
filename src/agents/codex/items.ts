import type { ToolCall } from '../../core/agent-event.ts';
import { number, record, records, text, type Wire } from '../../kit/acp/wire.ts';

const MAX_SUMMARY = 300;
const MAX_DIFF_LINES = 60;
const MAX_OUTPUT = 32_000;

/** How an item is shown as a tool; undefined for items that are no tools. Both backends are read: `camelCase` and `snake_case`. */
export function toolCall(item: Wire): ToolCall | undefined {
  const id = text(item.id) ?? '';
  switch (text(item.type)) {
    case 'commandExecution':
    case 'command_execution':
      return { id, name: 'shell', summary: plainCommand(text(item.command) ?? ''), form: 'shell' };
    case 'fileChange':
    case 'file_change':
      return { id, name: 'apply_patch', summary: patchText(item), form: 'diff' };
    case 'mcpToolCall':
    case 'mcp_tool_call': {
      const name = [text(item.server), text(item.tool)].filter(Boolean).join('.');
      return { id, name: name || 'mcp', summary: oneLine(item.arguments), form: 'plain' };
    }
    case 'dynamicToolCall':
      return { id, name: text(item.tool) ?? 'tool', summary: oneLine(item.arguments), form: 'plain' };
    case 'webSearch':
    case 'web_search':
      return { id, name: 'web_search', summary: cut(text(item.query) ?? '', MAX_SUMMARY), form: 'plain' };
    case 'collabAgentToolCall':
    case 'collab_tool_call':
      return {
        id,
        name: text(item.tool) ?? 'agent',
        summary: cut(text(item.prompt) ?? '', MAX_SUMMARY),
        form: 'plain',
      };
    case 'imageView':
      return { id, name: 'view_image', summary: text(item.path) ?? '', form: 'plain' };
    default:
      return undefined;
  }
}

/** The result of a finished tool item. */
export function toolResult(item: Wire): {
  readonly ok: boolean;
  readonly output: string;
  readonly exitCode?: number;
} {
  const exitCode = number(item.exitCode) ?? number(item.exit_code);
  const status = text(item.status);
  const failed = status !== undefined && ['failed', 'declined', 'cancelled'].includes(status);
  const ok = !failed && item.success !== false && (exitCode ?? 0) === 0;
  const said = text(item.aggregatedOutput) ?? text(item.aggregated_output) ?? resultText(item);
  const output = cut(said === '' && status === 'declined' ? 'declined' : said, MAX_OUTPUT);
  return { ok, output, ...(exitCode === undefined ? {} : { exitCode }) };
}

/** Commands come wrapped in a login shell; people want to see what runs in it. */
export function plainCommand(command: string): string {
  const inner = /^(?:\/\S*\/)?(?:ba|z|da)?sh -l?c (['"]?)([\s\S]*)\1$/.exec(command);
  if (inner?.[2] === undefined) return command;
  return inner[1] === "'" ? inner[2].replaceAll(`'\\''`, "'").replaceAll(`'"'"'`, "'") : inner[2];
}

/** Paths and diffs of a file change. */
export function patchText(item: Wire): string {
  const lines = records(item.changes).flatMap((change) => {
    const diff = (text(change.diff) ?? '').replace(/\n$/, '');
    const kind = text(change.kind) ?? text(record(change.kind).type);
    const mark = kind === 'add' ? '+ ' : kind === 'delete' ? '- ' : '';
    const body = diff === '' ? [] : diff.split('\n').map((line) => mark + line);
    return [`${text(change.path) ?? ''}${kind === undefined ? '' : ` (${kind})`}`, ...body];
  });
  const shown = lines.slice(0, MAX_DIFF_LINES);
  if (lines.length > shown.length) shown.push(`… ${lines.length - shown.length} more lines`);
  return shown.join('\n');
}

/** The paths of a file change, on one line. */
export function patchPaths(item: Wire): string {
  return cut(
    records(item.changes)
      .map((change) => text(change.path) ?? '')
      .join(', '),
    MAX_SUMMARY,
  );
}

/** A fence longer than any run of backticks inside. */
export function fence(language: string, body: string): string {
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${body}\n${ticks}`;
}

export function cut(value: string, max: number): string {
  return value.length <= max ? value : `${value.slice(0, max - 1)}…`;
}

function resultText(item: Wire): string {
  const failure = text(record(item.error).message);
  const content = records(record(item.result).content ?? item.contentItems);
  return (
    failure ??
    content
      .map((part) => text(part.text) ?? '')
      .filter(Boolean)
      .join('\n')
  );
}

function oneLine(value: unknown): string {
  const json = value === undefined || value === null ? '' : JSON.stringify(value);
  return json === '{}' ? '' : cut(json, MAX_SUMMARY);
}
