import { setTimeout as sleep } from 'node:timers/promises';
import type { InputRow } from '../store/rows.ts';
import type { SessionActor } from './actor.ts';

/** The inputs that belong into the next turn: one message, an album, or all that was collected. */
export async function gatherInputs(actor: SessionActor, queue: readonly InputRow[]): Promise<InputRow[]> {
  const first = queue[0];
  if (!first) return [];
  const { busyMode, collectWindowMs } = actor.context.settings;
  const group = first.body.kind === 'message' ? first.body.group : undefined;
  if (group) {
    const members = () => queue.filter((row) => groupOf(row) === group.id);
    await untilQuiet(() => members().length, group.windowMs);
    return members();
  }
  if (busyMode !== 'collect') return [first];
  await untilQuiet(() => queue.length, collectWindowMs);
  const end = queue.findIndex(
    (row) => actor.parts.commands.commandOf(row) !== undefined || !sameConversation(first, row),
  );
  return queue.slice(0, end === -1 ? undefined : end);
}

/** Messages to different agents are different turns. */
function sameConversation(first: InputRow, row: InputRow): boolean {
  const known = first.sessionId !== null && row.sessionId !== null;
  return first.agent === row.agent && (!known || first.sessionId === row.sessionId);
}

async function untilQuiet(count: () => number, windowMs: number): Promise<void> {
  for (let seen = -1; seen !== count(); ) {
    seen = count();
    await sleep(windowMs);
  }
}

/** The album or batch a message belongs to. */
export function groupOf(row: InputRow): string | undefined {
  return row.body.kind === 'message' ? row.body.group?.id : undefined;
}
