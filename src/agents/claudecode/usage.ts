import type { Usage } from '../../core/agent-event.ts';
import { asObject, type Line, number, object } from './wire.ts';

/** Turns the CLI's counts into counts per turn: tokens are per turn already, the cost is a running total. */
export class UsageMeter {
  #totalCost = 0;
  #contextTokens: number | undefined;
  #model: string | undefined;

  /** Usage of one model answer of the agent itself: its whole input and output are what the context now holds. */
  answered(usage: Line, model: string | undefined): void {
    const input = number(usage, 'input_tokens');
    if (input === undefined) return;
    const cached =
      (number(usage, 'cache_read_input_tokens') ?? 0) + (number(usage, 'cache_creation_input_tokens') ?? 0);
    const tokens = input + cached + (number(usage, 'output_tokens') ?? 0);
    if (tokens > 0) this.#contextTokens = tokens;
    if (model !== undefined) this.#model = model;
  }

  /** The context was emptied or shrunk; its size is unknown until the next answer. */
  forgetContext(): void {
    this.#contextTokens = undefined;
  }

  /** The usage of the turn that this result line ends. */
  ofTurn(result: Line): Usage {
    const usage = object(result, 'usage');
    const total = number(result, 'total_cost_usd');
    let costUsd: number | undefined;
    if (total !== undefined) {
      // A cleared conversation starts counting anew.
      costUsd = total >= this.#totalCost ? total - this.#totalCost : total;
      this.#totalCost = total;
    }
    return {
      ...(usage === undefined ? {} : tokens(usage)),
      ...present('costUsd', costUsd),
      ...present('contextTokens', this.#contextTokens),
      ...present('contextWindow', this.#window(object(result, 'modelUsage'))),
    };
  }

  #window(models: Line | undefined): number | undefined {
    if (models === undefined) return undefined;
    const windows = Object.entries(models).flatMap(([name, value]) => {
      const size = number(asObject(value) ?? {}, 'contextWindow');
      return size === undefined ? [] : [{ name, size }];
    });
    const model = this.#model;
    // The key may carry a suffix such as `[1m]`.
    const own = windows.find(({ name }) => model !== undefined && name.startsWith(model));
    return own?.size ?? (windows.length > 0 ? Math.max(...windows.map(({ size }) => size)) : undefined);
  }
}

function tokens(usage: Line): Usage {
  return {
    ...present('inputTokens', number(usage, 'input_tokens')),
    ...present('outputTokens', number(usage, 'output_tokens')),
    ...present('cacheReadTokens', number(usage, 'cache_read_input_tokens')),
    ...present('cacheWriteTokens', number(usage, 'cache_creation_input_tokens')),
  };
}

function present<K extends keyof Usage>(key: K, value: number | undefined): Usage {
  return value === undefined ? {} : { [key]: value };
}
