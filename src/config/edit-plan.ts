/** The steps that turn one config into another. */
import type { KeyPath } from './keypath.ts';
import { isTable, newTable, sameToml, type TomlTable, type TomlValue } from './toml.ts';
import { isSectionList } from './toml-write.ts';

export type Edit =
  | { readonly kind: 'set'; readonly path: KeyPath; readonly value: TomlValue }
  | { readonly kind: 'remove'; readonly path: KeyPath }
  /** A new last element of a list of sections. */
  | { readonly kind: 'append'; readonly path: KeyPath; readonly value: TomlTable };

/** Steps from `before` to `after`, in an order in which each path is right when its turn comes. */
export function planEdits(before: TomlTable, after: TomlTable): Edit[] {
  return planTable(before, after, []);
}

/** A list of sections that became empty is a list that is not there: TOML has no sections to write for it. */
export function withoutEmptiedLists(before: TomlTable, after: TomlTable): void {
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (Array.isArray(value) && value.length === 0 && isSectionList(old)) delete after[key];
    else if (isTable(value) && isTable(old)) withoutEmptiedLists(old, value);
    else if (isSectionList(value) && isSectionList(old)) {
      for (const [now, was] of matchElements(old, value)) {
        const previous = was === undefined ? undefined : old[was];
        const element = value[now];
        if (previous && element) withoutEmptiedLists(previous, element);
      }
    }
  }
}

/** A copy without the tables that lost their last key: without a header of their own they are gone with it. */
export function withoutEmptiedTables(before: TomlTable, after: TomlTable): TomlTable {
  const copy = newTable();
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (!isTable(value) || !isTable(old)) copy[key] = value;
    else {
      const inner = withoutEmptiedTables(old, value);
      if (Object.keys(inner).length > 0 || Object.keys(old).length === 0) copy[key] = inner;
    }
  }
  for (const [key, value] of Object.entries(copy)) {
    const old = before[key];
    if (!isSectionList(value) || !isSectionList(old)) continue;
    const matches = matchElements(old, value);
    copy[key] = value.map((element, index) => {
      const was = old[matches.get(index) ?? -1];
      return was ? withoutEmptiedTables(was, element) : element;
    });
  }
  return copy;
}

function planTable(before: TomlTable, after: TomlTable, path: KeyPath): Edit[] {
  const edits: Edit[] = [];
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) edits.push({ kind: 'remove', path: [...path, key] });
  }
  for (const [key, value] of Object.entries(after)) {
    const here = [...path, key];
    const old = before[key];
    if (old === undefined) edits.push({ kind: 'set', path: here, value });
    else if (!sameToml(old, value)) edits.push(...planChange(old, value, here));
  }
  return edits;
}

function planChange(old: TomlValue, value: TomlValue, path: KeyPath): Edit[] {
  if (isTable(old) && isTable(value)) return planTable(old, value, path);
  if (isSectionList(old) && isSectionList(value)) return planElements(old, value, path);
  const shaped = isTable(old) || isTable(value) || isSectionList(old) || isSectionList(value);
  return shaped
    ? [
        { kind: 'remove', path },
        { kind: 'set', path, value },
      ]
    : [{ kind: 'set', path, value }];
}

function planElements(old: TomlTable[], now: TomlTable[], path: KeyPath): Edit[] {
  const matches = matchElements(old, now);
  const kept = new Set([...matches.values()]);
  const edits: Edit[] = [];
  const added: Edit[] = [];
  for (const [index, was] of matches) {
    const value = now[index];
    const previous = was === undefined ? undefined : old[was];
    if (!value) continue;
    if (previous && was !== undefined) edits.push(...planTable(previous, value, [...path, was]));
    else added.push({ kind: 'append', path, value });
  }
  const removed = old.map((_, index) => index).filter((index) => !kept.has(index));
  return [
    ...edits,
    ...removed.reverse().map((index): Edit => ({ kind: 'remove', path: [...path, index] })),
    ...added,
  ];
}

/**
 * For each new element the old one it continues, in rising order; undefined for those to append, which come last.
 * Equal elements continue each other, then elements with the same name or type; what is left is matched by place.
 */
function matchElements(old: TomlTable[], now: TomlTable[]): Map<number, number | undefined> {
  const result = new Map<number, number | undefined>();
  let from = 0;
  now.forEach((element, index) => {
    const left = old.length - (now.length - index) + 1; // leaves one old element for each later new one, if there are enough
    const last = Math.max(left, from + 1);
    const candidates = old.slice(from, Math.min(last, old.length));
    let found = candidates.findIndex((candidate) => sameToml(candidate, element));
    if (found < 0) found = candidates.findIndex((candidate) => label(candidate) === label(element));
    if (found < 0 && candidates.length > 0) found = 0;
    result.set(index, found < 0 ? undefined : from + found);
    if (found >= 0) from += found + 1;
  });
  return result;
}

function label(element: TomlTable): TomlValue | undefined {
  return element.name ?? element.type;
}
