import { delimiter, join } from 'node:path';
import type { AgentSession, Prompt, SessionSpec } from '../core/agent.ts';
import type { AgentEvent, ApprovalAnswer } from '../core/agent-event.ts';
import { describeError } from '../core/errors.ts';
import { DeadlineError, limited } from '../kit/deadline.ts';
import { sortableId } from '../kit/ids.ts';
import type { SessionRow } from '../store/rows.ts';
import { tell } from './agent-calls.ts';
import type { UsableMember } from './agent-roster.ts';
import type { Parkable } from './agent-slots.ts';
import { persist, persistSoon } from './persist.ts';
import type { ProjectContext } from './project-context.ts';
import { systemPromptFor } from './system-prompt.ts';

const openDeadlineMs = 120_000;
const closeDeadlineMs = 30_000;

export interface LiveAgentEvents {
  /** Every event but `exit`. */
  event(agent: LiveAgent, event: AgentEvent): void;
  /** Its process is about to be ended. */
  ending(agent: LiveAgent): void;
  /** The process is gone; called once, last. */
  gone(agent: LiveAgent): void;
}

/** The running agent of one session: owns its process, its place among the live ones, and its event stream. */
export class LiveAgent implements Parkable {
  readonly sessionId: SessionRow['id'];
  readonly marker: string;
  /** The agent it is a process of; a reload does not change it. */
  readonly member: UsableMember;
  private readonly context: ProjectContext;
  private readonly events: LiveAgentEvents;
  private session: AgentSession | undefined;
  private closing: Promise<void> | undefined;
  private idleFrom: number | undefined;
  private parkTimer: NodeJS.Timeout | undefined;
  /** Settings the process was started with or switched to. */
  mode: string | undefined;
  model: string | undefined;
  effort: string | undefined;
  /** A turn runs in it, as far as it has told. */
  working = false;
  /** It is to make room for a new process as soon as it has nothing to do. */
  outdated = false;
  /** It began a new conversation that has had no prompt yet. */
  untold = false;
  /** Who wanted permissions granted without asking for the rest of this process's life. */
  allowAll: string | undefined;
  /** Work the agent goes on with between turns. */
  background: readonly string[] = [];

  private constructor(
    context: ProjectContext,
    member: UsableMember,
    row: SessionRow,
    events: LiveAgentEvents,
  ) {
    this.context = context;
    this.member = member;
    this.sessionId = row.id;
    this.events = events;
    this.marker = `cc-${sortableId()}`;
  }

  /**
   * Starts the conversation's agent. Rejects with AppError; `resume_failed` when the old conversation cannot be
   * continued, `agent_gone` and `agent_broken` when that agent cannot be started at all.
   */
  static async open(
    context: ProjectContext,
    row: SessionRow,
    events: LiveAgentEvents,
    signal: AbortSignal,
  ): Promise<LiveAgent> {
    const agent = new LiveAgent(context, context.agents.usable(row), row, events);
    await context.slots.enter(agent, signal);
    try {
      await agent.start(row, signal);
      return agent;
    } catch (error) {
      context.slots.leave(agent);
      persistSoon(context, 'processEnded', { marker: agent.marker });
      throw error;
    }
  }

  /** Nothing runs in it, though background work may go on. */
  get isIdle(): boolean {
    return this.idleFrom !== undefined;
  }

  get idleSince(): number | undefined {
    return this.background.length > 0 ? undefined : this.idleFrom;
  }

  get alive(): boolean {
    return this.closing === undefined && this.session !== undefined;
  }

  get port(): AgentSession {
    if (!this.session) throw new Error('the agent is not open');
    return this.session;
  }

  async prompt(prompt: Prompt, signal: AbortSignal): Promise<{ folded: boolean }> {
    this.busy();
    const taken = await this.port.prompt(prompt, signal);
    this.untold = false;
    return taken;
  }

