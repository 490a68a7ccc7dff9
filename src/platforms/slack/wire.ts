/** The shapes of events, as far as we read them. All fields are doubted: the wire may bring anything. */

export type Wire = Readonly<Record<string, unknown>>;

export function record(value: unknown): Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wire) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A non-empty text, or undefined. */
export function word(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A message's `ts`, its id within the channel: seconds and a counter. Undefined for anything else. */
export function stamp(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{1,12}\.\d{1,9}$/.test(value) ? value : undefined;
}

/** Milliseconds since the epoch of a `ts`; 0 when it is none. */
export function timeOf(ts: string | undefined): number {
  const seconds = Number(ts);
  return Number.isFinite(seconds) && seconds > 0 ? Math.round(seconds * 1000) : 0;
}

/** The stamp of a moment, in ms since the epoch. */
export function stampOf(ms: number): string {
  return `${Math.floor(ms / 1000)}.${String(Math.floor(ms % 1000)).padStart(3, '0')}000`;
}

/** Orders two stamps by time; as numbers they would lose the counter. */
export function compareStamps(a: string, b: string): number {
  const [aSeconds = '', aCount = ''] = a.split('.');
  const [bSeconds = '', bCount = ''] = b.split('.');
  return Number(aSeconds) - Number(bSeconds) || Number(aCount) - Number(bCount);
}
