import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definition } from '../../../src/agents/opencode/index.ts';
import type { AgentProvider, SessionSpec } from '../../../src/core/agent.ts';
import { silentLog } from '../codex/fake.ts';

const FAKE = fileURLToPath(new URL('./fake-opencode.mjs', import.meta.url));

/** The adapter over a scripted stand-in for the CLI: ours for `run` unless `program` names another. */
export async function fakeOpenCode(
  env: Readonly<Record<string, string>> = {},
  options: object = {},
  provider?: AgentProvider,
  program = FAKE,
) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cc-opencode-')));
  const agent = definition.create(
    { cmd: [process.execPath, program], work_dir: folder, env: { HOME: folder }, ...options },
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
