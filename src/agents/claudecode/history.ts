import type { HistoryEntry } from '../../core/agent.ts';
import { contentText, type Line, object, objects, text } from './wire.ts';

const MAX_TITLE = 80;

/** What people and the agent said to each other; tool traffic, sub-agents and the CLI's own notes are left out. */
export function readHistory(lines: readonly Line[]): HistoryEntry[] {
  const entries: (HistoryEntry & { readonly message?: string })[] = [];
  for (const line of lines) {
    const said = saidByPerson(line) ?? saidByAgent(line);
    if (said === undefined) continue;
    const last = entries.at(-1);
    if (last !== undefined && said.message !== undefined && last.message === said.message) {
      // The blocks of one answer are lines of their own.
      entries[entries.length - 1] = { ...last, text: `${last.text}\n\n${said.text}` };
    } else entries.push(said);
  }
  return entries.map(({ role, text: words, at }) => ({ role, text: words, at }));
}

/** The first words of a person. */
export function readTitle(lines: readonly Line[]): string | undefined {
  for (const line of lines) {
    const said = saidByPerson(line)?.text.replace(/\s+/g, ' ').trim();
    if (said) return said.length <= MAX_TITLE ? said : `${said.slice(0, MAX_TITLE - 1)}…`;
  }
  return undefined;
}

type Said = HistoryEntry & { readonly message?: string };

function saidByPerson(line: Line): Said | undefined {
  if (line.type === 'attachment') {
    const queued = object(line, 'attachment');
    if (queued === undefined || text(queued, 'type') !== 'queued_command') return undefined;
    const prompt = contentText(queued.prompt);
    return text(queued, 'commandMode') === 'prompt' && prompt !== ''
      ? { role: 'user', text: prompt, at: time(line) }
      : undefined;
  }
  if (!isPersonLine(line)) return undefined;
  const said = contentText(object(line, 'message')?.content);
  // The CLI's own notes are in tags: command output, reminders, task notices.
  if (said === '' || said.startsWith('<') || said.startsWith('[Request interrupted')) return undefined;
  return { role: 'user', text: said, at: time(line) };
}

/** A `user` line that is neither a tool result nor the CLI's own. */
export function isPersonLine(line: Line): boolean {
  if (line.type !== 'user' || line.isSidechain === true) return false;
  if (line.isMeta === true || line.isCompactSummary === true) return false;
  const message = object(line, 'message');
  if (message === undefined) return false;
  return !objects(message, 'content').some((block) => block.type === 'tool_result');
}

function saidByAgent(line: Line): Said | undefined {
  if (line.type !== 'assistant' || line.isSidechain === true) return undefined;
  const message = object(line, 'message') ?? {};
  const said = objects(message, 'content')
    .map((block) => (block.type === 'text' ? (text(block, 'text') ?? '') : ''))
    .join('');
  const id = text(message, 'id');
  return said === ''
    ? undefined
    : { role: 'assistant', text: said, at: time(line), ...(id === undefined ? {} : { message: id }) };
}

function time(line: Line): number {
  return Date.parse(text(line, 'timestamp') ?? '') || 0;
}
