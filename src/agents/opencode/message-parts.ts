import { record, text, type Wire } from '../../kit/acp/wire.ts';
import type { Database } from '../../kit/sqlite.ts';

/** What was said in a message: its text parts, without those that OpenCode added by itself. */
export function textsOf(database: Database, message: unknown): string {
  const parts = database.prepare('SELECT data FROM part WHERE message_id = ? ORDER BY id');
  return (parts.all(message) as Wire[])
    .map(({ data }) => saidOf(parse(data)))
    .join('')
    .trim();
}

/** A column of JSON. */
export function parse(data: unknown): Wire {
  try {
    return record(JSON.parse(text(data) ?? ''));
  } catch {
    return {}; // Another version's form.
  }
}

function saidOf(part: Wire): string {
  return text(part.type) === 'text' && part.synthetic !== true ? (text(part.text) ?? '') : '';
}
