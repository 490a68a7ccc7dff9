import type { SessionKey } from '../core/ids.ts';
import type { InputRow } from '../store/rows.ts';
import type { CommandRunner } from './command-runner.ts';

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
