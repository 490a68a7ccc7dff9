import { randomUUID } from 'node:crypto';
import type { Agent, AgentDefinition, AgentProvider, SessionSpec } from '../../src/core/agent.ts';
import { silentLog } from '../agents/claudecode/silent-log.ts';
import { freshPlace, type Place } from './setup.ts';
import { Talk } from './talk.ts';

/** How one real CLI is set up in a place of its own. */
export interface BenchSetup {
  readonly definition: AgentDefinition;
  /** Options of the agent beside `work_dir`. */
  readonly options: (place: Place) => Readonly<Record<string, unknown>>;
  readonly provider?: AgentProvider | undefined;
  /** The whole environment of the CLI; nothing of this machine's takes part. */
  readonly env: (place: Place) => Readonly<Record<string, string>>;
  /** How long an event of a running turn may take, in ms; for a CLI that starts slowly. */
  readonly patienceMs?: number;
}

/** A real CLI in a place of its own, driven through its adapter. */
export class RealBench {
  readonly place: Place;
  readonly env: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly #talks: Talk[] = [];
  readonly #patienceMs: number | undefined;

  protected constructor(place: Place, setup: BenchSetup) {
    this.place = place;
    this.#patienceMs = setup.patienceMs;
    this.env = setup.env(place);
    const { provider } = setup;
    this.agent = setup.definition.create(
      { work_dir: place.workDir, ...setup.options(place) },
      {
        log: silentLog,
        cacheDir: place.cacheDir,
        baseDir: place.workDir,
        ...(provider === undefined ? {} : { provider }),
      },
    );
  }

  static async open(setup: BenchSetup): Promise<RealBench> {
    return new RealBench(await freshPlace(), setup);
  }

  /** A conversation: a fresh one, or with `resume` an earlier one. */
  async open(change: Partial<SessionSpec> = {}): Promise<Talk> {
    const spec: SessionSpec = {
      workDir: this.place.workDir,
      env: this.env,
      systemPrompt: 'You are reached over a chat.',
      allowedTools: [],
      marker: randomUUID(),
      ...change,
    };
    const session = await this.agent.open(spec, AbortSignal.timeout(this.#patienceMs ?? 40_000));
    const talk = new Talk(session, this.#patienceMs);
    this.#talks.push(talk);
    return talk;
  }

  async close(): Promise<void> {
    await Promise.all(this.#talks.map((talk) => talk.close()));
    await this.place.remove();
  }
}

/** What every CLI needs of an environment, and nothing else. */
export function bareEnv(place: Place): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: place.home, TERM: 'dumb', LANG: 'C.UTF-8' };
}
