import type { ApprovalAnswer, ApprovalRequest, Question } from '../../core/agent-event.ts';
import { json, record, text, type Wire } from '../../kit/acp/wire.ts';

/** What an MCP server wants to know: a form becomes questions, anything without fields a permission. */
export function elicitation(params: Wire): ApprovalRequest {
  const server = text(params.serverName) ?? 'MCP server';
  const message = text(params.message) ?? '';
  const questions = Object.entries(fields(params)).map(([id, field]) => question(id, field, message));
  if (questions.length > 0) return { kind: 'question', tool: server, questions };
  const url = text(params.url);
  return {
    kind: 'permission',
    tool: server,
    summary: message,
    ...(url === undefined ? {} : { detail: `${message}\n${url}` }),
    input: json({ message, ...(url === undefined ? {} : { url }) }),
    options: [
      { id: 'accept', label: '', role: 'allow' },
      { id: 'decline', label: '', role: 'deny' },
    ],
  };
}

/** The JSON-RPC result for an answer. */
export function elicitationReply(params: Wire, answer: ApprovalAnswer): Wire {
  const declined = { action: 'decline', content: null, _meta: null };
  if (answer.kind === 'deny') return declined;
  if (answer.kind === 'option') {
    return answer.optionId === 'accept' ? { action: 'accept', content: {}, _meta: null } : declined;
  }
  const content = Object.fromEntries(
    Object.entries(fields(params)).flatMap(([id, field]) => {
      const chosen = answer.answers[id];
      return chosen === undefined ? [] : [[id, typed(field, chosen)]];
    }),
  );
  return { action: 'accept', content, _meta: null };
}

function fields(params: Wire): Readonly<Record<string, Wire>> {
  const properties = record(record(params.requestedSchema).properties);
  return Object.fromEntries(Object.entries(properties).map(([id, field]) => [id, record(field)]));
}

function question(id: string, field: Wire, message: string): Question {
  const choices =
    text(field.type) === 'boolean' ? ['true', 'false'] : (field.enum ?? record(field.items).enum);
  const labels = Array.isArray(choices) ? choices.filter((choice) => typeof choice === 'string') : [];
  const about = text(field.description) ?? text(field.title) ?? id;
  return {
    id,
    header: text(field.title) ?? id,
    text: message === '' ? about : `${message}\n${about}`,
    multiple: text(field.type) === 'array',
    options: labels.map((label) => ({ label })),
  };
}

function typed(field: Wire, chosen: readonly string[]): unknown {
  const [first = ''] = chosen;
  switch (text(field.type)) {
    case 'boolean':
      return first.toLowerCase() === 'true';
    case 'number':
    case 'integer':
      return Number(first);
    case 'array':
      return chosen;
    default:
      return chosen.join(', ');
  }
}
