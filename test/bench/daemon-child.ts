import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from '../../src/app.ts';
import type { AgentDefinition } from '../../src/core/agent.ts';
import { type PromptSeen, ScriptedEngine } from '../sim/agent/in-process.ts';
import { clock } from './numbers.ts';
import { firstWord, lastWord, planOf, proseAt } from './script.ts';

/** When something happened inside the daemon, by the shared clock. */
export interface Mark {
  readonly turn: number;
  readonly what: 'prompt' | 'first' | 'last';
  readonly at: number;
}

export type Question = 'marks' | 'watch' | 'delay' | 'memory' | 'stop';
export interface Answers {
  readonly marks: readonly Mark[];
  readonly watch: null;
  /** Event-loop delay since `watch`, ms. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly memory: { readonly rss: number; readonly heap: number };
  readonly stop: null;
}

/** A daemon with the scripted agent inside, in a process of its own; it answers the bench's questions over IPC. */
export async function runDaemonChild(configFile: string): Promise<void> {
  const marks: Mark[] = [];
  const engine = new ScriptedEngine({ now: clock, outcome: true });
  engine.respond = 'manual';
  engine.onPrompt = (seen) => void answer(seen, marks);
  const daemon = await startDaemon({ configFile, log: { to: 'stderr' } }, { agents: [stoodIn(engine)] });
  await daemon.ready;
  let histogram: IntervalHistogram | undefined;
  const replies: { [Q in Question]: () => Answers[Q] | Promise<Answers[Q]> } = {
    marks: () => marks.splice(0),
    watch: () => {
      histogram = monitorEventLoopDelay({ resolution: 1 });
      histogram.enable();
      return null;
    },
    delay: () => {
      histogram?.disable();
      const ms = (share: number) => (histogram?.percentile(share) ?? 0) / 1e6;
      return { p50: ms(50), p99: ms(99), max: (histogram?.max ?? 0) / 1e6 };
    },
    memory: () => {
      globalThis.gc?.();
      globalThis.gc?.();
      const { rss, heapUsed } = process.memoryUsage();
      return { rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20 };
    },
    stop: async () => {
      await daemon.stop('the bench is over');
      return null;
    },
  };
  process.on('message', async (question: Question) => {
    process.send?.({ question, answer: await replies[question]() });
    if (question === 'stop') process.disconnect();
  });
  process.send?.({ question: 'ready', answer: null });
}

/**
 * The scripted agent under the name of a type that configs may have. It says of itself what real agents with a
 * transcript say: what became of a prompt can be looked up after a crash.
 */
function stoodIn(engine: ScriptedEngine): AgentDefinition {
  return {
    type: 'demo',
    binaries: [],
    options: ['work_dir', 'mode', 'model'],
    create: (options, context) => {
      const agent = engine.definition.create(options, context);
      return { ...agent, capabilities: { ...agent.capabilities, outcome: true } };
    },
  };
}

async function answer({ session, prompt, at }: PromptSeen, marks: Mark[]): Promise<void> {
  const plan = planOf(prompt.text);
  if (!plan) {
    session.delta('warm');
    session.end();
    return;
  }
  marks.push({ turn: plan.turn, what: 'prompt', at });
  await sleep(plan.thinkMs);
  marks.push({ turn: plan.turn, what: 'first', at: clock() });
  session.delta(
    `${firstWord(plan.turn)} and so it begins, with a sentence that is long enough to be shown. `,
  );
  for (let index = 0; index < plan.deltas; index += 1) {
    await sleep(plan.everyMs);
    session.delta(proseAt(index));
  }
  await sleep(plan.everyMs);
  marks.push({ turn: plan.turn, what: 'last', at: clock() });
  session.delta(lastWord(plan.turn));
  session.end();
}
