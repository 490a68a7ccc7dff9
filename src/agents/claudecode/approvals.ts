import type { ApprovalAnswer, ApprovalOption, ApprovalRequest, Question } from '../../core/agent-event.ts';
import type { JsonObject } from '../../core/json.ts';
import { toolDetail, toolSummary } from './tools.ts';
import { type Line, object, objects, text } from './wire.ts';

/** An open `can_use_tool` request. */
export interface OpenApproval {
  readonly request: ApprovalRequest;
  /** As the CLI normalised it; must be echoed when allowed, older versions fail without. */
  readonly input: JsonObject;
  /** The rule that would allow this for good; the other suggestions change the permission mode and are not used. */
  readonly rules: readonly Line[];
}

const ALLOW: ApprovalOption = { id: 'allow', label: '', role: 'allow' };
const ALLOW_ALWAYS: ApprovalOption = { id: 'allow_always', label: '', role: 'allow_always' };
const DENY: ApprovalOption = { id: 'deny', label: '', role: 'deny' };

/** Reads the `request` of a `can_use_tool` control request. `plan` is the text of a plan file, where there is one. */
export function readApproval(request: Line, plan?: string): OpenApproval {
  const tool = text(request, 'tool_name') ?? 'unknown';
  const input = (object(request, 'input') ?? {}) as JsonObject;
  const rules = objects(request, 'permission_suggestions').filter((entry) => entry.type === 'addRules');
  return { request: approvalRequest(tool, input, rules.length > 0, plan), input, rules };
}

/** The plan file the request points to, when its input does not carry the plan itself. */
export function planFile(request: Line): string | undefined {
  if (text(request, 'tool_name') !== 'ExitPlanMode') return undefined;
  const input = object(request, 'input') ?? {};
  const plan = text(input, 'plan') ?? '';
  return plan.trim() === '' ? text(input, 'planFilePath') : undefined;
}

function approvalRequest(
  tool: string,
  input: JsonObject,
  always: boolean,
  plan: string | undefined,
): ApprovalRequest {
  if (tool === 'AskUserQuestion') {
    const questions = objects(input, 'questions').map(readQuestion);
    if (questions.length > 0) return { kind: 'question', tool, questions };
  }
  if (tool === 'ExitPlanMode') {
    return { kind: 'plan', tool, plan: text(input, 'plan') ?? plan ?? '', options: [ALLOW, DENY] };
  }
  return {
    kind: 'permission',
    tool,
    summary: toolSummary(input),
    detail: toolDetail(tool, input),
    input,
    options: always ? [ALLOW, ALLOW_ALWAYS, DENY] : [ALLOW, DENY],
  };
}

function readQuestion(line: Line): Question {
  const question = text(line, 'question') ?? '';
  const header = text(line, 'header');
  return {
    id: question,
    text: question,
    multiple: line.multiSelect === true,
    ...(header === undefined ? {} : { header }),
    options: objects(line, 'options').map((option) => {
      const description = text(option, 'description');
      return { label: text(option, 'label') ?? '', ...(description === undefined ? {} : { description }) };
    }),
  };
}

/** The `response` body for an answer. */
export function answerBody(open: OpenApproval, answer: ApprovalAnswer): Line {
  if (answer.kind === 'deny') return deny(answer.message);
  if (answer.kind === 'answers') {
    // Keyed by the question's text; several choices are one comma-separated string.
    const answers = Object.fromEntries(
      Object.entries(answer.answers).map(([id, chosen]) => [id, chosen.join(', ')]),
    );
    return { behavior: 'allow', updatedInput: { ...open.input, answers } };
  }
  if (answer.optionId === 'deny') return deny(answer.message ?? '');
  const allowed = { behavior: 'allow', updatedInput: answer.input ?? open.input };
  if (answer.optionId !== 'allow_always' || open.rules.length === 0) return allowed;
  // Older versions ignore a rule in the settings file of a folder nobody has trusted in a terminal; for this session
  // it holds at once when it is given for the session too.
  const now = open.rules.map((rule) => ({ ...rule, destination: 'session' }));
  return { ...allowed, updatedPermissions: [...open.rules, ...now] };
}

function deny(message: string): Line {
  return { behavior: 'deny', message: message.trim() === '' ? 'The user denied this.' : message };
}
