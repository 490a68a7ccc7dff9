/** What is new on a screen. */
export interface Hunk {
  /** The inserted lines, in order. */
  readonly fresh: readonly string[];
  /** Lines of `before` that they took the place of. */
  readonly replaced: readonly string[];
  /** Unchanged lines below. */
  readonly below: readonly string[];
}

/** Cells of the comparison table; beyond it the changed region counts as new as a whole. */
const MAX_CELLS = 4_000_000;

/**
 * The lines of `now` that were not there `before`: what is equal at the beginning and at the end is left out, and in
 * between those lines that are only moved (a screen that scrolled without history).
 */
export function newLines(before: readonly string[], now: readonly string[]): Hunk {
  const most = Math.min(before.length, now.length);
  let head = 0;
  while (head < most && before[head] === now[head]) head++;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  const old = before.slice(head, before.length - tail);
  const changed = now.slice(head, now.length - tail);
  return {
    fresh: inserted(old, changed),
    replaced: old,
    below: tail === 0 ? [] : now.slice(-tail),
  };
}

/** Lines of `now` outside of a longest common subsequence with `old`. Blank lines bind nothing. */
function inserted(old: readonly string[], now: readonly string[]): readonly string[] {
  if (old.every((line) => line === '') || old.length * now.length > MAX_CELLS) return now;
  const width = now.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row--) {
    for (let column = now.length - 1; column >= 0; column--) {
      const same = old[row] !== '' && old[row] === now[column];
      lengths[row * width + column] = same
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const fresh: string[] = [];
  let row = 0;
  let column = 0;
  while (column < now.length) {
    const same = row < old.length && old[row] !== '' && old[row] === now[column];
    if (same) {
      row++;
      column++;
    } else if (row < old.length && at(row + 1, column) >= at(row, column + 1)) row++;
    else fresh.push(now[column++] ?? '');
  }
  return fresh;
}
