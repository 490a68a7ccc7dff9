import type { AgentEvent, AgentEventBody, TurnOutcome } from '../core/agent-event.ts';
import { AppError, describeError } from '../core/errors.ts';
import { asId, type PromptId } from '../core/ids.ts';
import { turnTexts as texts } from '../i18n/texts/turn.ts';
import type { InputRow, OutboxRow, SessionRow } from '../store/rows.ts';
import type { SessionActor } from './actor.ts';
import { AgentOpening, type OpenedAgent } from './agent-opening.ts';
import { pictureParts } from './answer-pictures.ts';
import { languageOfChat } from './chat-language.ts';
import { footerFactsOf } from './footer-facts.ts';
import type { LiveAgent } from './live-agent.ts';
import { withModel } from './model-opening.ts';
import { rememberNativeCommands } from './native-commands.ts';
import { partsFor } from './parts.ts';
import { PassedPrompts } from './passed-prompts.ts';
import { persist, persistSoon } from './persist.ts';
import { linkOf } from './project-context.ts';
import { PromptMaker } from './prompt-maker.ts';
import { recapFor } from './recap.ts';
import { sessionFor } from './session-choice.ts';
import { type StopReason, Turn, type TurnTimers } from './turn.ts';
import { askApproval } from './turn-approvals.ts';
import { endingOf } from './turn-ending.ts';
import { historyOf, promptsOf } from './turn-inputs.ts';
import { interruptTurn } from './turn-interrupt.ts';

/** Events kept of what happens beside a turn; beyond it only the ends of turns are. */
const earlyMax = 10_000;
/** What concerns the process, not a turn. */
const betweenTurns: ReadonlySet<AgentEventBody['kind']> = new Set([
  'session',
  'settings',
  'limits',
  'approval',
  'approval_withdrawn',
  'background',
  'exit',
]);

/** Runs turns for one actor: prepares the prompt, hands it over, follows the events to the end. */
export class TurnRunner {
  private readonly actor: SessionActor;
  private readonly timers: TurnTimers = {
    idle: () => this.stop('idle'),
    tooLong: () => this.stop('too_long'),
  };

  private readonly opening: AgentOpening;
  private readonly prompts: PromptMaker;
  /** Events that came while the last turn was being stored: they belong to what follows. */
  private early: { agent: LiveAgent; event: AgentEvent }[] = [];
  private readonly passed = new PassedPrompts((rows) => this.actor.takeBack(rows));

  constructor(actor: SessionActor) {
    this.actor = actor;
    this.opening = new AgentOpening(actor);
    this.prompts = new PromptMaker(actor);
  }

  /** The agent is about to begin a turn by itself, with a message it has taken already. */
  get awaitsTurn(): boolean {
    return this.passed.awaiting;
  }

  /** Starts a turn; resolves when its prompt was handed over or it has ended. */
  async run(inputs: InputRow[]): Promise<void> {
    const { actor } = this;
    const newest = inputs.at(-1);
    if (!newest) return;
    // Of an album only the picture with the words names an agent.
    const addressed = inputs.find(({ agent }) => agent !== null) ?? newest;
    const session = await sessionFor(actor, addressed);
    // The agent began to speak by itself meanwhile: this goes on after it, in the conversation chosen now.
    const { turn: other } = actor;
    if (other) return actor.putBack(inputs.map((row) => ({ ...row, sessionId: session.id })));
    const turn = this.open('prompt', session, inputs);
    if (!turn) return;
    if (!this.tells(session)) await turn.begun;
    try {
      await this.hand(turn, session);
    } catch (error) {
      if (actor.turn !== turn || actor.isStopped) return;
      if (turn.stopReason) await this.finish(turn, { status: 'interrupted' }, undefined);
      else
        await this.finish(
          turn,
          { status: 'error', message: describeError(error), code: 'other' },
          undefined,
          texts.startFailed,
        );
    }
  }

  async steer(row: InputRow): Promise<'taken' | 'too_late' | 'refused'> {
    const { turn, live } = this.actor;
    if (!turn?.accepted || !live?.alive || !live.port.steer) return 'too_late';
    if (turn.state === 'stopping' || turn.state === 'delivering') return 'too_late';
    const session = this.actor.sessions.byId(turn.sessionId);
    if (!session) return 'too_late';
    const id = asId<PromptId>(row.promptId ?? row.id);
    const prompt = await this.prompts.make({ inputs: [row], session, id, signal: turn.abort.signal });
    this.passed.pass(id, row);
    let outcome: 'taken' | 'too_late' | 'refused' = 'refused';
    try {
      outcome = await live.port.steer(prompt, AbortSignal.timeout(30_000));
    } finally {
      if (outcome !== 'taken') this.passed.settled([id]);
    }
    const over = this.actor.turn !== turn || turn.ending;
    if (outcome === 'taken' && !(over && this.passed.taken(id))) await this.join(turn, [row]);
    return outcome;
  }

