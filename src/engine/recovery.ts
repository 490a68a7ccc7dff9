import type { PromptOutcome } from '../core/agent.ts';
import { describeError } from '../core/errors.ts';
import { asId, type InputId, type SessionKey, type TurnId } from '../core/ids.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Language } from '../i18n/languages.ts';
import { queueTexts } from '../i18n/texts/queue.ts';
import { turnTexts as texts } from '../i18n/texts/turn.ts';
import { translate } from '../i18n/translate.ts';
import type { ApprovalRow, InputRow, OutboxRow, ProcessRow, TurnRow } from '../store/rows.ts';
import { clearLeftSigns } from './activity.ts';
import { followUpOf } from './follow-up.ts';
import { heldBlocks } from './held-card.ts';
import { textOf } from './input-text.ts';
import { endLeftover } from './leftover-process.ts';
import { withoutMarker } from './no-reply.ts';
import { partsFor, takeOverPreview } from './parts.ts';
import { persist } from './persist.ts';
import { PreviewLeftovers } from './preview-leftovers.ts';
import { ProgressLeftovers } from './progress-recovery.ts';
import { languageFor, linkOf, type ProjectContext } from './project-context.ts';
import { tooManyCrashes, withoutPoison } from './put-aside.ts';
import { RecoveredInputs, type RecoveryDeps } from './recovered-inputs.ts';
import { recalledTurns, stoppedSessions } from './stop-orders.ts';
import { shorten } from './tool-format.ts';
import { outcomeOf } from './turn-outcome.ts';
import { asShown, undelivered } from './undelivered.ts';
import { recordHandover } from './unrecorded-turn.ts';

/** Brings a project back to where the contract says it is after any end of the daemon, before anything new runs. */
export class Recovery {
  private readonly deps: RecoveryDeps;
  private readonly context: ProjectContext;
  private readonly previews: PreviewLeftovers;
  private readonly progress: ProgressLeftovers;
  private readonly inputs: RecoveredInputs;
  /** Found in a transcript: they do not wait any more. */
  private readonly handed = new Set<InputId>();
  private recalled: ReadonlySet<TurnId> = new Set();

  constructor(deps: RecoveryDeps) {
    this.deps = deps;
    this.context = deps.context;
    this.previews = new PreviewLeftovers(deps.context);
    this.progress = new ProgressLeftovers(deps.context);
    this.inputs = new RecoveredInputs(deps, this.handed);
  }

  /** Resolves when everything is dispatched; sessions with an interrupted turn go on recovering by themselves. */
  async run(): Promise<void> {
    const { context } = this;
    const { queries } = context;
    await context.store.commit('countCrash', { project: context.name });
    await this.inputs.moveChats();
    const turns = queries.openTurns(context.name);
    const inputs = queries.openInputs(context.name);
    const processes = queries.processes(context.name);
    const stopped = stoppedSessions(inputs, this.deps.parts.commands);
    this.recalled = recalledTurns(context, inputs);
    await this.deps.parts.desk.recover(queries.openApprovals(context.name), (row) =>
      this.addressOf(row, turns),
    );
    const parts = await withoutPoison(context, queries.openParts(context.name));
    context.delivery.add(parts, { recovered: true });
    clearLeftSigns(context);
    const alive = turns.filter(({ state }) => state !== 'delivering');
    const waiting = this.messagesThatWait(inputs);
    const amended = this.inputs.amend(inputs);
    for (const key of new Set([
      ...alive.map(({ sessionKey }) => sessionKey),
      ...this.orphans(processes, alive).map(({ key }) => key),
      // An earlier recovery may have ended their agent, and have been killed before it asked the transcript.
      ...waiting.keys(),
    ])) {
      const mine = alive.filter(({ sessionKey }) => sessionKey === key);
      const kin = processes.filter(({ sessionId }) => queries.session(sessionId)?.sessionKey === key);
      this.deps
        .actorFor(key)
        .block(
          amended.then(() => this.recoverSession(key, mine, kin, stopped.has(key), waiting.get(key) ?? [])),
        );
    }
    const open = new Set(alive.map(({ id }) => id));
    this.previews.closeAllBut(open);
    this.progress.settleAllBut(open);
    await amended;
    await this.inputs.run(inputs);
  }

  /** Ends what is left of the session's processes, then lets the transcript decide about each open turn. */
  private async recoverSession(
    key: SessionKey,
    turns: readonly TurnRow[],
    processes: readonly ProcessRow[],
    stopped: boolean,
    waiting: readonly InputRow[],
  ): Promise<void> {
    for (const process of processes) await endLeftover(this.context, process);
    for (const turn of await this.withUnrecorded(key, turns, waiting)) {
      try {
        await this.recoverTurn(key, turn, stopped || this.recalled.has(turn.id));
      } catch (error) {
        // Cut short by an orderly stop nothing is known of it yet: the next start judges.
        if (this.deps.actorFor(key).isStopped) throw error;
        this.context.log.error({ turn: turn.id, error: describeError(error) }, 'turn could not be recovered');
        await this.interrupted(turn, '', describeError(error));
      }
    }
  }

