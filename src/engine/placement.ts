import type { MessageInbound } from '../core/inbound.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Text } from '../i18n/languages.ts';
import { controlTexts } from '../i18n/texts/commands/control.ts';
import { queueTexts } from '../i18n/texts/queue.ts';
import { turnTexts } from '../i18n/texts/turn.ts';
import { translate, type Values } from '../i18n/translate.ts';
import type { InputRow, InputState } from '../store/rows.ts';
import type { SessionActor } from './actor.ts';
import { deferredNotice } from './deferred-notice.ts';
import { heldBlocks } from './held-card.ts';
import { textOf } from './input-text.ts';
import type { ProjectContext } from './project-context.ts';
import type { ProjectParts } from './project-parts.ts';
import { exceededLimit } from './roles.ts';
import { SlidingWindow } from './sliding-window.ts';
import { shorten } from './tool-format.ts';
import { formatDuration } from './turn-ending.ts';

export interface Placement {
  readonly state: InputState;
  /** Told in the same transaction. */
  readonly notices: readonly Outgoing[];
}

type Say = (text: Text, values?: Values) => string;

/** Groups whose placement is remembered. */
const groupsKept = 200;
const queued: Placement = { state: 'queued', notices: [] };

/** Decides where a new message goes, and what is said about it at once. */
export class Placing {
  private readonly context: ProjectContext;
  private readonly parts: ProjectParts;
  private readonly rates = new SlidingWindow();
  /** Messages on their way to the disk: they will wait, but do not yet. */
  private readonly arriving = new Map<SessionActor, number>();
  /** What became of the first message of an album holds for the rest of it. */
  private readonly groups = new Map<string, InputState>();

  constructor(context: ProjectContext, parts: ProjectParts) {
    this.context = context;
    this.parts = parts;
  }

  place(actor: SessionActor, row: InputRow, inbound: MessageInbound): Placement {
    const language = actor.languageOf(row);
    const say: Say = (text, values) => translate(text, language, values);
    const refusal = this.refusal(inbound, say);
    if (refusal) return refusal;
    if (this.parts.commands.commandOf(row)) return queued;
    const group = inbound.group && `${actor.key}|${inbound.group.id}`;
    const known = group && this.groups.get(group);
    if (known) return { state: known, notices: [] };
    const placement = this.deferral(actor, row, inbound, say) ?? this.waiting(actor, row, say);
    if (group) this.remember(group, placement.state);
    return placement;
  }

  /** Counts a message until it is stored and enqueued, or refused by the store. */
  async through<T>(actor: SessionActor, work: () => Promise<T>): Promise<T> {
    this.arriving.set(actor, (this.arriving.get(actor) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.arriving.get(actor) ?? 1) - 1;
      if (left > 0) this.arriving.set(actor, left);
      else this.arriving.delete(actor);
    }
  }

  private refusal(inbound: MessageInbound, say: Say): Placement | undefined {
    if (!inbound.text && !inbound.files?.length && !inbound.extra && !inbound.quoted)
      return { state: 'done', notices: [] };
    if (onlyVoice(inbound))
      return { state: 'refused', notices: [{ kind: 'text', markdown: say(turnTexts.voiceDisabled) }] };
    const lower = inbound.text.toLowerCase();
    const banned =
      !/^[/!]/.test(inbound.text) &&
      this.context.settings.bannedWords.some((word) => word && lower.includes(word.toLowerCase()));
    return banned
      ? { state: 'refused', notices: [{ kind: 'text', markdown: say(queueTexts.banned) }] }
      : undefined;
  }

  private deferral(
    actor: SessionActor,
    row: InputRow,
    inbound: MessageInbound,
    say: Say,
  ): Placement | undefined {
    const { settings } = this.context;
    const { staleAfterMs, queueDepth } = settings;
    const text = shorten(textOf(row), 120);
    const deferred = (notice: string): Placement => ({
      state: 'deferred',
      notices: [deferredNotice(row, notice, say)],
    });
    const age = inbound.at > 0 ? Date.now() - inbound.at : 0;
    if (staleAfterMs > 0 && age > staleAfterMs)
      return deferred(say(queueTexts.stale, { age: formatDuration(age), text }));
    const rateLimit = exceededLimit(this.rates, settings, actor.key, row);
    if (rateLimit)
      return deferred(
        say(queueTexts.rateLimited, { max: rateLimit.max, seconds: rateLimit.windowMs / 1000, text }),
      );
    const depth = this.depth(actor);
    return queueDepth > 0 && depth >= queueDepth
      ? deferred(say(queueTexts.deferred, { count: depth, text }))
      : undefined;
  }

  /** A message behind a held queue does not start by itself: the buttons are shown again. */
  private waiting(actor: SessionActor, row: InputRow, say: Say): Placement {
    if (!actor.isHeld) return queued;
    const blocks = [
      { kind: 'text' as const, markdown: say(controlTexts.onHold) },
      ...heldBlocks([...actor.waiting, row], say),
    ];
    return { state: 'queued', notices: [{ kind: 'card', card: { blocks } }] };
  }

  /** Messages that wait or will wait; the one that starts at once is not among them. */
  private depth(actor: SessionActor): number {
    const ahead = actor.waiting.length + (this.arriving.get(actor) ?? 0);
    return actor.turn || ahead === 0 ? ahead : ahead - 1;
  }

  private remember(group: string, state: InputState): void {
    this.groups.set(group, state);
    const [oldest] = this.groups.keys();
    if (this.groups.size > groupsKept && oldest !== undefined) this.groups.delete(oldest);
  }
}

function onlyVoice(inbound: MessageInbound): boolean {
  return (
    !inbound.text &&
    (inbound.files?.length ?? 0) > 0 &&
    inbound.files?.every((file) => file.kind === 'voice') === true
  );
}
