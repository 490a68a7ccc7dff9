import type { CommandCall } from '../../engine/command.ts';
import { shorten } from '../../engine/tool-format.ts';
import { statusTexts as texts } from '../../i18n/texts/commands/status.ts';
import type { InputRow, OutboxRow, TurnRow } from '../../store/rows.ts';

const errorMax = 120;

/** What has become of one message, in plain words. */
export function fateOf(call: CommandCall, row: InputRow): string {
  const { queries } = call.context;
  const turn = row.turnId ? queries.turn(row.turnId) : undefined;
  switch (row.state) {
    case 'queued':
      return call.say(texts.queued);
    case 'deferred':
      return call.say(texts.deferred);
    case 'held':
      return call.say(texts.held);
    case 'refused':
      return call.say(texts.refused);
    case 'dropped':
      return call.say(texts.dropped);
    case 'quarantined':
      return call.say(texts.quarantined);
    case 'running':
    case 'done':
      return turn
        ? turnFate(call, turn, queries.partsOfTurn(turn.id))
        : partsFate(call, row.state === 'done', queries.partsOfInput(row.id));
  }
}

function turnFate(call: CommandCall, turn: TurnRow, parts: readonly OutboxRow[]): string {
  const detail = turn.detail ?? '';
  switch (turn.state) {
    case 'queued':
      return call.say(texts.queued);
    case 'starting':
      return call.say(texts.starts);
    case 'handed':
      return call.say(texts.handed);
    case 'running':
      return call.say(texts.working);
    case 'stopping':
      return call.say(texts.stopping);
    case 'failed':
      return call.say(texts.failed, { error: shorten(detail.replace(/^failed:?\s*/, ''), errorMax) || '–' });
    case 'interrupted':
      return call.say(texts.interrupted);
    case 'delivering':
    case 'done':
      return delivered(call, parts);
  }
}

function delivered(call: CommandCall, parts: readonly OutboxRow[]): string {
  const dead = parts.find(({ state }) => state === 'dead');
  if (dead) return call.say(texts.undelivered, { error: shorten(dead.error ?? '–', errorMax) });
  const sent = parts.filter(({ state }) => state === 'sent' || state === 'dropped').length;
  return sent < parts.length
    ? call.say(texts.delivering, { sent, parts: parts.length })
    : call.say(texts.answered);
}

/** A command or notice: done when its answer is. */
function partsFate(call: CommandCall, done: boolean, parts: readonly OutboxRow[]): string {
  if (!done) return call.say(texts.working);
  return parts.length > 0 ? delivered(call, parts) : call.say(texts.done);
}
