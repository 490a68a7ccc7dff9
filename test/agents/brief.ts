import type { AgentEventBody } from '../../src/core/agent-event.ts';

/** One line per event; deltas of one text are joined. */
export function brief(said: readonly AgentEventBody[]): string[] {
  const lines: string[] = [];
  for (const body of said) {
    const line = briefBody(body);
    const isDelta = (body.kind === 'text' || body.kind === 'thinking') && body.mode === 'delta';
    const last = lines.at(-1);
    if (isDelta && last?.startsWith(`${body.kind}: `)) lines[lines.length - 1] = last + body.text;
    else lines.push(line);
  }
  return lines.filter((line) => !/^(session|settings|exit|usage)/.test(line));
}

function briefBody(body: AgentEventBody): string {
  switch (body.kind) {
    case 'turn_start':
      return `turn_start ${body.origin} ${body.prompts.join(', ')}`.trim();
    case 'turn_end': {
      const code = body.outcome.status === 'error' ? ` (${body.outcome.code})` : '';
      return `turn_end ${body.outcome.status}${code} ${body.prompts.join(', ')}`.trim();
    }
    case 'prompt_folded':
      return `folded ${body.prompt}`;
    case 'text':
    case 'thinking':
      return `${body.kind}${body.mode === 'block' ? ' (block)' : ''}: ${body.text}`;
    case 'text_end':
      return body.void ? 'text_end void' : 'text_end';
    case 'tool_started':
      return `tool ${body.call.name}: ${body.call.summary}`;
    case 'tool_ended':
      return `tool ${body.ok ? 'ok' : 'failed'}${body.exitCode === undefined ? '' : ` ${body.exitCode}`}`;
    case 'approval': {
      const { request } = body;
      const options = request.kind === 'question' ? [] : request.options.map(({ id }) => id);
      return `approval ${request.kind} ${request.tool} ${options.join(' ')}`.trim();
    }
    case 'notice':
      return `notice ${body.notice.kind}`;
    default:
      return body.kind;
  }
}
