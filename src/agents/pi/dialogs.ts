import type { ApprovalAnswer, ApprovalOption, ApprovalRequest } from '../../core/agent-event.ts';
import { json, number, record, text, type Wire } from '../../kit/acp/wire.ts';
import { PERMISSION_TITLE } from './companion.ts';
import { callLine, toolCall } from './tools.ts';

/** A dialog of an extension that waits for a person. */
export interface Dialog {
  readonly id: string;
  readonly request: ApprovalRequest;
  /** After this many ms pi goes on without an answer. */
  readonly timeoutMs: number | undefined;
  /** The `extension_ui_response` for an answer. */
  reply(answer: ApprovalAnswer): Wire;
}

/** Undefined for requests that nobody has to answer (`notify`, `setStatus` …). */
export function readDialog(line: Wire): Dialog | undefined {
  const id = text(line.id);
  if (id === undefined) return undefined;
  const timeoutMs = number(line.timeout);
  const made = ownPermission(line) ?? dialogOf(line);
  if (made === undefined) return undefined;
  const { request, value } = made;
  const reply = (answer: ApprovalAnswer): Wire => ({ type: 'extension_ui_response', id, ...value(answer) });
  return { id, request, timeoutMs: timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : undefined, reply };
}

/** Answers a dialog as if it had been closed. */
export function cancelled(id: string): Wire {
  return { type: 'extension_ui_response', id, cancelled: true };
}

interface Made {
  readonly request: ApprovalRequest;
  value(answer: ApprovalAnswer): Wire;
}

const CANCELLED: Wire = { cancelled: true };
const OPTIONS: readonly ApprovalOption[] = [
  { id: 'allow', label: '', role: 'allow' },
  { id: 'always', label: '', role: 'allow_always' },
  { id: 'deny', label: '', role: 'deny' },
];

/** The companion asks whether a tool may run. */
function ownPermission(line: Wire): Made | undefined {
  if (text(line.title) !== PERMISSION_TITLE || line.method !== 'input') return undefined;
  const asked = parsed(text(line.placeholder) ?? '');
  const tool = text(asked.tool) ?? 'tool';
  const call = toolCall(text(asked.id) ?? '', tool, record(asked.input));
  const fenced = call.form === 'plain' ? '' : fence(call.form === 'shell' ? 'bash' : 'diff', call.summary);
  const request: ApprovalRequest = {
    kind: 'permission',
    tool,
    summary: callLine(call),
    ...(fenced === '' ? {} : { detail: fenced }),
    input: json(asked.input),
    options: OPTIONS,
  };
  return { request, value: (answer) => ({ value: decided(answer) }) };
}

function decided(answer: ApprovalAnswer): string {
  if (answer.kind === 'option' && (answer.optionId === 'allow' || answer.optionId === 'always'))
    return answer.optionId;
  const reason = answer.kind === 'answers' ? '' : (answer.message?.trim() ?? '');
  return reason === '' ? 'deny' : `deny:${reason}`;
}

function dialogOf(line: Wire): Made | undefined {
  const title = text(line.title)?.trim() || 'pi asks';
  switch (text(line.method)) {
    case 'confirm':
      return confirm(title, text(line.message)?.trim() ?? '');
    case 'select':
      return question(title, Array.isArray(line.options) ? line.options.map(String) : []);
    case 'input':
      return question(withHint(title, text(line.placeholder)), []);
    case 'editor':
      return question(withHint(title, text(line.prefill)), []);
    default:
      return undefined;
  }
}

function confirm(title: string, message: string): Made {
  const request: ApprovalRequest = {
    kind: 'permission',
    tool: 'confirm',
    summary: title,
    ...(message === '' ? {} : { detail: message }),
    input: {},
    options: OPTIONS.filter(({ role }) => role !== 'allow_always'),
  };
  return {
    request,
    value: (answer) =>
      answer.kind === 'option' ? { confirmed: answer.optionId === 'allow' } : { confirmed: false },
  };
}

const ANSWER = 'answer';

function question(title: string, labels: readonly string[]): Made {
  const asked = { id: ANSWER, text: title, multiple: false, options: labels.map((label) => ({ label })) };
  return {
    request: { kind: 'question', tool: 'question', questions: [asked] },
    value: (answer) => {
      const said = answer.kind === 'answers' ? answer.answers[ANSWER]?.[0] : undefined;
      if (said === undefined) return CANCELLED;
      // Extensions compare with the labels they gave.
      const label = labels.find((known) => known.trim().toLowerCase() === said.trim().toLowerCase());
      return { value: label ?? said };
    },
  };
}

function withHint(title: string, hint: string | undefined): string {
  return hint?.trim() ? `${title}\n\n${hint.trim()}` : title;
}

function parsed(value: string): Wire {
  try {
    return record(JSON.parse(value));
  } catch {
    return {};
  }
}

/** A fence longer than any run of backticks inside. */
function fence(language: string, body: string): string {
  if (body === '') return '';
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${body}\n${ticks}`;
}
