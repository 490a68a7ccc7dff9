import { randomUUID } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Agent,
  AgentDefinition,
  AgentProvider,
  PromptImage,
  SessionSpec,
} from '../../src/core/agent.ts';
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

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

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

  /** Whether this file lies in the working folder. */
  has(file: string): Promise<boolean> {
    return stat(join(this.place.workDir, file)).then(
      () => true,
      () => false,
    );
  }

  /** A picture of one pixel. */
  async picture(): Promise<PromptImage> {
    const path = join(this.place.home, 'a picture.png');
    await writeFile(path, Buffer.from(PIXEL, 'base64'));
    return { path, mime: 'image/png' };
  }

  async close(): Promise<void> {
    await Promise.all(this.#talks.map((talk) => talk.close()));
    await this.place.remove();
  }
}

/** The scripted model as a provider. */
export function scripted(baseUrl: string, more: Partial<AgentProvider> = {}): AgentProvider {
  return { name: 'scripted', baseUrl, apiKey: 'sk-scripted-key', models: [], env: {}, ...more };
}

/** What every CLI needs of an environment, and nothing else. */
export function bareEnv(place: Place): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: place.home, TERM: 'dumb', LANG: 'C.UTF-8' };
}
