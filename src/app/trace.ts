import { AppError } from '../core/errors.ts';
import { asId } from '../core/ids.ts';
import type { Trace } from '../servers/local/backend.ts';
import type { Queries } from '../store/queries.ts';
import type { ApprovalRow, InputRow, OutboxRow, TurnRow } from '../store/rows.ts';

type Entry = Trace['entries'][number];

/** Everything that happened to one message: from its arrival to the last part sent. */
export function traceOf(
  queries: Queries,
  id: string,
  inputsByMessage: (message: string) => readonly InputRow[],
): Trace {
  // A part that belongs to a turn or an input is shown with all that led to it.
  const part = queries.part(asId(id));
  const turn = queries.turn(part?.turnId ?? asId(id));
  const input = queries.input(part?.inputId ?? asId(id)) ?? inputsByMessage(id)[0];
  if (!input && !turn && !part) {
    throw new AppError('trace_unknown', `nothing is known about ${id}`, {
      kind: 'not_found',
      advice:
        "give the id of an input, a turn or a part, or the platform's message id; /status shows the last ones",
    });
  }
  const turnRow = turn ?? (input?.turnId ? queries.turn(input.turnId) : undefined);
  const inputs = turnRow ? queries.inputsOfTurn(turnRow.id) : input ? [input] : [];
  const approvals = turnRow ? queries.approvalsOfTurn(turnRow.id) : [];
  const parts = [
    ...(part ? [part] : []),
    ...(turnRow ? queries.partsOfTurn(turnRow.id) : []),
    ...inputs.flatMap((row) => queries.partsOfInput(row.id)),
    ...approvals.flatMap((row) => queries.partsOfApproval(row.id)),
  ];
  const entries = [
    ...inputs.flatMap((row) => inputEntries(queries, row)),
    ...(turnRow ? turnEntries(queries, turnRow) : []),
    ...approvals.flatMap((row) => approvalEntries(queries, row)),
    ...[...new Map(parts.map((row) => [row.id, row])).values()].flatMap((row) => partEntries(queries, row)),
  ];
  return { id, entries: entries.sort((a, b) => a.at - b.at) };
}

function inputEntries(queries: Queries, row: InputRow): Entry[] {
  const { sender, address } = row.body;
  const who = sender.name ?? sender.id;
  const sent: Entry[] =
    row.platformAt > 0
      ? [{ at: row.platformAt, what: 'sent', detail: `by ${who} in ${address.account} chat ${address.chat}` }]
      : [];
  return [
    ...sent,
    {
      at: row.receivedAt,
      what: 'received',
      detail: `${row.kind} ${row.id} for ${row.sessionKey}, now ${row.state}`,
    },
    ...journal(queries, row.id),
  ];
}

function turnEntries(queries: Queries, row: TurnRow): Entry[] {
  return [
    {
      at: row.startedAt,
      what: 'turn',
      detail: `${row.id} (${row.origin}) in session ${row.sessionId}, now ${row.state}`,
    },
    ...journal(queries, row.id),
  ];
}

function approvalEntries(queries: Queries, row: ApprovalRow): Entry[] {
  const by = row.answeredBy ? ` by ${row.answeredBy}` : '';
  return [
    {
      at: row.createdAt,
      what: 'approval',
      detail: `${row.id} (${row.request.kind}, ${row.request.tool}), now ${row.state}${by}`,
    },
    ...journal(queries, row.id),
  ];
}

function partEntries(queries: Queries, row: OutboxRow): Entry[] {
  const size = `${row.part.kind}, ${row.part.plain.length} characters`;
  return [
    {
      at: row.createdAt,
      what: 'part',
      detail: `${row.id} (${row.class}, ${size}), now ${row.state}${row.error ? `: ${row.error}` : ''}`,
    },
    ...journal(queries, row.id),
  ];
}

function journal(queries: Queries, subject: string): Entry[] {
  return queries.journal(subject).map(({ at, event, detail }) => ({
    at,
    what: event,
    detail: [subject, detail].filter(Boolean).join(' '),
  }));
}
