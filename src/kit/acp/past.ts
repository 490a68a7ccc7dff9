import type { HistoryEntry } from '../../core/agent.ts';
import { record, text, type Wire } from './wire.ts';

/** Longest text kept of one entry, in characters. */
const MAX_CHARS = 64 * 1024;
/** Entries kept; what is older is forgotten. */
const MAX_ENTRIES = 500;

/** Text that agents give the model in the person's name. */
const SYNTHETIC = /^\s*<(session_context|system-reminder|environment_context|user_instructions|command-)/;

interface Entry {
  role: HistoryEntry['role'];
  text: string;
  message: string | undefined;
}

/** Gathers a conversation from the updates by which an agent repeats it. */
export class Past {
  readonly #entries: Entry[] = [];

  add(update: Wire): void {
    const role = roleOf(update);
    const said = text(record(update.content).text);
    if (role === undefined || said === undefined) return;
    if (role === 'user' && SYNTHETIC.test(said)) return;
    const message = text(update.messageId);
    const last = this.#entries.at(-1);
    if (last?.role === role && last.message === message) {
      if (last.text.length < MAX_CHARS) last.text += said;
      return;
    }
    this.#entries.push({ role, text: said, message });
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
  }

  /** Oldest first. The protocol tells no times. */
  get entries(): readonly HistoryEntry[] {
    return this.#entries.map(({ role, text }) => ({ role, text, at: 0 }));
  }
}

function roleOf(update: Wire): HistoryEntry['role'] | undefined {
  if (update.sessionUpdate === 'user_message_chunk') return 'user';
  return update.sessionUpdate === 'agent_message_chunk' ? 'assistant' : undefined;
}
