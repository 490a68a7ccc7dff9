import type { AgentEventBody, Usage, UsageLimit } from '../../core/agent-event.ts';
import { number, record, text, type Wire } from '../../kit/acp/wire.ts';

/** Percentages of a usage window at which people are told once. */
const STEPS = [100, 95, 90, 80];

/** Counts the tokens of a turn from `thread/tokenUsage/updated`, whose `total` runs over the whole thread. */
export class UsageMeter {
  #seen: number | undefined;
  #turn: Usage = {};

  /** One notification: the turn's usage so far and what the context now holds. */
  updated(usage: Wire): AgentEventBody[] {
    const total = number(record(usage.total).totalTokens);
    const last = record(usage.last);
    // The same state may be told again, e.g. after a resume.
    if (total !== undefined && total !== this.#seen) this.#add(last);
    this.#seen = total;
    const contextTokens = number(last.totalTokens);
    const contextWindow = number(usage.modelContextWindow);
    this.#turn = {
      ...this.#turn,
      ...(contextTokens === undefined ? {} : { contextTokens }),
      ...(contextWindow === undefined ? {} : { contextWindow }),
    };
    return [{ kind: 'usage', usage: this.#turn }];
  }

  turnStarted(): void {
    this.#turn = {};
  }

  /** Undefined when nothing was told of this turn. */
  get turn(): Usage | undefined {
    return Object.keys(this.#turn).length === 0 ? undefined : this.#turn;
  }

  #add(last: Wire): void {
    const sum = (before: number | undefined, more: unknown) => (before ?? 0) + (number(more) ?? 0);
    this.#turn = {
      ...this.#turn,
      inputTokens: sum(this.#turn.inputTokens, last.inputTokens),
      outputTokens: sum(this.#turn.outputTokens, last.outputTokens),
      cacheReadTokens: sum(this.#turn.cacheReadTokens, last.cachedInputTokens),
      cacheWriteTokens: sum(this.#turn.cacheWriteTokens, last.cacheWriteInputTokens),
    };
  }
}

/** Tells of usage limits, and in words when they come close, each step once. */
export class RateLimits {
  readonly #told = new Map<string, number>();

  updated(limits: Wire): AgentEventBody[] {
    const windows = [limits.primary, limits.secondary].map(limitOf).filter((one) => one !== undefined);
    const told: AgentEventBody[] = windows.length > 0 ? [{ kind: 'limits', limits: windows }] : [];
    return [...told, ...this.#close(limits)];
  }

  #close(limits: Wire): AgentEventBody[] {
    return [limits.primary, limits.secondary].flatMap((value, at) => {
      const window = record(value);
      const used = number(window.usedPercent);
      const step = STEPS.find((percent) => used !== undefined && used >= percent) ?? 0;
      const key = `${text(limits.limitId) ?? ''}/${at}`;
      const before = this.#told.get(key) ?? 0;
      this.#told.set(key, step);
      if (used === undefined || step <= before) return [];
      const notice = { kind: 'other' as const, text: sentence(used, window) };
      return [{ kind: 'notice' as const, notice }];
    });
  }
}

function limitOf(value: unknown): UsageLimit | undefined {
  const window = record(value);
  const usedPercent = number(window.usedPercent);
  const windowMinutes = number(window.windowDurationMins);
  const resets = number(window.resetsAt);
  if (usedPercent === undefined) return undefined;
  return {
    usedPercent,
    ...(windowMinutes === undefined ? {} : { windowMinutes }),
    ...(resets === undefined ? {} : { resetsAt: resets * 1000 }),
  };
}

function sentence(used: number, window: Wire): string {
  const minutes = number(window.windowDurationMins);
  const resets = number(window.resetsAt);
  const span =
    minutes === undefined
      ? ''
      : minutes >= 2880
        ? `${Math.round(minutes / 1440)}-day `
        : `${Math.round(minutes / 60)}-hour `;
  const until = resets === undefined ? '' : `, resets at ${new Date(resets * 1000).toISOString()}`;
  return `Codex: ${Math.round(used)} % of the ${span}usage limit is used${until}`;
}
