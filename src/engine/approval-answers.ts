import type { ApprovalAnswer, ApprovalOption, Question } from '../core/agent-event.ts';
import type { ApprovalRow } from '../store/rows.ts';
import { currentQuestion } from './approval-card.ts';
import { verdictOf } from './approval-words.ts';

/** What one press, form or text does to a request. */
export type Step =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'allow_all' }
  /** More is needed: further questions, or `Done` of a multiple choice. */
  | { readonly kind: 'progress'; readonly progress: ApprovalRow['progress'] }
  | { readonly kind: 'answer'; readonly answer: ApprovalAnswer };

const nothing: Step = { kind: 'nothing' };

/** A button: an option of a permission or plan by index, or a choice of a question. */
export function answerFromPress(row: ApprovalRow, first: string, second: string | undefined): Step {
  const request = row.request;
  if (request.kind !== 'question') {
    const option = request.options[Number(first)];
    return option ? { kind: 'answer', answer: optionAnswer(option) } : nothing;
  }
  const question = request.questions[Number(first)];
  if (!question || row.progress[question.id] !== undefined) return nothing;
  const marked = row.progress[`~${question.id}`] ?? [];
  if (second === 'done') return answerQuestion(row, question, marked);
  const label = question.options[Number(second)]?.label;
  if (label === undefined) return nothing;
  if (!question.multiple) return answerQuestion(row, question, [label]);
  const toggled = marked.includes(label) ? marked.filter((one) => one !== label) : [...marked, label];
  return { kind: 'progress', progress: { ...row.progress, [`~${question.id}`]: toggled } };
}

/** A form with all questions: `q<index>` holds choices, `t<index>` own words, which win for single choices. */
export function answerFromForm(
  row: ApprovalRow,
  form: Readonly<Record<string, string | readonly string[]>>,
): Step {
  if (row.request.kind !== 'question') return nothing;
  const answers: Record<string, readonly string[]> = {};
  for (const [index, question] of row.request.questions.entries()) {
    const chosen = listOf(form[`q${index}`]);
    const own = listOf(form[`t${index}`]);
    const given = question.multiple ? [...chosen, ...own] : own.length > 0 ? own : chosen;
    if (given.length === 0) return nothing;
    answers[question.id] = given;
  }
  return { kind: 'answer', answer: { kind: 'answers', answers } };
}

/**
 * A text. Permissions and plans take a bare word; as a reply, other words deny and tell the agent why. Questions
 * take numbers, labels, or own words when it is the only request open or a reply to it.
 */
export function answerFromText(row: ApprovalRow, text: string, how: { reply: boolean; only: boolean }): Step {
  const request = row.request;
  if (request.kind === 'question') {
    const question = request.questions[currentQuestion(row)];
    const chosen = question ? choicesFromText(question, text, how.reply || how.only) : undefined;
    return question && chosen ? answerQuestion(row, question, chosen) : nothing;
  }
  const verdict = verdictOf(text);
  if (verdict === 'allow_all')
    return request.kind === 'permission' ? { kind: 'allow_all' } : answerFromText(row, 'allow', how);
  if (verdict) {
    const option =
      request.options.find(({ role }) => role === verdict) ??
      (verdict === 'allow' ? request.options.find(({ role }) => role === 'allow_always') : undefined);
    if (option) return { kind: 'answer', answer: optionAnswer(option) };
    return verdict === 'deny' ? { kind: 'answer', answer: { kind: 'deny', message: text } } : nothing;
  }
  if (how.reply && text.trim()) return { kind: 'answer', answer: { kind: 'deny', message: text.trim() } };
  return nothing;
}

function answerQuestion(row: ApprovalRow, question: Question, chosen: readonly string[]): Step {
  if (row.request.kind !== 'question' || chosen.length === 0) return nothing;
  const progress = { ...row.progress, [question.id]: chosen };
  if (row.request.questions.some(({ id }) => progress[id] === undefined))
    return { kind: 'progress', progress };
  const answers = Object.fromEntries(row.request.questions.map(({ id }) => [id, progress[id] ?? []]));
  return { kind: 'answer', answer: { kind: 'answers', answers } };
}

/** Numbers (`2`, `1,3`, `1 3`), labels, or, where allowed, free text. */
function choicesFromText(question: Question, text: string, freeText: boolean): readonly string[] | undefined {
  const trimmed = text.trim();
  if (!trimmed) return undefined;
  if (/^\d+([\s,，、]+\d+)*$/.test(trimmed)) {
    const labels = trimmed.split(/[\s,，、]+/).map((number) => question.options[Number(number) - 1]?.label);
    const known = labels.filter((label) => label !== undefined);
    if (known.length === labels.length && (question.multiple || known.length === 1)) return known;
    return undefined;
  }
  const label = question.options.find(
    (option) => option.label.toLowerCase() === trimmed.toLowerCase(),
  )?.label;
  if (label !== undefined) return [label];
  return freeText ? [trimmed] : undefined;
}

function optionAnswer(option: ApprovalOption): ApprovalAnswer {
  return { kind: 'option', optionId: option.id };
}

function listOf(value: string | readonly string[] | undefined): string[] {
  const list = typeof value === 'string' ? [value] : [...(value ?? [])];
  return list.map((one) => one.trim()).filter(Boolean);
}
