import type { AgentProvider, SessionSpec } from '../../src/core/agent.ts';
import type { RealBench } from '../real/bench.ts';
import type { Talk } from '../real/talk.ts';

/** One thing that is recorded: what people do, in terms of the adapter, so that it is said once for all agents. */
export interface Scenario {
  /** Options of the agent. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly provider?: Partial<AgentProvider>;
  /** The last process that it starts is what is recorded, as far as it has come when this resolves. */
  run(at: RealBench): Promise<unknown>;
}

export type Scenarios = Readonly<Record<string, Scenario>>;

type Spec = Partial<SessionSpec>;

/** In the mode that is configured, as the engine opens one. */
function opened(at: RealBench, spec: Spec): Promise<Talk> {
  return at.open({ mode: at.agent.defaultMode, ...spec });
}

/** One prompt, and the end of its turn. */
export function turn(text: string, spec: Spec = {}): Scenario {
  return talk((one) => one.turn(text), spec);
}

/** One conversation. */
export function talk(run: (one: Talk, at: RealBench) => Promise<unknown>, spec: Spec = {}): Scenario {
  return { run: async (at) => run(await opened(at, spec), at) };
}

/** A prompt that ends the program before it begins a turn; the adapter refuses it then. */
export function refused(text: string, env: Readonly<Record<string, string>> = {}): Scenario {
  return {
    run: async (at) => {
      const one = await opened(at, { env: { ...at.env, ...env } });
      await one.say(text).then(
        () => Promise.reject(new Error('it was to be refused')),
        () => undefined,
      );
    },
  };
}

/** A turn whose program gets a signal in the middle, once the first event of this kind came. */
export function killed(
  signal: NodeJS.Signals,
  at: 'text' | 'tool_ended',
  text = 'slow: 20 ;; say: aaaa bbbb cccc dddd eeee ffff',
): Scenario {
  return talk(async (one) => {
    await one.say(text);
    await one.next(at);
    const pid = one.session.process?.pid;
    // Without one it would be our own group.
    if (pid === undefined) throw new Error('no process runs');
    process.kill(-pid, signal);
    await one.next('turn_end');
  });
}

/** The conversation is left and gone on with; what is recorded is the second process. */
export function resumed(spec: Spec = {}): Scenario {
  return {
    run: async (at) => {
      const first = await opened(at, spec);
      await first.turn('say: the word is plum');
      const resume = first.nativeId;
      await first.close();
      const again = await opened(at, { ...spec, ...(resume === undefined ? {} : { resume }) });
      await again.turn('say: which word');
    },
  };
}
