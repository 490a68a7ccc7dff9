import type { ApprovalOption, ApprovalRequest, Question } from '../core/agent-event.ts';
import type { Button, Card, CardBlock, FormField } from '../core/card.ts';
import type { Language } from '../i18n/languages.ts';
import { approvalTexts as texts } from '../i18n/texts/approval.ts';
import { translate } from '../i18n/translate.ts';
import type { ApprovalRow } from '../store/rows.ts';
import { fenced, shorten } from './tool-format.ts';

/** Button payloads: `p:<id>:<option index|all>`, `q:<id>:<question>:<option|done>`, `f:<id>` for a form. */
export const approvalPayload = /^([pqf]):([0-9A-Za-z]+)(?::(\w+))?(?::(\w+))?$/;

export interface CardContext {
  readonly language: Language;
  /** Characters of detail shown; 0 = all. */
  readonly detailMax: number;
  readonly forms: boolean;
}

/** The request as it is shown while it waits. */
export function openCard(row: ApprovalRow, context: CardContext): Card {
  const request = row.request;
  if (request.kind === 'question') return questionCard(row, request, context);
  const say = (text: keyof typeof texts, values = {}) => translate(texts[text], context.language, values);
  const blocks: CardBlock[] = [];
  if (request.kind === 'permission') {
    const detail = request.detail ?? request.summary;
    if (detail)
      blocks.push({
        kind: 'text',
        markdown:
          detail.includes('```') || detail.length < 100
            ? shorten(detail, context.detailMax * 4)
            : fenced('', shorten(detail, context.detailMax)),
      });
  } else {
    blocks.push({ kind: 'text', markdown: request.plan.trim() || say('noPlanText') });
  }
  blocks.push({ kind: 'buttons', rows: optionRows(row, request.options, context) });
  blocks.push({ kind: 'note', text: say('hint') });
  return request.kind === 'plan'
    ? { title: say('planTitle'), tone: 'violet', blocks }
    : { title: say('permissionTitle', { tool: request.tool }), tone: 'orange', blocks };
}

function optionRows(row: ApprovalRow, options: readonly ApprovalOption[], context: CardContext): Button[][] {
  const rows: Button[][] = [];
  const short: Button[] = [];
  options.forEach((option, index) => {
    const label = option.label || ownLabel(option, row.request, context.language);
    const style = option.role === 'deny' ? 'danger' : option.role === 'allow' ? 'primary' : 'default';
    const button: Button = { label, data: `p:${row.id}:${index}`, style };
    if (label.length <= 20 && (option.role === 'allow' || option.role === 'deny')) short.push(button);
    else rows.push([button]);
  });
  if (row.request.kind === 'permission')
    rows.push([{ label: translate(texts.allowAll, context.language), data: `p:${row.id}:all` }]);
  return short.length > 0 ? [short, ...rows] : rows;
}

function ownLabel(option: ApprovalOption, request: ApprovalRequest, language: Language): string {
  if (request.kind === 'plan')
    return translate(option.role === 'deny' ? texts.rejectPlan : texts.approvePlan, language);
  if (option.role === 'allow') return translate(texts.allow, language);
  if (option.role === 'allow_always') return translate(texts.allowAlways, language);
  return option.role === 'deny' ? translate(texts.deny, language) : option.id;
}

/** The first question without an answer; forms show all at once. */
function questionCard(
  row: ApprovalRow,
  request: Extract<ApprovalRequest, { kind: 'question' }>,
  context: CardContext,
): Card {
  const say = (text: keyof typeof texts) => translate(texts[text], context.language);
  if (context.forms) {
    const blocks: CardBlock[] = request.questions.map((question) => ({
      kind: 'text',
      markdown: `**${question.text}**`,
    }));
    const fields = request.questions.flatMap((question, index) =>
      formFields(question, index, say('ownWords')),
    );
    blocks.push({
      kind: 'form',
      fields,
      submit: { label: say('submit'), data: `f:${row.id}`, style: 'primary' },
    });
    return { title: say('questionTitle'), tone: 'blue', blocks };
  }
  const index = currentQuestion(row);
  const question = request.questions[index];
  if (!question) return { title: say('questionTitle'), tone: 'blue', blocks: [] };
  const chosen = row.progress[`~${question.id}`] ?? [];
  const lines = question.options.map(
    (option, at) => `${at + 1}. **${option.label}**${option.description ? ` – ${option.description}` : ''}`,
  );
  const head = question.header ? `**${question.header}** (${index + 1}/${request.questions.length})\n` : '';
  const buttons = question.options.map((option, at): Button[] => [
    {
      label: `${chosen.includes(option.label) ? '☑ ' : ''}${option.label}`,
      data: `q:${row.id}:${index}:${at}`,
    },
  ]);
  if (question.multiple)
    buttons.push([{ label: say('done'), data: `q:${row.id}:${index}:done`, style: 'primary' }]);
  const earlier = request.questions
    .slice(0, index)
    .map((one) => `✅ ${one.text} → ${(row.progress[one.id] ?? []).join(', ')}`);
  return {
    title: say('questionTitle'),
    tone: 'blue',
    blocks: [
      ...(earlier.length > 0 ? [{ kind: 'text' as const, markdown: earlier.join('\n') }] : []),
      { kind: 'text', markdown: `${head}${question.text}\n\n${lines.join('\n')}` },
      { kind: 'buttons', rows: buttons },
      { kind: 'note', text: say(question.multiple ? 'multiHint' : 'questionHint') },
    ],
  };
}

