import type { AgentEventBody } from '../../core/agent-event.ts';
import { json, record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { OneTurnReader } from '../../kit/turn-process/one-turn-reader.ts';

const MAX_SUMMARY = 300;
const MAX_OUTPUT = 32_000;

/** Turns the lines of `--output-format stream-json` into events: whole messages in the manner of the Chat API. */
export class PrintReader extends OneTurnReader {
  read(line: Wire): AgentEventBody[] {
    switch (text(line.role)) {
      case 'meta':
        return this.#meta(line);
      case 'assistant':
        return this.#assistant(line);
      case 'tool': {
        const output = contentText(line.content, 'text').slice(0, MAX_OUTPUT);
        // Whether it failed is not told.
        return this.turn.toolEnded(text(line.tool_call_id) ?? '', { ok: true, output });
      }
      default:
        return [];
    }
  }

  /** The hint on how to resume is the last line of a turn that went well; the process lives on for seconds. */
  #meta(line: Wire): AgentEventBody[] {
    if (line.type !== 'session.resume_hint') return this.turn.begin();
    const session = this.turn.session(text(line.session_id));
    return [...session, ...(this.running ? this.turn.end({ status: 'ok' }) : [])];
  }

  #assistant(line: Wire): AgentEventBody[] {
    const thought = contentText(line.content, 'think');
    const events = [
      ...(thought === '' ? [] : this.turn.thought(thought, 'block')),
      ...this.turn.block(contentText(line.content, 'text')),
    ];
    for (const call of records(line.tool_calls)) {
      const { name, arguments: input } = record(call.function);
      events.push(
        ...this.turn.toolStarted(toolCall(text(call.id) ?? '', text(name) ?? 'tool', text(input) ?? '')),
      );
    }
    return events;
  }
}

function toolCall(id: string, name: string, argument: string) {
  const input = parsed(argument);
  const command = text(input.command);
  if (command !== undefined) return { id, name, summary: command, form: 'shell' as const };
  const summary = text(input.path) ?? text(input.file_path) ?? argument;
  return { id, name, summary: summary.slice(0, MAX_SUMMARY), form: 'plain' as const };
}

/** Older versions write parts instead of a string. */
function contentText(content: unknown, type: 'text' | 'think'): string {
  if (typeof content === 'string') return type === 'text' ? content : '';
  return records(content)
    .filter((part) => part.type === type)
    .map((part) => text(part[type]) ?? '')
    .join('');
}

function parsed(value: string): Wire {
  try {
    return json(JSON.parse(value));
  } catch {
    return {};
  }
}
