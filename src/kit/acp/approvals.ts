import type { ApprovalAnswer, ApprovalOption, ApprovalRequest } from '../../core/agent-event.ts';
import { elicitation, elicitationReply } from '../elicitation.ts';
import type { Asked } from './open-requests.ts';
import type { ToolView } from './tool-view.ts';
import { json, records, text, type Wire } from './wire.ts';

/** One option of a permission request, with the protocol's own kind kept for denying. */
interface Offered extends ApprovalOption {
  readonly kind: string;
}

/** The protocol's word for "nobody answers". */
export const CANCELLED = { outcome: { outcome: 'cancelled' } };

/** `session/request_permission` about a tool call. */
export function permissionAsked(tool: ToolView, options: unknown): Asked {
  const offered = offeredOptions(options);
  return {
    request: approvalRequest(tool, offered),
    cancelled: CANCELLED,
    reply(answer) {
      const chosen = choose(offered, answer);
      if (chosen === 'cancelled') return CANCELLED;
      return chosen && { outcome: { outcome: 'selected', optionId: chosen.id } };
    },
  };
}

/** `elicitation/create`: questions in the shape of a form. */
export function elicitationAsked(params: Wire, asker: string): Asked {
  return {
    request: elicitation(params, asker),
    cancelled: { action: 'cancel' },
    reply: (answer) => elicitationReply(params, answer),
  };
}

function choose(offered: readonly Offered[], answer: ApprovalAnswer): Offered | 'cancelled' | undefined {
  if (answer.kind === 'option') return offered.find((option) => option.id === answer.optionId);
  if (answer.kind === 'answers') {
    const said = Object.values(answer.answers).flat();
    return offered.find((option) => said.includes(option.label));
  }
  return (
    offered.find((option) => option.kind === 'reject_once') ??
    offered.find((option) => option.kind === 'reject_always') ??
    'cancelled'
  );
}

/**
 * Gives each option a role. Several options of one kind are no plain yes or no (questions come this way, one
 * option per answer), so a role is only given where it is unique: nobody must be able to pick the first of
 * many by saying "yes".
 */
export function offeredOptions(options: unknown): Offered[] {
  const wire = records(options);
  const kinds = wire.map((option) => text(option.kind) ?? '');
  const alone = (kind: string) => kinds.filter((other) => other === kind).length === 1;
  return wire.map((option, index) => {
    const id = text(option.optionId) ?? '';
    const kind = kinds[index] ?? '';
    return { id, label: text(option.name) ?? id, role: roleOf(kind, alone, kinds), kind };
  });
}

function roleOf(
  kind: string,
  alone: (kind: string) => boolean,
  kinds: readonly string[],
): ApprovalOption['role'] {
  if (!alone(kind)) return 'other';
  if (kind === 'allow_once') return 'allow';
  if (kind === 'allow_always') return 'allow_always';
  if (kind === 'reject_once') return 'deny';
  return kind === 'reject_always' && !kinds.includes('reject_once') ? 'deny' : 'other';
}

function approvalRequest(tool: ToolView, offered: readonly Offered[]): ApprovalRequest {
  const options = offered.map(({ id, label, role }) => ({ id, label, role }));
  const plan = tool.kind === 'switch_mode' ? (text(tool.input.plan) ?? tool.body) : '';
  if (plan !== '') return { kind: 'plan', tool: tool.name, plan, options };
  return {
    kind: 'permission',
    tool: tool.name,
    summary: tool.title,
    detail: detail(tool),
    input: json(tool.input),
    options,
  };
}

function detail(tool: ToolView): string | undefined {
  const { diff, body, title } = tool;
  if (diff !== undefined) return fence('diff', diff);
  if (tool.kind === 'execute') return [fence('bash', title), body].filter((part) => part !== '').join('\n\n');
  return body === '' || body === title ? undefined : body;
}

function fence(language: string, content: string): string {
  const ticks = content.includes('```') ? '````' : '```';
  return `${ticks}${language}\n${content}\n${ticks}`;
}

/** The params of `session/request_permission` that name the call. */
export function permissionCall(params: Wire): Wire {
  const call = params.toolCall;
  return typeof call === 'object' && call !== null ? (call as Wire) : {};
}
