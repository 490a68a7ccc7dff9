/** Keys a schema does not know, each with the key that was probably meant. */
import * as z from 'zod';
import { formatKey, type KeyPath } from './keypath.ts';
import { nearest } from './nearest.ts';
import { isTable } from './toml.ts';

export interface UnknownKey {
  readonly path: KeyPath;
  readonly key: string;
  readonly suggestion: string | undefined;
}

/** Keys the loader puts into the data itself. */
const OWN = new Set(['at']);

/** Walks `value` along `schema` and collects keys the schema would ignore. Open tables accept every key. */
export function unknownKeys(schema: z.core.$ZodType, value: unknown, path: KeyPath = []): UnknownKey[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.flatMap((item, at) => unknownKeys(inner.element, item, [...path, at]));
  }
  if (!isTable(value)) return [];
  if (inner instanceof z.ZodRecord) {
    const element = inner.valueType;
    return Object.entries(value).flatMap(([key, item]) => unknownKeys(element, item, [...path, key]));
  }
  if (!(inner instanceof z.ZodObject)) return [];
  const shape: Record<string, z.core.$ZodType> = inner.shape;
  const open = inner.def.catchall !== undefined && !(inner.def.catchall instanceof z.ZodNever);
  return Object.entries(value).flatMap(([key, item]) => {
    const child = Object.hasOwn(shape, key) && !OWN.has(key) ? shape[key] : undefined;
    const here = [...path, key];
    if (child) return unknownKeys(child, item, here);
    if (open) return [];
    const known = Object.keys(shape).filter((name) => !OWN.has(name));
    return [{ path: here, key: formatKey(here), suggestion: nearest(key, known) }];
  });
}

/** The schema behind defaults, optionals and transformations. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let current = schema;
  for (;;) {
    if (
      current instanceof z.ZodOptional ||
      current instanceof z.ZodNullable ||
      current instanceof z.ZodDefault ||
      current instanceof z.ZodPrefault ||
      current instanceof z.ZodCatch ||
      current instanceof z.ZodReadonly
    ) {
      current = current.def.innerType;
    } else if (current instanceof z.ZodPipe) {
      current = current.def.in instanceof z.ZodTransform ? current.def.out : current.def.in;
    } else return current;
  }
}
