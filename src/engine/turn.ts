import type { Address } from '../core/address.ts';
import type { AgentEvent, AgentEventBody, TurnOutcome, Usage } from '../core/agent-event.ts';
import type { InputId, PromptId, SessionId, SessionKey, TurnId } from '../core/ids.ts';
import { asId } from '../core/ids.ts';
import type { Language, Text } from '../i18n/languages.ts';
import { turnTexts as texts } from '../i18n/texts/turn.ts';
import { translate, type Values } from '../i18n/translate.ts';
import { sortableId } from '../kit/ids.ts';
import type { InputRow, SessionRow, TurnRow, TurnState } from '../store/rows.ts';
import { ActivitySign } from './activity.ts';
import type { LiveAgent } from './live-agent.ts';
import { persistSoon } from './persist.ts';
import { linkOf, type ProjectContext } from './project-context.ts';
import { TurnView } from './turn-view.ts';

/** After this long without any event the chat is told, and told again at every multiple. */
const silentMs = 3 * 60_000;
/** How often the text so far is saved as evidence for recovery. */
const partialEveryMs = 5_000;
/** An answer is so far ahead of the call that takes its sign of work off: at one moment they hold each other up. */
const answerAheadMs = 25;

export interface TurnTimers {
  /** Nothing came from the agent for `idle_timeout_mins`. */
  idle(turn: Turn): void;
  /** `max_turn_time_mins` is over. */
  tooLong(turn: Turn): void;
}

/** Why a turn ends other than by itself. */
export type StopReason = 'stop' | 'interrupted' | 'recall' | 'idle' | 'too_long' | 'shutdown' | 'cancel';

/** One turn while it runs: its inputs, what the chat sees of it, and its clocks. */
export class Turn {
  readonly id: TurnId;
  readonly origin: TurnRow['origin'];
  readonly sessionId: SessionId;
  /** Where it speaks; another place once its chat got a new id. */
  address: Address;
  readonly language: Language;
  readonly startedAt = Date.now();
  readonly view: TurnView;
  /** Ends preparation (opening the agent, downloads) when the turn is stopped early. */
  readonly abort = new AbortController();
  inputs: InputRow[];
  promptId: PromptId | undefined;
  state: TurnState = 'starting';
  /** The agent has taken the prompt. */
  accepted = false;
  /** The process it was given to; an older one of the same conversation may still be ending. */
  live: LiveAgent | undefined;
  stopReason: StopReason | undefined;
  usage: Usage | undefined;
  /** Texts sent by the agent itself with `cc-connect send` during this turn. */
  readonly sentTexts: string[] = [];
  /** Names of the files it sent so. */
  readonly sentFiles: string[] = [];
  /** Resolves when the turn's row is on disk. */
  begun: Promise<unknown> = Promise.resolve();
  private readonly context: ProjectContext;
  private readonly timers: TurnTimers;
  private readonly activity: ActivitySign | undefined;
  /** Monotonic: neither a clock that jumps nor a sleeping machine counts as silence of the agent. */
  private lastEventAt = performance.now();
  private readonly startedMono = performance.now();
  private savedLength = 0;
  private savedAt = Date.now();
  private tick: NodeJS.Timeout | undefined;
  private paused = false;

  constructor(
    context: ProjectContext,
    origin: TurnRow['origin'],
    session: SessionRow,
    address: Address,
    language: Language,
    inputs: InputRow[],
    timers: TurnTimers,
  ) {
    const link = linkOf(context, address);
    if (!link) throw new Error('a turn needs a connected platform');
    this.id = asId<TurnId>(sortableId());
    this.context = context;
    this.origin = origin;
    this.sessionId = session.id;
    this.address = address;
    this.language = language;
    this.inputs = inputs;
    this.promptId = inputs[0]?.promptId ?? undefined;
    this.timers = timers;
    this.view = new TurnView(context, link.platform, { id: this.id, address, language, session });
    this.activity =
      origin === 'prompt' ? new ActivitySign(context, link.platform, address, this.id) : undefined;
  }

  row(sessionKey: SessionKey, session: SessionRow): TurnRow {
    return {
      id: this.id,
      project: this.context.name,
      sessionKey,
      sessionId: session.id,
      origin: this.origin,
      state: this.state,
      promptId: this.promptId ?? null,
      nativeId: session.nativeId,
      address: this.address,
      partial: null,
      detail: null,
      startedAt: this.startedAt,
      handedAt: null,
      endedAt: null,
      finishedAt: null,
    };
  }