  /** What somebody answered. Rejects with DeadlineError when the agent does not take it. */
  answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    return tell('an answer', () => this.port.answer(wireId, answer));
  }

  /** False: it takes a new process, as for one that does not answer. */
  async set(change: { readonly mode?: string; readonly model?: string | null }): Promise<boolean> {
    try {
      return await tell('a setting', async () => (await this.port.set?.(change)) ?? false);
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      this.context.log.warn({ session: this.sessionId, error: describeError(error) }, 'setting not taken');
      return false;
    }
  }

  busy(): void {
    this.idleFrom = undefined;
    clearTimeout(this.parkTimer);
  }

  /** Nothing runs and nothing is asked: from now on it may be parked. */
  idle(): void {
    this.idleFrom = Date.now();
    this.context.slots.next();
    clearTimeout(this.parkTimer);
    const after = this.context.settings.agentIdleCloseMs;
    if (after <= 0) return;
    this.parkTimer = setTimeout(() => {
      if (this.idleSince !== undefined) void this.park();
    }, after);
    this.parkTimer.unref();
  }

  /** Closes the process; the conversation is resumed by its id when needed. */
  park(): Promise<void> {
    this.context.log.info({ session: this.sessionId }, 'agent parked');
    return this.close({ quick: false });
  }

  close(how: { quick: boolean }): Promise<void> {
    this.closing ??= this.end(how);
    return this.closing;
  }

  private backgroundRuns(running: readonly string[]): void {
    this.background = running;
    const change = { marker: this.marker, background: running, at: Date.now() };
    if (this.alive) persistSoon(this.context, 'processBackground', change);
    // Its time begins when the last background work ends.
    if (running.length === 0 && this.idleFrom !== undefined) this.idle();
  }

  private async end(how: { quick: boolean }): Promise<void> {
    clearTimeout(this.parkTimer);
    this.events.ending(this);
    try {
      await this.session?.close(how, AbortSignal.timeout(closeDeadlineMs));
    } catch (error) {
      this.context.log.error(
        { session: this.sessionId, error: describeError(error) },
        'agent did not close cleanly',
      );
    }
    this.context.slots.leave(this);
    persistSoon(this.context, 'processEnded', { marker: this.marker });
  }

  private async start(row: SessionRow, signal: AbortSignal): Promise<void> {
    const { name: project } = this.context;
    const { agent } = this.member;
    const spec = specFor(this.context, this.member, row, this.marker);
    const record = {
      marker: this.marker,
      project,
      sessionId: row.id,
      finishesOnEof: agent.capabilities.finishesOnEof,
      background: [],
      startedAt: Date.now(),
    };
    // Recorded before there is a process: a crash in between still finds it by the marker in its environment.
    await persist(this.context, 'processStarted', { process: { ...record, pid: -1, startTime: '' } }, signal);
    this.session = await limited(openDeadlineMs, [signal], (limit) => agent.open(spec, limit));
    const identity = this.session.process;
    if (identity) persistSoon(this.context, 'processStarted', { process: { ...record, ...identity } });
    this.untold = spec.resume === undefined;
    this.mode = spec.mode;
    this.model = spec.model;
    this.effort = spec.effort;
    void this.read(this.session);
  }

  private async read(session: AgentSession): Promise<void> {
    try {
      for await (const event of session.events(0)) {
        if (event.body.kind === 'background') this.backgroundRuns(event.body.running);
        if (event.body.kind === 'turn_start') this.working = true;
        if (event.body.kind === 'turn_end' && event.parent === undefined) this.working = false;
        if (event.body.kind !== 'exit') this.events.event(this, event);
      }
    } catch (error) {
      this.context.log.error(
        { session: this.sessionId, error: describeError(error) },
        'agent event stream broke',
      );
    }
    this.closing ??= this.end({ quick: true });
    this.events.gone(this);
  }
}

function specFor(
  context: ProjectContext,
  { agent, baseEnv }: UsableMember,
  row: SessionRow,
  marker: string,
): SessionSpec {
  const mode = row.mode ?? agent.defaultMode;
  const link = row.address ? context.links.get(row.address.account) : undefined;
  const hint = link?.platform.capabilities.formattingHint;
  return {
    workDir: row.workDir ?? agent.workDir,
    resume: row.nativeId ?? undefined,
    mode,
    model: row.model ?? agent.defaultModel,
    effort: row.effort ?? agent.defaultEffort,
    env: environmentFor(context, baseEnv, row, mode),
    systemPrompt: systemPromptFor({ formattingHint: hint, attachmentSend: context.settings.attachmentSend }),
    allowedTools: context.allowedTools,
    marker,
  };
}

function environmentFor(
  context: ProjectContext,
  baseEnv: UsableMember['baseEnv'],
  row: SessionRow,
  mode: string,
): Record<string, string> {
  const env = { ...baseEnv };
  env.CC_PROJECT = context.name;
  env.CC_SESSION_KEY = row.sessionKey;
  env.CC_DATA_DIR = context.dataDir;
  env.PATH = [context.commandDir, env.PATH ?? ''].filter(Boolean).join(delimiter);
  if (mode) env.CC_PERMISSION_MODE = mode;
  return env;
}

/** Where a daemon keeps the `cc-connect` that its agents call. */
export function commandDirOf(dataDir: string): string {
  return join(dataDir, 'run', 'bin');
}
