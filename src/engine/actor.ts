import type { AgentEvent, Usage } from '../core/agent-event.ts';
import { describeError } from '../core/errors.ts';
import type { InputId, SessionId, SessionKey } from '../core/ids.ts';
import type { InputRow, InputState, SessionRow } from '../store/rows.ts';
import { nameBackground } from './background-tasks.ts';
import { gatherInputs } from './input-gathering.ts';
import { LiveAgent } from './live-agent.ts';
import { persist } from './persist.ts';
import { languageFor, type ProjectContext } from './project-context.ts';
import type { ProjectParts } from './project-parts.ts';
import { Sessions } from './sessions.ts';
import type { StopReason, Turn } from './turn.ts';
import { TurnRunner } from './turn-runner.ts';

/**
 * The conversation behind one session key: one ordered queue of durable inputs, one turn at a time, one live agent.
 * Everything that concerns it runs here, so nothing needs a lock.
 */
export class SessionActor {
  private currentKey: SessionKey;
  readonly context: ProjectContext;
  readonly parts: ProjectParts;
  readonly sessions: Sessions;
  turn: Turn | undefined;
  /** At most one for each agent: a message to another agent leaves the first one's process alone. */
  private readonly lives = new Map<SessionId, LiveAgent>();
  private readonly queue: InputRow[] = [];
  private readonly runner: TurnRunner;
  private held = false;
  private pumping = false;
  /** A command that waited its turn runs. */
  private ordering = false;
  private stopped = false;
  private joined: readonly SessionActor[] = [];
  /** Tokens of the last turn and the cost of all turns since the daemon started. */
  spent: { readonly last: Usage | undefined; readonly costUsd: number } = { last: undefined, costUsd: 0 };
  /** Recovery of an interrupted turn comes before anything new. */
  private blocked: Promise<void> | undefined;

  constructor(context: ProjectContext, parts: ProjectParts, key: SessionKey) {
    this.currentKey = key;
    this.context = context;
    this.parts = parts;
    this.sessions = new Sessions(context, key);
    this.runner = new TurnRunner(this);
  }

  get key(): SessionKey {
    return this.currentKey;
  }

  /** The process of the running turn's conversation, else of the active one. */
  get live(): LiveAgent | undefined {
    const id = this.turn?.sessionId ?? this.sessions.known?.id;
    return id && this.lives.get(id);
  }

  /** The process of one conversation. */
  liveOf(id: SessionId): LiveAgent | undefined {
    return this.lives.get(id);
  }

  get waiting(): readonly InputRow[] {
    return this.queue;
  }

  get isHeld(): boolean {
    return this.held;
  }

  /** What is going on may change the active conversation: where a new input belongs is known when it starts. */
  get changing(): boolean {
    return (
      this.ordering ||
      this.blocked !== undefined ||
      this.queue.some((row) => this.parts.commands.commandOf(row) !== undefined)
    );
  }

  get idle(): boolean {
    return !this.turn && this.queue.length === 0 && this.lives.size === 0 && !this.blocked && !this.pumping;
  }

  /** Nothing was ever said here. */
  get isBlank(): boolean {
    return this.idle && this.sessions.known === undefined;
  }

  /** A chat got a new id; if it is the one of this conversation, everything of it speaks there from now on. */
  moved(key: SessionKey): void {
    this.currentKey = key;
    this.sessions.moved(key);
    this.queue.splice(0, Number.POSITIVE_INFINITY, ...this.queue.map((row) => this.here(row)));
    if (this.turn) this.turn.moveTo(this.context.delivery.placeOf(this.turn.address));
  }

  /** An input as it is now: on its way it may have missed that its chat got a new id. */
  here(row: InputRow): InputRow {
    const address = this.context.delivery.placeOf(row.body.address);
    if (address === row.body.address) return row;
    return { ...row, sessionKey: this.key, body: { ...row.body, address } };
  }

  /** Takes a committed input that waits its turn, in the platform's order. */
  enqueue(input: InputRow): void {
    const row = this.here(input);
    let at = this.queue.length;
    while (at > 0 && comesBefore(row, this.queue[at - 1])) at -= 1;
    this.queue.splice(at, 0, row);
    if (row.state === 'held') this.held = true;
    this.pump();
  }

