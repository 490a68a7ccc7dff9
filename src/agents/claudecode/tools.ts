import type { ToolCall } from '../../core/agent-event.ts';
import { type Line, number, objects, text } from './wire.ts';

/** Tools that are shown by the question or plan they ask about, never as a tool. */
const SHOWN_AS_APPROVAL = new Set(['AskUserQuestion', 'ExitPlanMode']);

/** Fields that say best what a tool works on, in this order. */
const TELLING = [
  'file_path',
  'notebook_path',
  'path',
  'pattern',
  'url',
  'query',
  'skill',
  'description',
  'subject',
  'prompt',
];

const MAX_SUMMARY = 300;
const MAX_DIFF_LINES = 60;
const MAX_OUTPUT = 32_000;

export function isHiddenTool(name: string): boolean {
  return SHOWN_AS_APPROVAL.has(name);
}

/** How a `tool_use` block is shown. */
export function toolCall(id: string, name: string, input: Line): ToolCall {
  const command = text(input, 'command');
  if (command !== undefined) return { id, name, summary: command, form: 'shell' };
  const diff = diffOf(name, input);
  if (diff !== undefined) return { id, name, summary: diff, form: 'diff' };
  return { id, name, summary: oneLine(input), form: 'plain' };
}

/** One line on what a tool would do. */
export function toolSummary(input: Line): string {
  const command = text(input, 'command');
  return command === undefined ? oneLine(input) : cut(command.replace(/\s*\n\s*/g, ' ⏎ '), MAX_SUMMARY);
}

/** The full text of what a tool would do, as markdown. */
export function toolDetail(name: string, input: Line): string {
  const command = text(input, 'command');
  if (command !== undefined) return fence('bash', command);
  const diff = diffOf(name, input);
  if (diff !== undefined) return fence('diff', diff);
  return fence('json', JSON.stringify(input, null, 2));
}

/** A diff for editing tools: the path, then lines with `-` and `+`. */
function diffOf(name: string, input: Line): string | undefined {
  const path = text(input, 'file_path') ?? text(input, 'notebook_path');
  if (path === undefined) return undefined;
  const edits = name === 'MultiEdit' ? objects(input, 'edits') : [input];
  const lines: string[] = [];
  for (const edit of edits) {
    const before = text(edit, 'old_string');
    const after = text(edit, 'new_string') ?? text(edit, 'new_source') ?? text(edit, 'content');
    if (after === undefined) continue;
    if (before !== undefined) lines.push(...marked('-', before));
    lines.push(...marked('+', after));
  }
  if (lines.length === 0) return undefined;
  const shown = lines.slice(0, MAX_DIFF_LINES);
  if (lines.length > shown.length) shown.push(`… ${lines.length - shown.length} more lines`);
  return [path, ...shown].join('\n');
}

function marked(mark: string, value: string): string[] {
  if (value === '') return [];
  return value
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `${mark} ${line}`);
}

function oneLine(input: Line): string {
  for (const key of TELLING) {
    const value = text(input, key);
    if (value !== undefined && value !== '') return cut(value.replace(/\s+/g, ' '), MAX_SUMMARY);
  }
  const json = JSON.stringify(input);
  return json === '{}' ? '' : cut(json, MAX_SUMMARY);
}

/** The result of a tool, ready for people. */
export function toolResult(
  block: Line,
  content: string,
  structured: Line | undefined,
): {
  readonly ok: boolean;
  readonly output: string;
  readonly exitCode?: number;
} {
  // Some tools leave `is_error` out when all went well.
  const ok = block.is_error !== true;
  const failed = /^Exit code (\d+)/.exec(content)?.[1];
  const ran = structured !== undefined && text(structured, 'stdout') !== undefined;
  const known = structured === undefined ? undefined : number(structured, 'exitCode');
  const exitCode = known ?? (failed !== undefined ? Number(failed) : ok && ran ? 0 : undefined);
  return { ok, output: cut(content, MAX_OUTPUT), ...(exitCode === undefined ? {} : { exitCode }) };
}

function cut(value: string, max: number): string {
  return value.length <= max ? value : `${value.slice(0, max - 1)}…`;
}

/** A fence longer than any run of backticks inside. */
function fence(language: string, body: string): string {
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${body}\n${ticks}`;
}
