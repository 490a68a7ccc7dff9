import type { InputRow } from '../store/rows.ts';

/** The words of an input, for quoting it back. */
export function textOf(row: InputRow): string {
  const body = row.body;
  if (body.kind === 'message' || body.kind === 'edit')
    return (
      body.text ||
      (body.kind === 'message' && body.files?.length
        ? `[${body.files.map(({ kind }) => kind).join(', ')}]`
        : '')
    );
  return body.kind === 'action' ? body.data : body.kind;
}