  /** Nothing is started until `work` is over. */
  block(work: Promise<void>): void {
    const blocked = Promise.all([this.blocked, work])
      .catch((error: unknown) =>
        // Cut short by an orderly stop it goes on at the next start.
        this.context.log[this.stopped ? 'info' : 'error'](
          { session: this.key, error: describeError(error) },
          'recovery failed',
        ),
      )
      .then(() => {
        if (this.blocked === blocked) this.blocked = undefined;
        this.pump();
      });
    this.blocked = blocked;
  }

  /** Starts what comes next unless something runs. */
  pump(): void {
    if (this.pumping || this.stopped || this.held || this.turn || this.blocked) return;
    if (this.queue.length === 0 || this.runner.awaitsTurn) return;
    this.pumping = true;
    void this.next()
      .catch((error: unknown) =>
        this.context.log.error(
          { session: this.key, error: describeError(error) },
          'an input could not be started',
        ),
      )
      .finally(() => {
        this.pumping = false;
        this.pump();
      });
  }

  /** Removes waiting inputs and returns those that were there. */
  take(ids: readonly InputId[]): InputRow[] {
    const taken = this.queue.filter(({ id }) => ids.includes(id));
    for (const row of taken) this.queue.splice(this.queue.indexOf(row), 1);
    return taken;
  }

  /** What an agent took and never began waits again. */
  takeBack(rows: readonly InputRow[]): void {
    if (this.stopped) return;
    for (const row of rows) this.enqueue({ ...row, state: 'queued' });
  }

  /** Inputs that could not start go back to where they were: to the front. */
  putBack(rows: readonly InputRow[]): void {
    this.queue.unshift(...rows.map((row) => this.here(row)));
  }

  /** Replaces a waiting input (an edit). */
  replace(row: InputRow): boolean {
    const at = this.queue.findIndex(({ id }) => id === row.id);
    if (at >= 0) this.queue[at] = this.here(row);
    return at >= 0;
  }

  /** Keeps what waits from running until `release`. Returns it. */
  async hold(): Promise<readonly InputRow[]> {
    if (this.queue.length === 0) return [];
    this.held = true;
    await this.settle(this.queue, 'held');
    return this.queue;
  }

  async release(): Promise<number> {
    const waiting = this.queue.length;
    await this.settle(this.queue, 'queued');
    this.held = false;
    this.pump();
    return waiting;
  }

  async dropWaiting(): Promise<number> {
    const rows = this.queue.splice(0);
    await this.settle(rows, 'dropped');
    this.held = false;
    return rows.length;
  }

  /** Ends the running turn; its end comes as an event. False when nothing runs. `/stop` ends all that speaks here. */
  stop(reason: StopReason): boolean {
    const own = this.runner.stop(reason);
    return reason === 'stop' ? this.joined.reduce((any, one) => one.stop(reason) || any, own) : own;
  }

  /** A turn speaks here: its own, or one of a conversation whose chat became this one. */
  get isBusy(): boolean {
    return this.turn !== undefined || this.joined.some((one) => one.isBusy);
  }

  /** The chat of another conversation became this one's: its running turn goes on, and is stopped from here. */
  join(other: SessionActor): void {
    other.joined = other.joined.filter((one) => one !== this);
    this.joined = [...this.joined.filter((one) => one.isBusy), other];
  }

  /** Ends the process of a conversation; the conversation stays. */
  async closeAgent({ quick = false, of }: { quick?: boolean; of?: SessionId } = {}): Promise<void> {
    await (of ? this.lives.get(of) : this.live)?.close({ quick });
  }

  /** The next turn with this process's agent starts a new one: at once when it is idle, else after its turn. */
  renewAgent(live = this.live): void {
    if (!live) return;
    if (this.turn?.sessionId === live.sessionId || live.working) live.outdated = true;
    else void live.close({ quick: false });
  }

  /** After a reload: processes of agents that are not what they were. */
  renewChanged(isSame: (live: LiveAgent) => boolean): void {
    for (const live of this.lives.values()) if (!isSame(live)) this.renewAgent(live);
  }

  /** Points what waits for one conversation at another one of the same agent. */
  async retarget(from: SessionId, sessionId: SessionId): Promise<void> {
    const ids: InputId[] = [];
    this.queue.forEach((row, at) => {
      if (row.sessionId !== null && row.sessionId !== from) return;
      if (row.sessionId === null && row.agent !== null) return;
      this.queue[at] = { ...row, sessionId };
      ids.push(row.id);
    });
    if (ids.length === 0) return;
    const state = this.held ? 'held' : 'queued';
    await persist(this.context, 'settleInputs', { ids, state, sessionId, at: Date.now() });
  }