  /** False when nothing runs. */
  stop(reason: StopReason): boolean {
    const { actor } = this;
    const { turn, live, context } = actor;
    if (!turn || turn.state === 'delivering') return false;
    const again = turn.stopReason !== undefined;
    // Only a person who asks twice wants it ended by force; then the queue is theirs to decide about, too.
    const forced = again && (reason === 'stop' || reason === 'cancel');
    if (reason === 'stop' && turn.stopReason === 'interrupted') turn.stopReason = 'stop';
    turn.stopReason ??= reason;
    turn.state = 'stopping';
    turn.abort.abort(new AppError('stopped', 'the turn was stopped'));
    persistSoon(context, 'markTurn', { id: turn.id, state: 'stopping', detail: reason, at: Date.now() });
    if (live?.alive && !again) void interruptTurn(actor, turn, live);
    else if (live?.alive && forced) void live.close({ quick: true });
    return true;
  }

  onEvent(agent: LiveAgent, event: AgentEvent): void {
    const { actor } = this;
    const body = event.body;
    if (actor.isStopped) return;
    if (actor.turn?.state === 'delivering' || this.isOfAnother(agent, body)) return this.keep(agent, event);
    if (body.kind === 'session') return this.nativeId(agent, body);
    if (body.kind === 'settings') return this.settings(agent, body);
    if (body.kind === 'limits') return void actor.context.usageLimits.set(agent.member.name, body.limits);
    if (body.kind === 'turn_start' && body.origin === 'background' && !actor.turn) this.background(agent);
    if (body.kind === 'turn_start' && body.origin === 'prompt' && !actor.turn) this.own(agent, body.prompts);
    if (body.kind === 'prompt_folded') this.passed.settled([body.prompt]);
    if (body.kind === 'turn_end' && event.parent === undefined) return this.onTurnEnd(agent, body);
    const turn = actor.turn;
    if (body.kind === 'approval') return askApproval(actor, agent, turn, body);
    if (body.kind === 'approval_withdrawn') {
      void actor.parts.desk.withdraw(agent.sessionId, body.wireId);
      return;
    }
    if (turn && turn.sessionId === agent.sessionId) turn.onEvent(event);
  }

  /** Another agent of this chat does something of its own while this one's turn runs: it is shown afterwards. */
  private isOfAnother(agent: LiveAgent, body: AgentEventBody): boolean {
    const { turn } = this.actor;
    if (!turn || turn.sessionId === agent.sessionId) return false;
    return !betweenTurns.has(body.kind);
  }

  private keep(agent: LiveAgent, event: AgentEvent): void {
    if (event.body.kind === 'turn_start') agent.busy();
    if (this.early.length < earlyMax || event.body.kind === 'turn_end') this.early.push({ agent, event });
  }

  /** The process is gone without having ended its turn: an adapter's duty, made up for here. */
  onGone(agent: LiveAgent): void {
    const { turn, isStopped } = this.actor;
    if (isStopped) return;
    // It ends beside a turn that another process was given: one of another agent, or the one that took its place.
    if (turn?.live && turn.live !== agent) return;
    this.passed.giveUp();
    if (turn?.live !== agent || turn.state === 'delivering') return;
    const status: TurnOutcome = turn.stopReason
      ? { status: 'interrupted' }
      : { status: 'error', message: 'process ended', code: 'crash' };
    void this.finish(turn, status, undefined);
  }

  private open(origin: 'prompt' | 'background', session: SessionRow, rows: InputRow[]): Turn | undefined {
    const { actor } = this;
    const { context } = actor;
    const inputs = rows.map((row) => actor.here(row));
    const newest = inputs.at(-1);
    const address = newest?.body.address ?? (session.address && context.delivery.placeOf(session.address));
    if (!address || !linkOf(context, address)) return undefined;
    const to = newest
      ? { ...address, replyTo: newest.message ?? undefined }
      : { ...address, replyTo: undefined };
    const language = newest ? actor.languageOf(newest) : languageOfChat(context, actor.key, to.account);
    const turn = new Turn(context, origin, session, to, language, inputs, this.timers);
    actor.turn = turn;
    const history = historyOf(turn, inputs);
    let committed: (value: unknown) => void = () => {};
    const intent = new Promise<unknown>((resolve) => {
      committed = resolve;
    });
    const preview = turn.view.firstPreview(intent);
    const begin = { turn: turn.row(actor.key, session), inputs: turn.inputIds, preview, history };
    // Where a transcript tells what was handed over, the prompt does not wait for its record.
    const urgency = this.tells(session) ? 'in_company' : 'awaited';
    turn.begun = persist(context, 'beginTurn', begin, undefined, urgency);
    void turn.begun.then(committed, (error: unknown) =>
      context.log.error({ turn: turn.id, error: describeError(error) }, 'turn not stored'),
    );
    turn.start();
    return turn;
  }

