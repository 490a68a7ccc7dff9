/** The shapes of events and messages, as far as we read them. All fields are doubted: the wire may bring anything. */

export type Wire = Readonly<Record<string, unknown>>;

export function record(value: unknown): Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wire) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A non-empty text, or undefined. Numbers count as text: ids and times come as either. */
export function word(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** Parses JSON that must be an object; anything else gives an empty one. */
export function parseRecord(text: unknown): Wire {
  if (typeof text !== 'string') return record(text);
  try {
    return record(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Milliseconds since the epoch from `create_time`; 0 when it is not one. */
export function timeOf(value: unknown): number {
  const number = Number(word(value));
  return Number.isFinite(number) && number > 0 ? number : 0;
}
