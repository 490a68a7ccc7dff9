import type { SessionKey, TurnId } from '../core/ids.ts';
import type { InputRow } from '../store/rows.ts';
import type { CommandRunner } from './command-runner.ts';
import { originalsOf } from './originals.ts';
import type { ProjectContext } from './project-context.ts';

/** Sessions whose turn was to be stopped when the daemon ended: by the platform's button or by command. */
export function stoppedSessions(
  inputs: readonly InputRow[],
  commands: CommandRunner,
): ReadonlySet<SessionKey> {
  return new Set(
    inputs
      .filter((row) => row.kind === 'stop' || commands.commandOf(row)?.spec.stops)
      .map(({ sessionKey }) => sessionKey),
  );
}

/** Turns whose message was withdrawn when the daemon ended: the same, but for this turn alone. */
export function recalledTurns(context: ProjectContext, inputs: readonly InputRow[]): ReadonlySet<TurnId> {
  const turns = new Set<TurnId>();
  for (const { body } of inputs) {
    if (body.kind !== 'recall') continue;
    for (const { turnId, finishedAt } of originalsOf(context, body))
      if (turnId !== null && finishedAt === null) turns.add(turnId);
  }
  return turns;
}
