import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  Agent,
  AgentDefinition,
  AgentProvider,
  AgentSession,
  SessionSpec,
} from '../../src/core/agent.ts';
import type { AgentEventBody } from '../../src/core/agent-event.ts';
import { asId, type PromptId } from '../../src/core/ids.ts';
import { silentLog } from './claudecode/silent-log.ts';

export interface ScriptedAgent {
  readonly agent: Agent;
  readonly spec: SessionSpec;
  readonly folder: string;
  dispose(): Promise<void>;
}

/** An adapter over a scripted program, in a home folder of its own. */
export async function scriptedAgent(
  definition: AgentDefinition,
  program: string,
  env: Readonly<Record<string, string>> = {},
  options: object = {},
  provider?: AgentProvider,
): Promise<ScriptedAgent> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `cc-${definition.type}-`)));
  const agent = definition.create(
    { cmd: [process.execPath, program], work_dir: folder, env: { HOME: folder, ...env }, ...options },
    {
      log: silentLog,
      cacheDir: join(folder, 'cache'),
      baseDir: folder,
      ...(provider === undefined ? {} : { provider }),
    },
  );
  const spec: SessionSpec = {
    workDir: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder },
    systemPrompt: '',
    allowedTools: [],
    marker: randomUUID(),
  };
  return {
    agent,
    spec,
    folder,
    dispose: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Gives a prompt and collects what is said from its start to its end. */
export async function askOnce(session: AgentSession, text: string): Promise<AgentEventBody[]> {
  const id = asId<PromptId>(randomUUID());
  await session.prompt({ id, text, images: [] }, AbortSignal.timeout(30_000));
  const said: AgentEventBody[] = [];
  let mine = false;
  for await (const { body } of session.events(1)) {
    mine ||= body.kind === 'turn_start' && body.prompts.includes(id);
    if (mine) said.push(body);
    if (body.kind === 'turn_end' && body.prompts.includes(id)) break;
  }
  return said;
}

/** The answer's text. */
export function textOf(said: readonly AgentEventBody[]): string {
  return said.map((body) => (body.kind === 'text' ? body.text : '')).join('');
}
