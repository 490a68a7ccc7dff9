import type { Json, JsonObject } from '../../core/json.ts';

/**
 * Lenient readers for what an agent sends. Agents deviate from the protocol's schema in details
 * (missing fields, null for absent, extra kinds), and none of that may end a session.
 */
export type Wire = Readonly<Record<string, unknown>>;

const EMPTY: Wire = {};

/** The value as an object; an empty one when it is anything else. */
export function record(value: unknown): Wire {
  return isRecord(value) ? value : EMPTY;
}

export function isRecord(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The objects of a list; other items and other values are left out. */
export function records(value: unknown): readonly Wire[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Parsed JSON is plain data by construction; this only states it in the type. */
export function json(value: unknown): JsonObject {
  return record(value) as Readonly<Record<string, Json>>;
}