  private async recoverTurn(key: SessionKey, turn: TurnRow, stopped: boolean): Promise<void> {
    const { context } = this;
    const session = context.queries.session(turn.sessionId);
    const inputs = context.queries.inputsOfTurn(turn.id);
    if (turn.origin === 'background' || inputs.length === 0)
      return this.interrupted(turn, turn.partial ?? '', 'background');
    const worst = Math.max(...inputs.map(({ attempts }) => attempts));
    const outcome = await outcomeOf(this.context, turn, session, inputs);
    const found = 'nativeId' in outcome ? outcome.nativeId : undefined;
    if (found && session && !session.nativeId)
      await this.deps.actorFor(key).sessions.change(session.id, { nativeId: found });
    if (outcome.state === 'ended') return this.ended(turn, outcome);
    if (stopped || turn.state === 'stopping')
      return this.interrupted(turn, outcome.state === 'open' ? outcome.text : (turn.partial ?? ''), 'stop');
    const agent = session && context.agents.of(session)?.agent;
    // Without a transcript the record tells: it is made right before the agent gets the prompt.
    const absent =
      outcome.state === 'absent' || (outcome.state === 'unknown' && agent?.capabilities.outcome === false);
    if (absent && turn.handedAt === null && turn.state !== 'running') {
      if (tooManyCrashes(context, worst)) return this.quarantine(turn, inputs);
      return this.requeue(key, turn, inputs);
    }
    if (
      outcome.state === 'absent' &&
      turn.partial === null &&
      inputs.every((row) => row.attempts < 2 || context.settings.maxCrashes === 0)
    ) {
      // Handed, but it never reached the conversation: nothing of it happened, so it runs.
      return this.requeue(key, turn, inputs);
    }
    return this.interrupted(
      turn,
      outcome.state === 'open' && outcome.text ? outcome.text : (turn.partial ?? ''),
      'restart',
    );
  }

  private async requeue(key: SessionKey, turn: TurnRow, inputs: readonly InputRow[]): Promise<void> {
    const ids = inputs.map(({ id }) => id);
    const unseen = turn.handedAt === null;
    for (const row of this.previews.of(turn.id)) if (row.ref || !unseen) this.previews.close(row);
    await persist(this.context, 'requeue', {
      turnId: turn.id,
      inputs: ids,
      detail: 'the daemon ended before the agent had it',
      unseen,
      at: Date.now(),
    });
    this.progress.settle(turn.id, 'failed');
    const actor = this.deps.actorFor(key);
    for (const row of inputs) actor.enqueue({ ...row, state: 'queued', turnId: null });
  }

  private async quarantine(turn: TurnRow, inputs: readonly InputRow[]): Promise<void> {
    const text = inputs.map((row) => shorten(textOf(row), 120)).join(' · ');
    await this.end(turn, 'failed', 'quarantined', '', (language) => [
      { kind: 'text', markdown: translate(queueTexts.quarantined, language, { text }) },
    ]);
  }

  /** The agent finished while nobody listened: its answer is delivered. */
  private async ended(turn: TurnRow, outcome: Extract<PromptOutcome, { state: 'ended' }>): Promise<void> {
    if (!outcome.ok)
      return this.interrupted(turn, outcome.text, turn.state === 'stopping' ? 'stop' : 'restart');
    await this.end(turn, 'done', undefined, outcome.text, (language) =>
      outcome.text.trim() ? [] : [{ kind: 'text', markdown: translate(texts.empty, language) }],
    );
  }

  private async interrupted(turn: TurnRow, partial: string, why: string): Promise<void> {
    const goOn = why === 'restart' && this.context.settings.onInterruptedTurn === 'continue';
    const stopped = why === 'stop';
    await this.end(turn, 'interrupted', why, partial, (language) => {
      if (stopped) return [this.stopNotice(turn.sessionKey, language)];
      const text = translate(texts.daemonRestarted, language);
      if (goOn || turn.origin === 'background') return [{ kind: 'text', markdown: text }];
      const button = {
        label: translate(texts.continueButton, language),
        data: `c:${turn.id}`,
        style: 'primary' as const,
      };
      return [
        {
          kind: 'card',
          card: {
            blocks: [
              { kind: 'text', markdown: text },
              { kind: 'buttons', rows: [[button]] },
            ],
          },
        },
      ];
    });
    if (goOn) await this.continue(turn);
  }