  private async hand(turn: Turn, session: SessionRow): Promise<void> {
    const { context } = this.actor;
    // Known before anything is said: an agent that cannot be started says nothing else.
    context.agents.usable(session);
    const { instantReply } = context.settings;
    if (instantReply.enabled)
      context.delivery.progress(turn.address, instantReply.content || turn.say(texts.working));
    await withModel(context, turn, session, async () =>
      this.handOver(turn, await this.opening.open(turn, session)),
    );
    turn.accepted = true;
    if (turn.state === 'starting') turn.state = 'handed';
    if (this.tells(session)) persistSoon(context, 'turnHanded', { id: turn.id, at: Date.now() });
  }

  /** Whether the agent's own transcript tells later what it was given. */
  private tells(session: SessionRow): boolean {
    return this.actor.context.agents.of(session)?.agent?.capabilities.outcome === true;
  }

  private async handOver(turn: Turn, opened: OpenedAgent): Promise<void> {
    const { signal } = turn.abort;
    if (opened.session.recap) await turn.begun;
    const recap = recapFor(this.actor.context, opened.session, turn);
    const id = turn.promptId ?? asId<PromptId>(turn.id);
    const prompt = await this.prompts.make({
      inputs: turn.inputs,
      session: opened.session,
      id,
      signal,
      recap,
      first: opened.live.untold,
    });
    // Else the record does: a prompt without it was never given, and runs after a crash.
    if (!this.tells(opened.session))
      await persist(this.actor.context, 'turnHanded', { id: turn.id, at: Date.now() }, signal);
    signal.throwIfAborted();
    turn.live = opened.live;
    try {
      await opened.live.prompt(prompt, signal);
    } catch (error) {
      const lost = error instanceof AppError && error.code === 'resume_failed';
      if (!lost || turn.stopReason || !opened.session.nativeId) throw error;
      return this.handOver(turn, await this.opening.afresh(turn, opened.session, error));
    }
    if (recap) void this.actor.sessions.change(opened.session.id, { recap: false, recapFrom: null });
  }

  private background(agent: LiveAgent): void {
    const session = this.actor.sessions.byId(agent.sessionId);
    const turn = session && this.open('background', session, []);
    if (turn) turn.live = agent;
    agent.busy();
  }

  /** A message that was passed to the last turn came too late for it: the agent answers it in a turn of its own. */
  private own(agent: LiveAgent, prompts: readonly PromptId[]): void {
    const rows = [...this.passed.begun(prompts)];
    const session = this.actor.sessions.byId(agent.sessionId);
    if (!session || rows.length === 0) return;
    const turn = this.open('prompt', session, rows);
    if (!turn) return;
    turn.live = agent;
    agent.busy();
    turn.accepted = true;
    turn.state = 'handed';
    persistSoon(this.actor.context, 'turnHanded', { id: turn.id, at: Date.now() });
  }

  private nativeId(agent: LiveAgent, body: Extract<AgentEventBody, { kind: 'session' }>): void {
    const { sessions } = this.actor;
    const row = sessions.byId(agent.sessionId);
    if (!row || row.nativeId === body.nativeId) return;
    const pastIds = row.nativeId ? [...row.pastIds, row.nativeId] : row.pastIds;
    void sessions.change(agent.sessionId, { nativeId: body.nativeId, pastIds });
    const turn = this.actor.turn;
    if (turn?.sessionId === agent.sessionId)
      persistSoon(this.actor.context, 'markTurn', { id: turn.id, nativeId: body.nativeId, at: Date.now() });
  }

  private settings(agent: LiveAgent, body: Extract<AgentEventBody, { kind: 'settings' }>): void {
    if (body.mode !== undefined) agent.mode = body.mode;
    if (body.model !== undefined) agent.model = body.model;
    if (body.effort !== undefined) agent.effort = body.effort;
    if (body.commands)
      rememberNativeCommands(
        this.actor.context,
        agent.member,
        body.commands.map(({ name }) => name),
      );
  }

