import type { ApprovalAnswer, ApprovalRequest, Question } from '../core/agent-event.ts';
import { json, record, records, text, type Wire } from './acp/wire.ts';

/**
 * What an MCP server or an agent wants to know, in the form that MCP calls elicitation (`message`, `requestedSchema`,
 * `url`): a form becomes questions, anything without fields a permission. `asker` is for people.
 */
export function elicitation(params: Wire, asker = text(params.serverName) ?? 'MCP server'): ApprovalRequest {
  const message = text(params.message) ?? '';
  const questions = Object.entries(fields(params)).map(([id, field]) => question(id, field, message));
  if (questions.length > 0) return { kind: 'question', tool: asker, questions };
  const url = text(params.url);
  return {
    kind: 'permission',
    tool: asker,
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
      return chosen === undefined ? [] : [value(params, id, field, chosen)];
    }),
  );
  return { action: 'accept', content, _meta: null };
}

/** Appended to a field's name: where an answer in one's own words goes. A question takes such answers anyway. */
const OWN_WORDS = '_custom';

function properties(params: Wire): Readonly<Record<string, unknown>> {
  return record(record(params.requestedSchema).properties);
}

function fields(params: Wire): Readonly<Record<string, Wire>> {
  const all = properties(params);
  const asked = Object.entries(all).filter(
    ([id]) => !(id.endsWith(OWN_WORDS) && Object.hasOwn(all, id.slice(0, -OWN_WORDS.length))),
  );
  return Object.fromEntries(asked.map(([id, field]) => [id, record(field)]));
}

function question(id: string, field: Wire, message: string): Question {
  const about = text(field.description) ?? text(field.title) ?? id;
  return {
    id,
    header: text(field.title) ?? id,
    text:
      message === ''
        ? about
        : message.includes(about) || about === field.title
          ? message
          : `${message}\n${about}`,
    multiple: text(field.type) === 'array',
    options: choices(field).map(({ label, description }) => ({
      label,
      ...(description === undefined ? {} : { description }),
    })),
  };
}

interface Choice {
  readonly value: string;
  readonly label: string;
  readonly description?: string;
}

function choices(field: Wire): readonly Choice[] {
  if (text(field.type) === 'boolean') return ['true', 'false'].map((value) => ({ value, label: value }));
  const items = record(field.items);
  const plain = field.enum ?? items.enum;
  if (Array.isArray(plain)) {
    return plain.filter((one) => typeof one === 'string').map((value) => ({ value, label: value }));
  }
  return records(field.oneOf ?? field.anyOf ?? items.anyOf ?? items.oneOf).flatMap(titled);
}

/** `{const, title, description?}`; without a description, a title that begins with the value goes on to explain it. */
function titled(option: Wire): Choice[] {
  const value = text(option.const);
  if (value === undefined) return [];
  const title = text(option.title) ?? value;
  const described = text(option.description);
  if (described) return [{ value, label: title, description: described }];
  const more = title.startsWith(value) ? title.slice(value.length).replace(/^\s*[—:-]\s*/, '') : undefined;
  if (more === undefined) return [{ value, label: title }];
  return [more === '' ? { value, label: value } : { value, label: value, description: more }];
}

function value(params: Wire, id: string, field: Wire, chosen: readonly string[]): [string, unknown] {
  const offered = choices(field);
  const own = `${id}${OWN_WORDS}`;
  const known = (said: string) => offered.some(({ label, value }) => said === label || said === value);
  if (offered.length > 0 && Object.hasOwn(properties(params), own) && !chosen.every(known)) {
    return [own, chosen.join(', ')];
  }
  return [
    id,
    typed(
      field,
      chosen.map((said) => offered.find(({ label }) => label === said)?.value ?? said),
    ),
  ];
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
