import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definition } from '../../../src/agents/codex/index.ts';
import type { Agent, AgentProvider, SessionSpec } from '../../../src/core/agent.ts';
import type { Log } from '../../../src/core/platform.ts';

const FAKE = fileURLToPath(new URL('./fake-codex.mjs', import.meta.url));

/** A log that says nothing. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};

/** The adapter over the scripted stand-in for the CLI. */
export async function fakeCodex(
  env: Readonly<Record<string, string>> = {},
  options: object = {},
  provider?: AgentProvider,
): Promise<{
  readonly agent: Agent;
  readonly spec: SessionSpec;
  readonly folder: string;
  dispose(): Promise<void>;
}> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cc-codex-')));
  const agent = definition.create(
    { cmd: [process.execPath, FAKE], work_dir: folder, env: { HOME: folder }, ...options },
    {
      log: silentLog,
      cacheDir: join(folder, 'cache'),
      baseDir: folder,
      ...(provider === undefined ? {} : { provider }),
    },
  );
  const spec: SessionSpec = {
    workDir: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
    systemPrompt: '',
    allowedTools: [],
    marker: randomUUID(),
  };
  return { agent, spec, folder, dispose: () => rm(folder, { recursive: true, force: true }) };
}
