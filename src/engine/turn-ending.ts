import type { TurnOutcome } from '../core/agent-event.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Text } from '../i18n/languages.ts';
import { turnTexts as texts } from '../i18n/texts/turn.ts';
import type { InputRow, OutboxRow } from '../store/rows.ts';
import { type FooterFacts, footerLine } from './footer.ts';
import { heldBlocks } from './held-card.ts';
import { nativeCommandOf } from './native-commands.ts';
import { withoutMarker } from './no-reply.ts';
import { linkOf, type ProjectContext } from './project-context.ts';
import type { Turn } from './turn.ts';

export interface TurnEnding {
  readonly outcome: 'done' | 'failed' | 'interrupted';
  readonly detail: string | undefined;
  /** The answer itself, possibly taking over the preview. */
  readonly rows: readonly OutboxRow[];
  /** What is said besides: errors, stops, a ping. */
  readonly notices: readonly Outgoing[];
  /** For history. */
  readonly text: string;
  /** The queue waits for a button. */
  readonly hold: boolean;
  /** The agent asked for silence: not even a sign that it is done. */
  readonly silent?: boolean;
  /** Said when the answer turned out to be an edit of a message that was there before. */
  readonly ping?: string;
}

/** What the chat gets to see when a turn is over. */
export function endingOf(
  turn: Turn,
  outcome: TurnOutcome,
  said: string | undefined,
  errorText: Text,
  facts: FooterFacts,
  context: ProjectContext,
  waiting: readonly InputRow[],
): TurnEnding {
  if (outcome.status === 'ok') return good(turn, said, facts, context);
  const rows = turn.view.abandon();
  const text = turn.view.text;
  if (outcome.status === 'interrupted') {
    const hold = turn.stopReason === 'stop' && waiting.length > 0;
    const silent = turn.stopReason === 'recall' && rows.length === 0;
    return {
      outcome: 'interrupted',
      detail: turn.stopReason,
      rows,
      notices: silent ? [] : [stopNotice(turn, hold ? waiting : [], context)],
      text,
      hold,
    };
  }
  const message =
    outcome.code === 'crash'
      ? turn.say(texts.crashed, { error: outcome.message })
      : turn.say(errorText, { error: outcome.message });
  return {
    outcome: 'failed',
    detail: outcome.message,
    rows,
    notices: [{ kind: 'text', markdown: message }],
    text,
    hold: false,
  };
}

function good(turn: Turn, said: string | undefined, facts: FooterFacts, context: ProjectContext): TurnEnding {
  const footer = footerLine(facts, context.settings.display);
  if (turn.view.repeats(said, turn.sentTexts)) {
    const text = said ?? turn.view.text;
    turn.view.dismiss();
    const notices: Outgoing[] = footer ? [{ kind: 'text', markdown: `*${footer}*` }] : [];
    return { outcome: 'done', detail: undefined, rows: [], notices, text, hold: false };
  }
  const { rows, text, silent } = turn.view.finish(said, footer, emptyWord(turn, context));
  const ping = silent ? undefined : pingFor(turn, rows, context);
  // Its words went out before, perhaps as an edit: nothing else of the end would be noticed.
  const overdue = rows.length === 0 && ping !== undefined && withoutMarker(text) === text;
  const notices: Outgoing[] = overdue ? [{ kind: 'text', markdown: ping }] : [];
  return { outcome: 'done', detail: undefined, rows, notices, text, hold: false, ping, silent };
}

/** What is said of an agent that said nothing: many of its own commands do their work without a word. */
function emptyWord(turn: Turn, context: ProjectContext): string {
  const command = turn.live && nativeCommandOf(context, turn.live.member, turn.inputs);
  return command ? turn.say(texts.commandDone, { command }) : turn.say(texts.empty);
}

/** After a long turn, where editing raises no notification and nothing else of the answer does. */
function pingFor(turn: Turn, rows: readonly OutboxRow[], context: ProjectContext): string | undefined {
  const { notifyAfterMs } = context.settings;
  const tookMs = Date.now() - turn.startedAt;
  const editNotifies = linkOf(context, turn.address)?.platform.capabilities.editNotifies;
  if (rows.length > 1 || editNotifies || notifyAfterMs <= 0 || tookMs <= notifyAfterMs) return undefined;
  return turn.say(texts.donePing, { duration: formatDuration(tookMs) });
}

function stopNotice(turn: Turn, held: readonly InputRow[], context: ProjectContext): Outgoing {
  const minutes = (ms: number) => Math.round(ms / 60_000);
  const lines: Record<NonNullable<Turn['stopReason']>, string> = {
    stop: turn.say(texts.stopped),
    cancel: turn.say(texts.stopped),
    interrupted: turn.say(texts.interruptedByNew),
    recall: turn.say(texts.recalled),
    idle: turn.say(texts.idleTimeout, { minutes: minutes(context.settings.idleTimeoutMs) }),
    too_long: turn.say(texts.turnTimeout, { minutes: minutes(context.settings.maxTurnMs) }),
    shutdown: turn.say(texts.daemonRestarted),
  };
  const line = lines[turn.stopReason ?? 'stop'];
  if (held.length === 0) return { kind: 'text', markdown: line };
  const say: Turn['say'] = (text, values) => turn.say(text, values);
  return {
    kind: 'card',
    card: { blocks: [{ kind: 'text', markdown: line }, ...heldBlocks(held, say)] },
  };
}

/** `42 s`, `3 min 5 s`, `1 h 2 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
