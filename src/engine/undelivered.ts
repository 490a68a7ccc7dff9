import type { Platform } from '../core/platform.ts';
import type { TurnRow } from '../store/rows.ts';
import { linkOf, type ProjectContext } from './project-context.ts';
import { withReferences } from './references.ts';
import { unsentText } from './unsent-text.ts';

/** What of a turn's text was not delivered yet: parts frozen before the crash are on their way or there. */
export function undelivered(context: ProjectContext, turn: TurnRow, said: string): string {
  const frozen = context.queries
    .partsOfTurn(turn.id)
    .filter((row) => row.part.kind === 'text' && row.approvalId === null)
    .map(({ part, ownPlain }) => ownPlain ?? part.plain);
  const platform = linkOf(context, turn.address)?.platform;
  if (!platform || frozen.length === 0) return said.trim();
  return unsentText(said, frozen, (markdown) =>
    platform
      .render({ kind: 'text', markdown: asShown(context, turn, platform, markdown) }, turn.address)
      .map(({ plain }) => plain)
      .join('\n'),
  );
}

/** A text of the agent as the running turn would have shown it. */
export function asShown(
  context: ProjectContext,
  turn: TurnRow,
  platform: Platform,
  markdown: string,
): string {
  const session = context.queries.session(turn.sessionId);
  return session ? withReferences(context, platform, session, markdown) : markdown;
}