  get inputIds(): InputId[] {
    return this.inputs.map(({ id }) => id);
  }

  /** Its end has come and is being stored. */
  get ending(): boolean {
    return this.state === 'delivering';
  }

  /** One of these prompts is an input of this turn. */
  owns(prompts: readonly PromptId[]): boolean {
    return (
      (this.promptId !== undefined && prompts.includes(this.promptId)) ||
      this.inputs.some(({ promptId }) => promptId !== null && prompts.includes(promptId))
    );
  }

  say(text: Text, values?: Values): string {
    return translate(text, this.language, values);
  }

  start(): void {
    this.activity?.start();
    this.tick = setInterval(() => this.onTick(), 1000);
    this.tick.unref();
  }

  moveTo(address: Address): void {
    if (address === this.address) return;
    this.address = address;
    this.view.moveTo(address);
    this.activity?.moveTo(address);
  }

  /** While someone is being asked the agent is silent for a good reason. */
  pause(paused: boolean): void {
    this.paused = paused;
    this.lastEventAt = performance.now();
  }

  onEvent(event: AgentEvent): void {
    this.lastEventAt = performance.now();
    if (this.state === 'starting' || this.state === 'handed') this.state = 'running';
    if (event.parent !== undefined) return;
    this.show(event.body);
    this.savePartial();
  }

  /** `sign`: when the sign of work is taken off. */
  end(outcome: TurnOutcome['status'], sign: 'now' | 'behind the answer' = 'now'): void {
    clearInterval(this.tick);
    const how = outcome === 'ok' ? 'done' : outcome === 'interrupted' ? 'stopped' : 'failed';
    this.activity?.end(how, sign === 'now' ? 0 : answerAheadMs);
  }

  private show(body: AgentEventBody): void {
    switch (body.kind) {
      case 'text':
        this.view.addText(body.text, body.mode);
        return this.view.going(undefined);
      case 'text_end':
        return this.view.endText(body.void);
      case 'thinking':
        return this.view.addThinking(body.text);
      case 'tool_started':
        return this.view.toolStarted(body.call);
      case 'tool_ended':
        return this.view.toolEnded(body);
      case 'plan':
        return this.view.plan(body.steps);
      case 'usage':
        this.usage = { ...this.usage, ...body.usage };
        return;
      case 'notice':
        return this.notice(body.notice);
      default:
        return;
    }
  }

  private notice(notice: Extract<AgentEventBody, { kind: 'notice' }>['notice']): void {
    const { view } = this;
    switch (notice.kind) {
      case 'retrying':
        return view.going(
          this.say(texts.retrying, { reason: notice.reason, attempt: notice.attempt, max: notice.max }),
        );
      case 'compacting':
        return view.going(notice.done ? undefined : this.say(texts.compacting));
      case 'denied_by_policy':
        return view.note(this.say(texts.deniedByPolicy, { tool: notice.tool, message: notice.message }));
      case 'skipped_output':
        return view.note(`⚠️ ${Math.round(notice.bytes / 1_048_576)} MB`);
      case 'other':
        return view.note(notice.text);
    }
  }

  private savePartial(): void {
    const text = this.view.text;
    if (text.length === this.savedLength || Date.now() - this.savedAt < partialEveryMs) return;
    this.savedLength = text.length;
    this.savedAt = Date.now();
    persistSoon(this.context, 'markTurn', { id: this.id, state: 'running', partial: text, at: this.savedAt });
  }

  private onTick(): void {
    if (this.state === 'delivering' || this.stopReason !== undefined) return;
    const silent = performance.now() - this.lastEventAt;
    const { idleTimeoutMs, maxTurnMs } = this.context.settings;
    if (maxTurnMs > 0 && performance.now() - this.startedMono >= maxTurnMs) return this.timers.tooLong(this);
    if (this.paused) return;
    if (idleTimeoutMs > 0 && silent >= idleTimeoutMs) return this.timers.idle(this);
    if (silent >= silentMs)
      this.view.going(
        this.say(texts.silent, { minutes: Math.floor(silent / silentMs) * (silentMs / 60_000) }),
      );
  }
}