  /** Adds up what a turn took. */
  spend(usage: Usage | undefined): void {
    if (usage) this.spent = { last: usage, costUsd: this.spent.costUsd + (usage.costUsd ?? 0) };
  }

  /** Text for the running turn. `too_late` and `refused` leave it to the queue. */
  steer(row: InputRow): Promise<'taken' | 'too_late' | 'refused'> {
    return this.runner.steer(row);
  }

  /** The turn is over: its end is stored and on its way out. */
  turnEnded(): void {
    const ended = this.turn?.sessionId;
    this.turn = undefined;
    const asked = new Set(this.parts.desk.openFor(this.key).map(({ sessionId }) => sessionId));
    for (const live of this.lives.values()) {
      const rests = live.sessionId === ended || !live.working;
      if (live.outdated && rests) void live.close({ quick: false });
      else if (live.alive && rests && !live.isIdle && !asked.has(live.sessionId)) live.idle();
    }
    this.pump();
  }

  /** True from `shutdown` on: what still comes from the agent is no longer acted on. */
  get isStopped(): boolean {
    return this.stopped;
  }

  /** The daemon stops: the running turn is marked and left for the next start to judge; its process ends now. */
  async shutdown(): Promise<void> {
    this.stopped = true;
    const { turn } = this;
    if (turn) {
      turn.end('interrupted');
      turn.abort.abort();
      await persist(this.context, 'markTurn', {
        id: turn.id,
        partial: turn.view.text,
        detail: 'daemon stopped',
        at: Date.now(),
      });
    }
    await Promise.all([...this.lives.values()].map((live) => live.close({ quick: true })));
  }

  async openAgent(row: SessionRow, signal: AbortSignal): Promise<LiveAgent> {
    const known = this.lives.get(row.id);
    if (known?.alive) return known;
    for (const live of this.lives.values())
      if (live.sessionId === row.id || live.member.name === this.context.agents.of(row)?.name)
        await live.close({ quick: false });
    const opened = await LiveAgent.open(
      this.context,
      row,
      {
        event: (agent, event) => this.onEvent(agent, event),
        ending: (agent) => nameBackground(this.context, agent),
        gone: (agent) => this.onGone(agent),
      },
      signal,
    );
    this.lives.set(row.id, opened);
    return opened;
  }

  private onEvent(agent: LiveAgent, event: AgentEvent): void {
    const known = this.lives.get(agent.sessionId);
    if (known !== undefined && known !== agent) return;
    if (!known) this.lives.set(agent.sessionId, agent);
    this.runner.onEvent(agent, event);
  }

  private onGone(agent: LiveAgent): void {
    if (this.lives.get(agent.sessionId) === agent) this.lives.delete(agent.sessionId);
    // When the daemon stops, its next start resolves them.
    if (!this.stopped) void this.parts.desk.abandon(agent.sessionId, 'gone');
    this.runner.onGone(agent);
    this.pump();
  }

  private async next(): Promise<void> {
    const first = this.queue[0];
    if (!first) return;
    // A command that was put into the queue waits here, whatever the agent of now could do at once.
    if (this.parts.commands.commandOf(first)) {
      this.queue.shift();
      this.ordering = true;
      try {
        await this.parts.commands.runOrdered(this, first);
      } finally {
        this.ordering = false;
      }
      return;
    }
    const batch = await gatherInputs(this, this.queue);
    if (this.stopped || this.held || this.turn || batch.length === 0) return;
    for (const row of batch) this.queue.splice(this.queue.indexOf(row), 1);
    await this.runner.run(batch);
  }

  private async settle(rows: readonly InputRow[], state: InputState): Promise<void> {
    if (rows.length === 0) return;
    await persist(this.context, 'settleInputs', { ids: rows.map(({ id }) => id), state, at: Date.now() });
  }

  languageOf(row: InputRow) {
    const text = row.body.kind === 'message' ? row.body.text : undefined;
    return languageFor(this.context, row.account, row.body.sender, text);
  }
}

function comesBefore(row: InputRow, other: InputRow | undefined): boolean {
  if (!other) return false;
  if (row.account !== other.account || row.platformAt === 0 || other.platformAt === 0)
    return row.id < other.id;
  return row.platformAt < other.platformAt || (row.platformAt === other.platformAt && row.id < other.id);
}
