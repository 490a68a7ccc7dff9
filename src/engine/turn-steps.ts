import type { AgentEventBody, ToolCall } from '../core/agent-event.ts';
import { inlineCode, shorten } from './tool-format.ts';

type PlanStep = Extract<AgentEventBody, { kind: 'plan' }>['steps'][number];

/** Steps shown above the text; older ones are counted. */
const shownSteps = 6;
/** Characters of what a tool does. */
const summaryLength = 80;

interface Step {
  readonly id: string;
  readonly line: string;
  mark: '⏳' | '✅' | '❌' | '💭';
}

/** What a turn has done so far, a line each: stands above the growing answer in the same message (`card_mode = "rich"`). */
export class TurnSteps {
  private steps: Step[] = [];
  private plan: readonly PlanStep[] = [];
  private gone = 0;

  started(call: ToolCall): void {
    const summary = shorten(call.summary.trim().replaceAll(/\s+/g, ' '), summaryLength);
    this.add({ id: call.id, mark: '⏳', line: summary ? `${call.name} ${inlineCode(summary)}` : call.name });
  }

  ended(id: string, ok: boolean): void {
    const step = this.steps.find((one) => one.id === id);
    if (step) step.mark = ok ? '✅' : '❌';
  }

  thought(text: string): void {
    const line = shorten(text.trim().replaceAll(/\s+/g, ' '), summaryLength);
    if (line) this.add({ id: '', mark: '💭', line });
  }

  planned(steps: readonly PlanStep[]): void {
    this.plan = steps;
  }

  /** As a quote; empty while nothing was done. */
  get markdown(): string {
    const marks = { pending: '⬜', running: '▶️', done: '✅' } as const;
    const lines = [
      ...(this.gone > 0 ? [`… +${this.gone}`] : []),
      ...this.steps.map(({ mark, line }) => `${mark} ${line}`),
      ...this.plan.map(({ state, text }) => `${marks[state]} ${text}`),
    ];
    return lines.map((line) => `> ${line}`).join('  \n');
  }

  private add(step: Step): void {
    this.steps.push(step);
    if (this.steps.length <= shownSteps) return;
    this.steps.shift();
    this.gone += 1;
  }
}
