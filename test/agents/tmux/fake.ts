import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definition } from '../../../src/agents/tmux/index.ts';
import type { Agent, SessionSpec } from '../../../src/core/agent.ts';
import { silentLog } from '../claudecode/silent-log.ts';

const REPL = fileURLToPath(new URL('./fake-repl.mjs', import.meta.url));

/** Whether tmux is here. In the full run its absence is a failure; elsewhere it is said and the tests are left out. */
export function tmuxIsHere(): boolean {
  if (spawnSync('tmux', ['-V']).status === 0) return true;
  const told = 'tmux is not installed: its tests were NOT RUN (apt-get install tmux)';
  if (process.env.REQUIRE_TMUX) throw new Error(told);
  process.stderr.write(`\n*** ${told} ***\n\n`);
  return false;
}

export interface Terminal {
  readonly agent: Agent;
  readonly spec: SessionSpec;
  readonly folder: string;
  readonly socket: string;
  /** Runs tmux on the server of this test. */
  tmux(...args: string[]): string;
  dispose(): Promise<void>;
}

/** The command line of the scripted program. */
export function replCommand(env: Readonly<Record<string, string>> = {}): string {
  const settings = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
  return ['exec', 'env', ...settings, process.execPath, REPL].join(' ');
}

/** The adapter over the scripted program in a pane of a server of its own. */
export async function fakeTerminal(
  env: Readonly<Record<string, string>> = {},
  options: object = {},
): Promise<Terminal> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cc-tmux-')));
  const socket = join(folder, 'socket');
  const agent = definition.create(
    {
      socket,
      session: 'work',
      work_dir: folder,
      init_command: replCommand(env),
      poll_interval_ms: 50,
      settle_ms: 400,
      submit_delay_ms: 50,
      ...options,
    },
    { log: silentLog, cacheDir: join(folder, 'cache'), baseDir: folder },
  );
  const spec: SessionSpec = {
    workDir: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, CC_PROJECT: 'p' },
    systemPrompt: 'never typed',
    allowedTools: [],
    marker: randomUUID(),
  };
  return {
    agent,
    spec,
    folder,
    socket,
    tmux: (...args) => execFileSync('tmux', ['-u', '-S', socket, ...args], { encoding: 'utf8' }),
    dispose: async () => {
      spawnSync('tmux', ['-S', socket, 'kill-server']);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
