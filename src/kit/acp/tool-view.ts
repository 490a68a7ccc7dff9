import type { ToolCall } from '../../core/agent-event.ts';
import { number, record, records, text, type Wire } from './wire.ts';

/** Longest tool output or diff that is handed on, in characters. */
const MAX_CHARS = 64 * 1024;

/** What is known so far of a tool call; each update overrides the fields it carries. */
export class ToolView {
  readonly id: string;
  started = false;
  ended = false;
  #state: Wire = {};
  /** What a command in a terminal of the agent's own has said so far, and how it ended. */
  #said = '';
  #exit: number | undefined;
  readonly #terminal: (id: string) => string | undefined;

  /** @param terminal what a terminal of ours has said, by its id */
  constructor(id: string, terminal: (id: string) => string | undefined) {
    this.id = id;
    this.#terminal = terminal;
  }

  merge(update: Wire): void {
    const next: Record<string, unknown> = { ...this.#state };
    for (const [key, value] of Object.entries(update)) {
      if (value !== undefined && value !== null) next[key] = value;
    }
    this.#state = next;
    this.#hear(record(update._meta));
    // Some show the input they are about to use as JSON text instead of naming it.
    if (next.rawInput === undefined && !this.finished) {
      const input = jsonObject(this.body);
      if (input !== undefined) this.#state = { ...next, rawInput: input };
    }
  }

  get status(): string {
    return text(this.#state.status) ?? 'pending';
  }

  get kind(): string {
    return text(this.#state.kind) ?? 'other';
  }

  get input(): Wire {
    return record(this.#state.rawInput);
  }

  /** A call often comes first as a bare shell, and what it is to do a moment later. */
  get telling(): boolean {
    if (this.diff !== undefined || this.finished) return true;
    // Its input is still being spelled out as JSON.
    if (this.#state.rawInput === undefined && this.body.startsWith('{')) return false;
    if (this.kind === 'execute') {
      // One that runs and brings no input at all names its command in the title alone.
      const bare = this.status === 'in_progress' && this.#state.rawInput === undefined;
      return bare || this.input.command !== undefined;
    }
    return this.status !== 'pending' || Object.keys(this.input).length > 0;
  }

  get finished(): boolean {
    return ['completed', 'failed', 'cancelled'].includes(this.status);
  }

  get name(): string {
    const meta = record(record(this.#state._meta).claudeCode);
    const given = text(this.#state.name) ?? text(meta.toolName);
    if (given) return given;
    const title = text(this.#state.title);
    return NAMES[this.kind] ?? (title !== undefined && title.length <= 40 ? title : 'Tool');
  }

  get title(): string {
    const command = this.input.command;
    if (this.kind === 'execute' && typeof command === 'string') return command;
    const path =
      text(records(this.#state.locations)[0]?.path) ?? text(this.input.path) ?? text(this.input.file_path);
    const title = text(this.#state.title);
    // One word is the tool's name, which says less than the file it is about.
    return title && (path === undefined || /\s/.test(title)) ? title : path || title || this.name;
  }

  /** The change it makes, as the body of a diff fence. */
  get diff(): string | undefined {
    const diffs = this.#content().filter((item) => item.type === 'diff');
    if (diffs.length === 0) return undefined;
    return cut(diffs.map((item) => lineDiff(item)).join('\n'));
  }

  /** Text the agent attached: an explanation before the run, output after it. */
  get body(): string {
    const parts = this.#content().flatMap((item) => {
      if (item.type === 'terminal') return [this.#terminal(text(item.terminalId) ?? '') ?? ''];
      const content = record(item.content);
      return item.type === 'content' && content.type === 'text' ? [text(content.text) ?? ''] : [];
    });
    return cut(parts.filter((part) => part !== '').join('\n'));
  }

  get output(): string {
    const raw = this.#state.rawOutput;
    if (typeof raw === 'string' && raw !== '') return cut(raw);
    const fields = record(raw);
    const streams = [
      text(fields.formatted_output) ?? text(fields.aggregated_output) ?? text(fields.stdout),
      text(fields.stderr),
      text(fields.output),
      text(fields.error),
    ];
    const said = streams.filter((part) => part).join('\n');
    return said === '' ? this.body || cut(this.#said) : cut(said);
  }

  get exitCode(): number | undefined {
    const raw = record(this.#state.rawOutput);
    return number(raw.exit_code) ?? number(raw.exitCode) ?? number(record(raw.metadata).exit) ?? this.#exit;
  }

  call(): ToolCall {
    const { diff } = this;
    if (diff !== undefined) return { id: this.id, name: this.name, summary: diff, form: 'diff' };
    const form = this.kind === 'execute' ? 'shell' : 'plain';
    return { id: this.id, name: this.name, summary: this.title, form };
  }

  /** Adapters for Codex and Claude Code tell of terminals of their own beside the protocol. */
  #hear(meta: Wire): void {
    const whole = text(record(meta.terminal_output).data);
    const more = text(record(meta.terminal_output_delta).data) ?? '';
    if (this.#said.length <= MAX_CHARS) this.#said = (whole ?? this.#said) + more;
    this.#exit = number(record(meta.terminal_exit).exit_code) ?? this.#exit;
  }

  #content(): readonly Wire[] {
    return records(this.#state.content);
  }
}

/** Names for the protocol's kinds, for agents that give a tool no name of its own. */
const NAMES: Readonly<Record<string, string>> = {
  read: 'Read',
  edit: 'Edit',
  delete: 'Delete',
  move: 'Move',
  search: 'Search',
  execute: 'Shell',
  think: 'Think',
  fetch: 'Fetch',
};

/** The changed lines between the common head and tail; enough for a chat, where a full diff is too long anyway. */
function lineDiff(item: Wire): string {
  const before = lines(text(item.oldText));
  const after = lines(text(item.newText));
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  const removed = before.slice(head, before.length - tail).map((line) => `-${line}`);
  const added = after.slice(head, after.length - tail).map((line) => `+${line}`);
  return [text(item.path) ?? '', ...removed, ...added].join('\n');
}

function jsonObject(value: string): Wire | undefined {
  if (!value.startsWith('{') || !value.endsWith('}')) return undefined;
  try {
    return record(JSON.parse(value));
  } catch {
    return undefined; // Still incomplete, or no JSON at all.
  }
}

function lines(value: string | undefined): string[] {
  if (!value) return [];
  return (value.endsWith('\n') ? value.slice(0, -1) : value).split('\n');
}

function cut(value: string): string {
  return value.length <= MAX_CHARS ? value : `${value.slice(0, MAX_CHARS)}\n…`;
}