  /** What the stop already held back is shown with it, or nobody could let it go. */
  private stopNotice(key: SessionKey, language: Language): Outgoing {
    const { queries, name } = this.context;
    const held = queries.openInputs(name).filter((row) => row.sessionKey === key && row.state === 'held');
    const markdown = translate(texts.stopped, language);
    if (held.length === 0) return { kind: 'text', markdown };
    const blocks = heldBlocks(held, (text, values = {}) => translate(text, language, values));
    return { kind: 'card', card: { blocks: [{ kind: 'text', markdown }, ...blocks] } };
  }

  /** `on_interrupted_turn = "continue"`: what the button would do. */
  private async continue(turn: TurnRow): Promise<void> {
    const [first] = this.context.queries.inputsOfTurn(turn.id);
    if (first)
      await this.deps.dispatch(this.deps.actorFor(turn.sessionKey), await this.followUp(turn, first));
  }

  private async followUp(turn: TurnRow, first: InputRow): Promise<InputRow> {
    const row = followUpOf(first, turn.id, languageFor(this.context, first.account, first.body.sender));
    await this.context.store.commit('acceptInput', { input: row });
    return row;
  }

  /** Ends an old turn like a live one: everything to deliver in one transaction, parts already sent stay. */
  private async end(
    turn: TurnRow,
    outcome: 'done' | 'failed' | 'interrupted',
    detail: string | undefined,
    said: string,
    notices: (language: ReturnType<typeof languageFor>) => readonly Outgoing[],
  ): Promise<void> {
    const { context } = this;
    const link = linkOf(context, turn.address);
    const [first] = context.queries.inputsOfTurn(turn.id);
    const language = languageFor(context, turn.address.account, first?.body.sender);
    const owner = { project: context.name, turnId: turn.id };
    const at = Date.now();
    const text = withoutMarker(undelivered(context, turn, said)) ?? '';
    const previews = this.previews.of(turn.id);
    const preview = previews.findLast(({ ref, state }) => ref !== null && state === 'open');
    const answer =
      link && text.trim()
        ? takeOverPreview(
            partsFor(
              link.platform,
              turn.address,
              {
                kind: 'text',
                markdown: asShown(context, turn, link.platform, text),
                footer: outcome === 'done' ? undefined : translate(texts.partial, language),
              },
              owner,
              at,
            ),
            preview?.id,
          )
        : [];
    const extra = link ? partsFor(link.platform, turn.address, notices(language), owner, at) : [];
    const outbox: OutboxRow[] = [...answer, ...extra];
    const history = said.trim()
      ? [{ sessionId: turn.sessionId, turnId: turn.id, role: 'assistant' as const, text: said, at }]
      : [];
    await persist(context, 'endTurn', { id: turn.id, outcome, detail, history, outbox, at });
    // What the turn did stands above what it said.
    this.progress.settle(turn.id, outcome === 'done' ? 'completed' : 'failed');
    context.delivery.add(outbox);
    for (const row of previews) if (row !== preview || answer.length === 0) this.previews.close(row);
  }

  /** The turns, and what had been handed without being recorded: always the first of those that wait. */
  private async withUnrecorded(
    key: SessionKey,
    turns: readonly TurnRow[],
    waiting: readonly InputRow[],
  ): Promise<readonly TurnRow[]> {
    const all = [...turns];
    for (const row of waiting) {
      // Withdrawn in the meantime: whatever the agent made of it is told to nobody.
      if (this.context.queries.input(row.id)?.finishedAt) continue;
      const command = this.deps.parts.commands.commandOf(row);
      const handover = await recordHandover(this.context, row, all, command?.rest);
      if (handover.kind === 'none' && command) continue;
      if (handover.kind === 'none') return all;
      this.handed.add(row.id);
      this.deps.actorFor(key).take([row.id]);
      if (handover.kind === 'turn') all.push(handover.turn);
    }
    return all;
  }

  private messagesThatWait(inputs: readonly InputRow[]): ReadonlyMap<SessionKey, InputRow[]> {
    const found = new Map<SessionKey, InputRow[]>();
    for (const row of inputs) {
      const command = this.deps.parts.commands.commandOf(row);
      if (row.kind !== 'message' || row.state !== 'queued' || (command && !command.spec.steers)) continue;
      found.set(row.sessionKey, [...(found.get(row.sessionKey) ?? []), row]);
    }
    return found;
  }

  private orphans(processes: readonly ProcessRow[], turns: readonly TurnRow[]) {
    const busy = new Set(turns.map(({ sessionId }) => sessionId));
    return processes
      .filter(({ sessionId }) => !busy.has(sessionId))
      .flatMap((row) => {
        const key = this.context.queries.session(row.sessionId)?.sessionKey;
        if (key === undefined) void endLeftover(this.context, row);
        return key === undefined ? [] : [{ key: asId<SessionKey>(key) }];
      });
  }

  private addressOf(row: ApprovalRow, turns: readonly TurnRow[]) {
    return (
      turns.find(({ id }) => id === row.turnId)?.address ??
      this.context.queries.session(row.sessionId)?.address ??
      undefined
    );
  }
}
