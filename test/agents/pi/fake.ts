import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definition } from '../../../src/agents/pi/index.ts';
import type { Agent, AgentProvider, SessionSpec } from '../../../src/core/agent.ts';
import { silentLog } from '../claudecode/silent-log.ts';

const FAKE = fileURLToPath(new URL('./fake-pi.mjs', import.meta.url));

/** The adapter over the scripted stand-in for pi. */
export async function fakePi(
  env: Readonly<Record<string, string>> = {},
  options: object = {},
  provider?: AgentProvider,
): Promise<{
  readonly agent: Agent;
  readonly spec: SessionSpec;
  readonly folder: string;
  dispose(): Promise<void>;
}> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cc-pi-')));
  const agent = definition.create(
    { cmd: [process.execPath, FAKE], work_dir: folder, env: { HOME: folder, ...env }, ...options },
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
  return { agent, spec, folder, dispose: () => rm(folder, { recursive: true, force: true }) };
}
