import type { Action, Inbound, InputVerdict, MessageInbound } from '../../src/core/inbound.ts';
import type { ActionReply, Log, PlatformSink, Suggestion, TypedCommand } from '../../src/core/platform.ts';

/** Polls until the predicate holds; the error says what was waited for. */
export async function waitUntil(
  what: string,
  predicate: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await predicate())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A sink that behaves like the engine's intake: remembers dedupe keys and answers `duplicate` for known ones. */
export class RecordingSink implements PlatformSink {
  /** Every input handed over, duplicates included. */
  readonly inputs: Inbound[] = [];
  readonly actions: Action[] = [];
  readonly states: { state: 'ready' | 'down' | 'denied'; detail: string | undefined }[] = [];
  readonly accepted: Inbound[] = [];
  /** What `action` resolves with. */
  reply: ActionReply = {};
  /** While true nothing is stored: `input` and `action` reject. */
  refusing = false;
  readonly #known = new Set<string>();

  async input(input: Inbound): Promise<InputVerdict> {
    this.inputs.push(input);
    if (this.refusing) throw new Error('the store is closed');
    if (this.#known.has(input.dedupeKey)) return 'duplicate';
    this.#known.add(input.dedupeKey);
    this.accepted.push(input);
    return 'accepted';
  }

  async action(action: Action): Promise<ActionReply> {
    this.actions.push(action);
    if (this.refusing) throw new Error('the store is closed');
    return this.reply;
  }

  /** What `suggest` resolves with, and after how many ms. */
  suggestions: readonly Suggestion[] = [];
  suggestAfterMs = 0;
  readonly typed: TypedCommand[] = [];

  async suggest(typed: TypedCommand): Promise<readonly Suggestion[]> {
    this.typed.push(typed);
    if (this.suggestAfterMs > 0)
      await new Promise((resolve) => setTimeout(resolve, this.suggestAfterMs).unref());
    return this.suggestions;
  }

  state(state: 'ready' | 'down' | 'denied', detail?: string): void {
    this.states.push({ state, detail });
  }

  /** Accepted messages, in order. */
  get messages(): MessageInbound[] {
    return this.accepted.filter((input): input is MessageInbound => input.kind === 'message');
  }

  get lastState(): string | undefined {
    return this.states.at(-1)?.state;
  }
}

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** A log that keeps its lines, to look for what must (or must not) be in it. */
export function recordingLog(lines: LogLine[] = []): Log & { readonly lines: LogLine[] } {
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => recordingLog(lines),
  };
}