/** Index of the first question that has no answer yet. */
export function currentQuestion(row: ApprovalRow): number {
  if (row.request.kind !== 'question') return 0;
  const open = row.request.questions.findIndex((question) => row.progress[question.id] === undefined);
  return open === -1 ? row.request.questions.length : open;
}

function formFields(question: Question, index: number, ownWords: string): FormField[] {
  const options = question.options.map((option) => ({
    label: option.label,
    value: option.label,
    description: option.description,
  }));
  return [
    ...(options.length > 0
      ? [
          {
            kind: 'choice' as const,
            name: `q${index}`,
            label: question.text,
            multiple: question.multiple,
            options,
          },
        ]
      : []),
    { kind: 'text', name: `t${index}`, label: ownWords },
  ];
}

/** The request after it was settled: what was decided, and by whom. Only one that expired can be asked again. */
export function settledCard(row: ApprovalRow, context: CardContext): Card {
  const { line, tone } = settledLine(row, context.language);
  const request = row.request;
  const blocks: CardBlock[] = [{ kind: 'text', markdown: line }];
  if (request.kind === 'permission' && request.summary)
    blocks.push({ kind: 'note', text: shorten(request.summary, 200) });
  if (request.kind === 'plan' && request.plan) blocks.unshift({ kind: 'text', markdown: request.plan });
  if (request.kind === 'question' && row.answer?.kind === 'answers') {
    const answers = row.answer.answers;
    blocks.push({
      kind: 'text',
      markdown: request.questions
        .map((question) => `**${question.text}**\n→ ${(answers[question.id] ?? []).join(', ')}`)
        .join('\n'),
    });
  }
  if (row.state === 'expired') {
    const label = translate(texts.askAgain, context.language);
    blocks.push({ kind: 'buttons', rows: [[{ label, data: `e:${row.id}`, style: 'primary' }]] });
  }
  return { tone, blocks };
}

/** One line for a toast or a plain-text platform. */
export function settledLine(
  row: ApprovalRow,
  language: Language,
): { line: string; tone: 'green' | 'red' | 'grey' } {
  const who = row.answeredBy ?? '?';
  const tool = row.request.tool;
  const say = (text: keyof typeof texts, values = {}) => translate(texts[text], language, values);
  if (row.state === 'withdrawn') return { line: say('withdrawn'), tone: 'grey' };
  if (row.state === 'gone') return { line: say('agentGone'), tone: 'grey' };
  if (row.state === 'expired') return { line: say('expired'), tone: 'grey' };
  const answer = row.answer;
  if (answer?.kind === 'deny')
    return {
      line:
        say('denied', { who, tool }) +
        (answer.message && answer.message !== say('deniedMessage') ? `\n> ${answer.message}` : ''),
      tone: 'red',
    };
  if (answer?.kind === 'answers') return { line: say('answered', { who }), tone: 'green' };
  const request = row.request;
  const option =
    answer?.kind === 'option' && request.kind !== 'question'
      ? request.options.find(({ id }) => id === answer.optionId)
      : undefined;
  if (option?.role === 'deny') return { line: say('denied', { who, tool }), tone: 'red' };
  if (option?.role === 'allow_always') return { line: say('allowedAlways', { who, tool }), tone: 'green' };
  if (option?.role === 'other')
    return { line: say('chose', { who, option: option.label || option.id }), tone: 'green' };
  return { line: say('allowed', { who, tool }), tone: 'green' };
}
