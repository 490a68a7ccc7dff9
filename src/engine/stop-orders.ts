import type { SessionKey } from '../core/ids.ts';
import type { InputRow } from '../store/rows.ts';

/** Sessions whose turn was to be stopped when the daemon ended: by the platform's button or by command. */
export function stoppedSessions(inputs: readonly InputRow[]): ReadonlySet<SessionKey> {
  return new Set(
    inputs
      .filter(
        (row) =>
          row.kind === 'stop' || (row.body.kind === 'message' && /^\/(stop|cancel)\b/.test(row.body.text)),
      )
      .map(({ sessionKey }) => sessionKey),
  );
}
