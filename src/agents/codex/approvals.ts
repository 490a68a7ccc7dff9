import type { ApprovalAnswer, ApprovalOption, ApprovalRequest, Question } from '../../core/agent-event.ts';
import { json, record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { elicitation, elicitationReply } from '../../kit/elicitation.ts';
import { cut, fence, patchPaths, patchText, plainCommand } from './items.ts';

/** A request of the server's that waits for a person. */
export interface OpenApproval {
  readonly request: ApprovalRequest;
  /** The JSON-RPC result for an answer. */
  reply(answer: ApprovalAnswer): Wire;
}

type Offer = ApprovalOption & { readonly decision: unknown };

/** Undefined for requests that no person can answer. `item`: the file change the request is about. */
export function readApproval(method: string, params: Wire, item: Wire): OpenApproval | undefined {
  switch (method) {
    case 'item/commandExecution/requestApproval':
      return command(params);
    case 'item/fileChange/requestApproval':
      return fileChange(params, item);
    case 'item/permissions/requestApproval':
      return permissions(params);
    case 'item/tool/requestUserInput':
      return userInput(params);
    case 'mcpServer/elicitation/request': {
      const request = elicitation(params);
      return { request, reply: (answer) => elicitationReply(params, answer) };
    }
    default:
      return undefined;
  }
}

function command(params: Wire): OpenApproval {
  const run = plainCommand(text(params.command) ?? '');
  const host = text(record(params.networkApprovalContext).host);
  const reason = text(params.reason);
  const what = run === '' && host !== undefined ? `network access to ${host}` : run;
  const detail = [reason ?? '', run === '' ? what : fence('bash', run)].filter((part) => part !== '');
  const offers = commandOffers(params);
  const request: ApprovalRequest = {
    kind: 'permission',
    tool: 'shell',
    summary: cut(what.replace(/\s*\n\s*/g, ' ⏎ '), 300),
    detail: detail.join('\n\n'),
    input: json({ command: run, cwd: text(params.cwd) ?? '' }),
    options: offers.map(({ decision: _, ...option }) => option),
  };
  return { request, reply: (answer) => ({ decision: decided(offers, answer) }) };
}

/** As the server offers them. It leaves out `decline`, which it takes: denying must be possible without ending the turn. */
function commandOffers(params: Wire): Offer[] {
  const listed = Array.isArray(params.availableDecisions) ? params.availableDecisions : [];
  const decisions: unknown[] = listed.length > 0 ? [...listed] : ['accept', 'acceptForSession', 'cancel'];
  if (!decisions.includes('accept')) decisions.unshift('accept');
  if (!decisions.includes('decline')) {
    const cancel = decisions.indexOf('cancel');
    decisions.splice(cancel < 0 ? decisions.length : cancel, 0, 'decline');
  }
  return decisions.map((decision, at) => {
    if (typeof decision === 'string') return namedOffer(decision);
    const amendment = record(record(decision).acceptWithExecpolicyAmendment).execpolicy_amendment;
    const words = Array.isArray(amendment) ? amendment.join(' ') : '';
    const role = words === '' ? 'other' : 'allow_always';
    const label =
      words === '' ? (Object.keys(record(decision))[0] ?? 'other') : `Always allow: ${cut(words, 60)}`;
    return { id: `offer-${at}`, label, role, decision };
  });
}

function namedOffer(decision: string): Offer {
  const roles: Readonly<Record<string, ApprovalOption['role']>> = {
    accept: 'allow',
    acceptForSession: 'allow_always',
    decline: 'deny',
  };
  const role = Object.hasOwn(roles, decision) ? (roles[decision] ?? 'other') : 'other';
  const label = role !== 'other' ? '' : decision === 'cancel' ? 'Cancel turn' : decision;
  return { id: decision, label, role, decision };
}

function decided(offers: readonly Offer[], answer: ApprovalAnswer): unknown {
  if (answer.kind !== 'option') return 'decline';
  return offers.find(({ id }) => id === answer.optionId)?.decision ?? 'decline';
}

/** The request itself names no file: what is changed stands in the item begun before. */
function fileChange(params: Wire, item: Wire): OpenApproval {
  const offers = ['accept', 'acceptForSession', 'decline', 'cancel'].map(namedOffer);
  const reason = text(params.reason);
  const root = text(params.grantRoot);
  const diff = patchText(item);
  const parts = [
    reason ?? '',
    root === undefined ? '' : `Write access to ${root}`,
    diff === '' ? '' : fence('diff', diff),
  ];
  const request: ApprovalRequest = {
    kind: 'permission',
    tool: 'apply_patch',
    summary: patchPaths(item) || reason || root || '',
    detail: parts.filter((part) => part !== '').join('\n\n'),
    input: json({ changes: records(item.changes) }),
    options: offers.map(({ decision: _, ...option }) => option),
  };
  return { request, reply: (answer) => ({ decision: decided(offers, answer) }) };
}

function permissions(params: Wire): OpenApproval {
  const asked = record(params.permissions);
  const granted = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null));
  const wanted = JSON.stringify(granted, null, 2);
  const request: ApprovalRequest = {
    kind: 'permission',
    tool: 'permissions',
    summary: text(params.reason) ?? cut(JSON.stringify(granted), 300),
    detail: fence('json', wanted),
    input: json(asked),
    options: [
      { id: 'turn', label: '', role: 'allow' },
      { id: 'session', label: '', role: 'allow_always' },
      { id: 'deny', label: '', role: 'deny' },
    ],
  };
  const reply = (answer: ApprovalAnswer) => {
    const scope = answer.kind === 'option' ? answer.optionId : 'deny';
    if (scope !== 'turn' && scope !== 'session') return { permissions: {}, scope: 'turn' };
    return { permissions: granted, scope };
  };
  return { request, reply };
}

function userInput(params: Wire): OpenApproval {
  const questions = records(params.questions).map(readQuestion);
  const reply = (answer: ApprovalAnswer) => ({
    answers: Object.fromEntries(
      questions.map(({ id }) => [
        id,
        { answers: answer.kind === 'answers' ? (answer.answers[id] ?? []) : refusal(answer) },
      ]),
    ),
  });
  return { request: { kind: 'question', tool: 'request_user_input', questions }, reply };
}

/** The model gets the reason as the answer; there is no way to refuse one. */
function refusal(answer: ApprovalAnswer): string[] {
  const message = answer.kind === 'answers' ? undefined : answer.message;
  return [message?.trim() || 'The user does not want to answer.'];
}

function readQuestion(line: Wire): Question {
  const header = text(line.header);
  return {
    id: text(line.id) ?? '',
    ...(header ? { header } : {}),
    text: text(line.question) ?? '',
    multiple: false,
    options: records(line.options).map((option) => {
      const description = text(option.description);
      return { label: text(option.label) ?? '', ...(description ? { description } : {}) };
    }),
  };
}
