import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definition } from '../../../src/agents/acp/index.ts';
import type { Agent, AgentProvider, AgentSession, SessionSpec } from '../../../src/core/agent.ts';
import { asId, type PromptId } from '../../../src/core/ids.ts';
import { type BundledProgram, bundleProgram } from '../../sim/agent/bundle-program.ts';
import { quietLog, SessionReader } from '../../sim/agent/session-reader.ts';

export const signal = new AbortController().signal;

/** The scripted ACP program behind the adapter, in folders of its own. */
export class Scripted {
  readonly root: string;
  readonly workDir: string;
  readonly #program: BundledProgram;
  readonly #sessions: AgentSession[] = [];

  private constructor(root: string, program: BundledProgram) {
    this.root = root;
    this.workDir = join(root, 'work');
    this.#program = program;
  }

  static bundle(): Promise<BundledProgram> {
    return bundleProgram('test/sim/agent/acp-program.ts');
  }

  static async make(program: BundledProgram): Promise<Scripted> {
    const made = new Scripted(await realpath(await mkdtemp(join(tmpdir(), 'cc-acp-'))), program);
    await mkdir(made.workDir);
    await mkdir(join(made.root, 'sessions'));
    return made;
  }

  create(
    env: Record<string, string> = {},
    options: Record<string, unknown> = {},
    provider?: AgentProvider,
  ): Agent {
    const all = {
      command: process.execPath,
      args: [this.#program.path],
      env: { FAKE_SESSIONS: join(this.root, 'sessions'), ...env },
      work_dir: 'work',
      ...options,
    };
    const context = { log: quietLog, cacheDir: this.root, baseDir: this.root };
    return definition.create(all, provider === undefined ? context : { ...context, provider });
  }

  async open(agent: Agent, extra: Partial<SessionSpec> = {}) {
    const { workDir } = this;
    const marker = `acp-${Math.random()}`;
    const spec = { workDir, env: {}, systemPrompt: '', allowedTools: [], marker, ...extra };
    const session = await agent.open(spec, signal);
    this.#sessions.push(session);
    return { session, reader: new SessionReader(session) };
  }

  async answerTo(text: string, agent = this.create()): Promise<SessionReader> {
    const { session, reader } = await this.open(agent);
    await session.prompt(prompt(text), signal);
    await reader.next('turn_end');
    return reader;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.close({ quick: true }, signal)));
    await rm(this.root, { recursive: true, force: true });
  }
}

export function prompt(text: string, images: string[] = []) {
  return { id: asId<PromptId>(text), text, images: images.map((path) => ({ path, mime: 'image/png' })) };
}