  private onTurnEnd(agent: LiveAgent, body: Extract<AgentEventBody, { kind: 'turn_end' }>): void {
    const turn = this.actor.turn;
    if (!turn || turn.sessionId !== agent.sessionId || turn.state === 'delivering') return;
    if (turn.live && turn.live !== agent) return;
    // The end of what the agent did by itself just before it was given this turn's prompt.
    const foreign = turn.origin === 'prompt' && !turn.accepted && !turn.owns(body.prompts);
    if (foreign && body.outcome.status === 'ok') return;
    this.passed.settled(body.prompts);
    if (turn.stopReason || body.outcome.status === 'error') this.passed.settled(promptsOf(turn.inputs));
    if (body.usage) turn.usage = { ...turn.usage, ...body.usage };
    const crashed = body.outcome.status === 'error' && turn.stopReason !== undefined;
    void this.finish(turn, crashed ? { status: 'interrupted' } : body.outcome, body.text);
  }

  /** An answer that was put in place of a preview raised no notification. */
  private ping(turn: Turn, sent: OutboxRow, text: string | undefined): void {
    const { context } = this.actor;
    const link = linkOf(context, turn.address);
    if (text === undefined || sent.previewId === null || !link) return;
    const owner = { project: context.name, turnId: turn.id };
    const rows = partsFor(link.platform, turn.address, { kind: 'text', markdown: text }, owner, Date.now());
    context.delivery.reserve(rows, persist(context, 'enqueue', { rows, at: Date.now() }));
  }

  private async join(turn: Turn, rows: readonly InputRow[]): Promise<void> {
    turn.inputs.push(...rows);
    const history = historyOf(turn, rows);
    const { context } = this.actor;
    const ids = rows.map(({ id }) => id);
    await persist(context, 'joinTurn', { turnId: turn.id, inputs: ids, history, at: Date.now() });
    for (const row of rows) this.actor.sessions.touch(row);
    // The turn may have ended while the agent took it in; then nothing else finishes these inputs.
    const ended = context.queries.turn(turn.id)?.finishedAt;
    if (ended && rows.every((row) => turn.inputs.includes(row)))
      await persist(context, 'settleInputs', { ids, state: 'done', at: Date.now() });
  }

  /** One transaction: the outcome, every part of the answer, history. Then it is delivered and the next may start. */
  private async finish(
    turn: Turn,
    outcome: TurnOutcome,
    said: string | undefined,
    errorText = texts.failed,
  ): Promise<void> {
    if (turn.state === 'delivering') return;
    turn.state = 'delivering';
    const { actor } = this;
    const left = this.passed.turnEnded(turn.inputs);
    turn.inputs = turn.inputs.filter((row) => !left.includes(row));
    actor.spend(turn.usage);
    const { context } = actor;
    const link = linkOf(context, turn.address);
    const facts = footerFactsOf(actor, turn);
    const ending = endingOf(turn, outcome, said, errorText, facts, context, actor.waiting);
    const owner = { project: context.name, turnId: turn.id };
    const extra: OutboxRow[] = link
      ? partsFor(link.platform, turn.address, ending.notices, owner, Date.now())
      : [];
    const good = ending.outcome === 'done' && !ending.silent;
    const rows = [...ending.rows, ...(good ? await picturesOf(actor, turn, ending.text) : []), ...extra];
    const at = Date.now();
    const history = ending.text.trim()
      ? [{ sessionId: turn.sessionId, turnId: turn.id, role: 'assistant' as const, text: ending.text, at }]
      : [];
    try {
      await turn.begun;
      if (ending.hold) await actor.hold();
      // A background task that asks is not over with the turn that started it.
      const goesOn = outcome.status === 'ok' && (actor.live?.background.length ?? 0) > 0;
      if (!goesOn) await actor.parts.desk.abandonTurn(turn.id);
      const committed = persist(context, 'endTurn', {
        id: turn.id,
        outcome: ending.outcome,
        detail: ending.detail,
        released: left.map(({ id }) => id),
        history,
        outbox: rows,
        session: { id: turn.sessionId, updatedAt: at },
        at,
      });
      context.delivery.reserve(rows, committed, (row) => this.ping(turn, row, ending.ping));
      await committed;
    } finally {
      turn.end(ending.silent ? 'interrupted' : outcome.status, 'behind the answer');
      if (actor.turn === turn) actor.turnEnded();
      for (const { agent, event } of this.early.splice(0)) this.onEvent(agent, event);
    }
  }
}

/** The pictures of the answer, but for those that the agent has sent by itself. */
function picturesOf(actor: SessionActor, turn: Turn, text: string): Promise<OutboxRow[]> {
  const session = actor.sessions.byId(turn.sessionId);
  if (!session) return Promise.resolve([]);
  const workDir = session.workDir ?? actor.context.agents.workDirOf(session);
  const { id, address, sentFiles } = turn;
  return pictureParts(actor.context, { id, address, workDir, sentFiles }, text);
}
