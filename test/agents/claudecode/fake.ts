import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definition } from '../../../src/agents/claudecode/index.ts';
import type { Agent, SessionSpec } from '../../../src/core/agent.ts';
import { silentLog } from './silent-log.ts';

const FAKE = fileURLToPath(new URL('../../sim/claude-fake/main.mjs', import.meta.url));

/** The adapter over the scripted stand-in for the CLI. */
export async function fakeClaude(
  env: Readonly<Record<string, string>> = {},
  options: object = {},
): Promise<{
  readonly agent: Agent;
  readonly spec: SessionSpec;
  readonly folder: string;
  dispose(): Promise<void>;
}> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cc-claude-')));
  const agent = definition.create(
    { cmd: [process.execPath, FAKE], work_dir: folder, env: { HOME: folder }, ...options },
    { log: silentLog, cacheDir: join(folder, 'cache'), baseDir: folder },
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
