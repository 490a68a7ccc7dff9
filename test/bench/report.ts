import { round } from './numbers.ts';

export type Unit = 'ms' | 'MB' | '×';

export interface Goal {
  readonly limit: number;
  /** Whether the value must stay below (`max`) or above (`min`) the limit. */
  readonly kind: 'max' | 'min';
  /** How the limit came about, where it is not a plain number. */
  readonly how?: string;
}

export interface Figure {
  readonly group: string;
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  /** The median beside a p99. */
  readonly p50?: number;
  readonly samples?: number;
  readonly goal?: Goal;
  readonly note?: string;
}

/**
 * A busy machine moves every figure a little: a goal counts as missed for `--check` when it is missed by more than
 * this share.
 */
export const tolerance = Number(process.env.BENCH_TOLERANCE ?? 0.1);

export type Verdict = 'ok' | 'near' | 'missed' | '';

/** `near`: beyond the goal, within the tolerance. */
export function verdictOf({ value, goal }: Figure): Verdict {
  if (!goal) return '';
  if (Number.isNaN(value)) return 'missed';
  const beyond = goal.kind === 'max' ? value / goal.limit : goal.limit / value;
  if (beyond <= 1) return 'ok';
  return beyond <= 1 + tolerance ? 'near' : 'missed';
}

/** The figures as a table, one section for each group. */
export function table(figures: readonly Figure[]): string {
  const lines: string[] = [];
  let group = '';
  for (const figure of figures) {
    if (figure.group !== group) lines.push('', (group = figure.group));
    const { value, p50, unit, samples } = figure;
    const values = p50 === undefined ? `${round(value)} ${unit}` : `${round(p50)} / ${round(value)} ${unit}`;
    const more = [samples === undefined ? '' : `n=${samples}`, figure.note ?? ''].filter(Boolean).join(', ');
    lines.push(
      `  ${figure.name.padEnd(44)} ${values.padStart(20)}  ${goalText(figure).padEnd(12)} ${verdictOf(figure).padEnd(7)} ${more}`.trimEnd(),
    );
  }
  return lines.join('\n');
}

function goalText({ goal, unit }: Figure): string {
  return goal ? `${goal.kind === 'max' ? '≤' : '≥'} ${round(goal.limit)} ${unit}` : '';
}
