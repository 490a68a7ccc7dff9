import type { ToolCall } from '../core/agent-event.ts';

/** Cuts at a character boundary; 0 = unlimited. */
export function shorten(text: string, max: number): string {
  if (max <= 0 || text.length <= max) return text;
  let end = max;
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return `${text.slice(0, end).trimEnd()}…`;
}

/** A fence longer than any inside the text. */
export function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** One tool call as markdown: what it is and, shortened, what it does. */
export function formatTool(call: ToolCall, number: number, max: number): string {
  const input = shorten(call.summary.trim(), max);
  const head = `🔧 **#${number} ${call.name}**`;
  if (!input) return head;
  if (input.includes('```')) return `${head}\n${input}`;
  if (call.form === 'shell') return `${head}\n${fenced('bash', input)}`;
  if (call.form === 'diff') return `${head}\n${fenced('diff', input)}`;
  if (input.includes('\n') || input.length > 200) return `${head}\n${fenced('', input)}`;
  return `${head} ${inlineCode(input)}`;
}

export function formatToolResult(
  ok: boolean,
  output: string,
  exitCode: number | undefined,
  max: number,
): string {
  const text = shorten(output.trim(), max);
  const mark = ok ? '✅' : '❌';
  const code = exitCode !== undefined && exitCode !== 0 ? ` (exit ${exitCode})` : '';
  return text ? `${mark}${code}\n${fenced('', text)}` : `${mark}${code}`;
}

/** Thinking as a quote; undefined when there is nothing in it. */
export function formatThinking(text: string, max: number): string | undefined {
  const trimmed = text.trim();
  if (/^[.…\s]*$/.test(trimmed)) return undefined;
  const body = shorten(trimmed, max);
  return `💭 ${body.replaceAll('\n', '\n> ')}`.replace(/^/, '> ');
}

export function inlineCode(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const tick = '`'.repeat(longest + 1);
  return longest > 0 ? `${tick} ${text} ${tick}` : `${tick}${text}${tick}`;
}
