import { randomUUID } from 'node:crypto';
import { definition } from '../../src/agents/codex/index.ts';
import type { Agent, AgentProvider, SessionSpec } from '../../src/core/agent.ts';
import { silentLog } from '../agents/codex/fake.ts';
import type { ResponsesServer } from '../sim/models/openai-responses.ts';
import { Talk } from './claude-session.ts';
import { programPath } from './programs.mjs';
import { freshPlace, type Place } from './setup.ts';

/** The pinned version; `npm run test:agents` installs it. */
export const CODEX_VERSION = '0.169.0';

/** Path of the installed program; throws when `npm run test:agents` has not installed it. */
export function codexBinary(): string {
  return programPath('@openai/codex', CODEX_VERSION);
}

/** Otherwise an error of the scripted model takes half a minute to come through. */
const FEW_RETRIES = ['request_max_retries', 'stream_max_retries'].flatMap((name) => [
  '-c',
  `model_providers.cc-connect.${name}=1`,
]);

/** The real CLI in a place of its own, with the scripted model as its provider. */
export class CodexBench {
  readonly place: Place;
  readonly env: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly #talks: Talk[] = [];

  constructor(place: Place, model: ResponsesServer, options: object, provider: Partial<AgentProvider>) {
    this.place = place;
    this.env = {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      HOME: place.home,
      TERM: 'dumb',
      LANG: 'C.UTF-8',
    };
    const own = { cmd: [codexBinary(), ...FEW_RETRIES], work_dir: place.workDir, env: { HOME: place.home } };
    this.agent = definition.create(
      { ...own, ...options },
      {
        log: silentLog,
        cacheDir: place.cacheDir,
        baseDir: place.workDir,
        provider: {
          name: 'scripted',
          baseUrl: model.url,
          apiKey: 'sk-scripted-key',
          models: [],
          env: {},
          ...provider,
        },
      },
    );
  }

  static async make(model: ResponsesServer, options: object = {}, provider: Partial<AgentProvider> = {}) {
    return new CodexBench(await freshPlace(), model, options, provider);
  }

  async open(change: Partial<SessionSpec> = {}): Promise<Talk> {
    const spec: SessionSpec = {
      workDir: this.place.workDir,
      env: this.env,
      systemPrompt: 'You are reached over a chat.',
      allowedTools: [],
      marker: randomUUID(),
      ...change,
    };
    const talk = new Talk(await this.agent.open(spec, AbortSignal.timeout(40_000)));
    this.#talks.push(talk);
    return talk;
  }

  async close(): Promise<void> {
    await Promise.all(this.#talks.map((talk) => talk.close()));
    await this.place.remove();
  }
}
