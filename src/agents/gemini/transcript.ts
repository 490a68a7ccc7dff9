import type { HistoryEntry } from '../../core/agent.ts';
import { isRecord, record, records, text, type Wire } from '../../kit/acp/wire.ts';

/** What the CLI puts in front of a conversation by itself. */
const CONTEXT = /^\s*<(session_context|environment_context|system-reminder)>/;

/** The messages of a chat file (recorded with 0.61.0): a header, messages, and changes to both. */
export class Transcript {
  #messages = new Map<string, Wire>();
  #meta: Wire = {};

  constructor(lines: readonly Wire[]) {
    for (const line of lines) this.#take(line);
  }

  get sessionId(): string | undefined {
    return text(this.#meta.sessionId);
  }

  /** Of a helper the agent started, not of a person. */
  get isHelper(): boolean {
    return text(this.#meta.kind) === 'subagent';
  }

  /** The CLI's own title for it, if it made one. */
  get summary(): string | undefined {
    return text(this.#meta.summary);
  }

  /** What person and agent said, oldest first. */
  get entries(): readonly HistoryEntry[] {
    return [...this.#messages.values()].flatMap((message): HistoryEntry[] => {
      const said = messageOf(message);
      return said === undefined || said.text === ''
        ? []
        : [{ role: said.role, text: said.text, at: said.at }];
    });
  }

  /** The messages that count, by id: the CLI takes some back. */
  get ids(): ReadonlySet<string> {
    return new Set(this.#messages.keys());
  }

  #take(line: Wire): void {
    const rewind = text(line.$rewindTo);
    if (rewind !== undefined) this.#rewind(rewind);
    else if (isRecord(line.$set)) this.#change(line.$set);
    else if (text(line.id) !== undefined && text(line.type) !== undefined) this.#put(line);
    else if (text(line.sessionId) !== undefined) this.#change(line);
  }

  #change(change: Wire): void {
    this.#meta = { ...this.#meta, ...change };
    if (!Array.isArray(change.messages)) return;
    this.#messages = new Map();
    for (const message of records(change.messages)) this.#put(message);
  }

  /** A message that is written again replaces itself. */
  #put(message: Wire): void {
    this.#messages.set(text(message.id) ?? '', message);
  }

  #rewind(id: string): void {
    const ids = [...this.#messages.keys()];
    const at = Math.max(0, ids.indexOf(id));
    for (const gone of ids.slice(at)) this.#messages.delete(gone);
  }
}

/** A line that is a message; its text is empty when nobody said anything in it. */
export function messageOf(line: Wire): (HistoryEntry & { readonly id: string }) | undefined {
  const id = text(line.id);
  const type = text(line.type);
  if (id === undefined || (type !== 'user' && type !== 'gemini')) return undefined;
  const said = saidOf(line).trim();
  const at = Date.parse(text(line.timestamp) ?? '') || 0;
  if (type === 'gemini') return { id, role: 'assistant', text: said, at };
  return { id, role: 'user', text: CONTEXT.test(said) ? '' : said, at };
}

/** The words as they were typed, where the file keeps them beside what was made of them. */
function saidOf(message: Wire): string {
  const content = message.displayContent ?? message.content;
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? content : [content];
  return parts.map((part) => (typeof part === 'string' ? part : (text(record(part).text) ?? ''))).join('');
}
