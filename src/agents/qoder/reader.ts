import type { AgentEventBody, ToolCall, TurnOutcome, Usage } from '../../core/agent-event.ts';
import { number, record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { OneTurnReader } from '../../kit/turn-process/one-turn-reader.ts';

const MAX_SUMMARY = 300;
const MAX_OUTPUT = 32_000;

/**
 * Lines of `qodercli -p --output-format stream-json`: `system` init, `assistant` with blocks of text, thoughts and tool
 * calls, `user` with tool results, and one `result`. Its beginning, its end and errors were seen (1.1.52); blocks other
 * than text are read as in the format it follows.
 */
export class QoderReader extends OneTurnReader {
  read(line: Wire): AgentEventBody[] {
    const session = this.turn.session(text(line.session_id));
    return [...session, ...this.#line(line)];
  }

  #line(line: Wire): AgentEventBody[] {
    switch (text(line.type)) {
      case 'system':
        return line.subtype === 'init' ? this.turn.begin() : [];
      case 'assistant':
        return this.#assistant(record(line.message));
      case 'user':
        return this.#results(record(line.message));
      case 'result':
        return this.#result(line);
      default:
        return [];
    }
  }

  #assistant(message: Wire): AgentEventBody[] {
    // The program's own words about an error, which the result says again.
    if (message.model === '<synthetic>') return this.turn.begin();
    return records(message.content).flatMap((block) => {
      if (block.type === 'text') return this.turn.block(text(block.text) ?? '');
      if (block.type === 'thinking') return this.turn.thought(text(block.thinking) ?? '', 'block');
      return block.type === 'tool_use' ? this.turn.toolStarted(toolCall(block)) : [];
    });
  }

  #results(message: Wire): AgentEventBody[] {
    return records(message.content).flatMap((block) => {
      if (block.type !== 'tool_result') return [];
      const output = contentText(block.content).slice(0, MAX_OUTPUT);
      return this.turn.toolEnded(text(block.tool_use_id) ?? '', { ok: block.is_error !== true, output });
    });
  }

  #result(line: Wire): AgentEventBody[] {
    const said = text(line.result) ?? '';
    const usage = usageOf(line);
    // `subtype` is "success" for failures too.
    if (line.is_error === true) return this.turn.end(failure(said), { usage });
    return this.turn.end({ status: 'ok' }, { usage, ...(said === '' ? {} : { text: said }) });
  }
}

/** From the text of an error. */
export function failure(said: string): TurnOutcome {
  if (/not logged in|\/login|authentication|unauthorized/i.test(said)) {
    return {
      status: 'error',
      message: `${said}\nRun \`qodercli\` in a terminal, and then \`/login\`.`,
      code: 'auth',
    };
  }
  const code = /rate.?limit|quota|credits|429/i.test(said)
    ? 'rate_limit'
    : /\b5\d\d\b/.test(said)
      ? 'server'
      : 'other';
  return { status: 'error', message: said || 'The turn failed without a reason.', code };
}

function toolCall(block: Wire): ToolCall {
  const input = record(block.input);
  const [id, name] = [text(block.id) ?? '', text(block.name) ?? 'tool'];
  const command = text(input.command);
  if (command !== undefined) return { id, name, summary: command, form: 'shell' };
  const known = text(input.file_path) ?? text(input.path) ?? text(input.pattern) ?? text(input.query);
  const whole = JSON.stringify(input);
  return { id, name, summary: (known ?? (whole === '{}' ? '' : whole)).slice(0, MAX_SUMMARY), form: 'plain' };
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return records(content)
    .map((part) => text(part.text) ?? '')
    .filter((part) => part !== '')
    .join('\n');
}

function usageOf(line: Wire): Usage {
  const usage = record(line.usage);
  const entries = {
    inputTokens: number(usage.input_tokens),
    outputTokens: number(usage.output_tokens),
    cacheReadTokens: number(usage.cache_read_input_tokens),
    cacheWriteTokens: number(usage.cache_creation_input_tokens),
    costUsd: number(line.total_cost_usd),
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}
