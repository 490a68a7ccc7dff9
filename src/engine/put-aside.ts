import { queueTexts as texts } from '../i18n/texts/queue.ts';
import { translate } from '../i18n/translate.ts';
import type { InputRow, OutboxRow } from '../store/rows.ts';
import { textOf } from './input-text.ts';
import { partsFor } from './parts.ts';
import { persist } from './persist.ts';
import { languageFor, linkOf, type ProjectContext } from './project-context.ts';
import type { ProjectParts } from './project-parts.ts';
import { shorten } from './tool-format.ts';

/** Whether the daemon has crashed so often with it in flight that it must not be tried again. */
export function tooManyCrashes({ settings }: ProjectContext, crashes: number): boolean {
  return settings.maxCrashes > 0 && crashes >= settings.maxCrashes;
}

/** An input that ends the daemon each time it is acted on never is again, and that is told. */
export async function putAside(
  { context, parts }: { readonly context: ProjectContext; readonly parts: ProjectParts },
  row: InputRow,
): Promise<void> {
  const language = languageFor(context, row.account, row.body.sender);
  const markdown = translate(texts.quarantined, language, { text: shorten(textOf(row), 120) });
  const outbox = parts.commands.rowsFor(row, [{ kind: 'text', markdown }]);
  context.log.error({ input: row.id, crashes: row.attempts }, 'an input is put aside: it ends the daemon');
  const ids = [row.id];
  await persist(context, 'settleInputs', { ids, state: 'quarantined', outbox, at: Date.now() });
  context.delivery.add(outbox);
}

/** The same for parts that end the daemon whenever they are sent. Returns the others. */
export async function withoutPoison(
  context: ProjectContext,
  rows: readonly OutboxRow[],
): Promise<OutboxRow[]> {
  const well: OutboxRow[] = [];
  for (const row of rows) {
    const { id, attempts, nextAt, crashes = 0 } = row;
    if (!tooManyCrashes(context, crashes)) {
      well.push(row);
      continue;
    }
    const error = `the daemon crashed ${crashes} times while it was sent`;
    const notice = noticeOf(context, row);
    context.log.error({ part: id, account: row.account, crashes }, 'part cannot be delivered');
    const at = Date.now();
    await persist(context, 'partFailed', { id, state: 'dead', attempts, nextAt, error, at, outbox: notice });
    well.push(...notice);
  }
  return well;
}

function noticeOf(context: ProjectContext, row: OutboxRow): OutboxRow[] {
  const link = linkOf(context, row.address);
  if (!link) return [];
  const language = languageFor(context, row.account, undefined);
  const markdown = translate(texts.partPutAside, language, { text: shorten(row.part.plain, 120) });
  const { project, turnId, inputId } = row;
  const owner = { project, turnId: turnId ?? undefined, inputId: inputId ?? undefined };
  return partsFor(link.platform, row.address, { kind: 'text', markdown }, owner, Date.now());
}
