import type { DoctorFinding } from '../../servers/local/backend.ts';
import { oneLine } from '../table.ts';

const marks = { ok: 'ok     ', warning: 'warning', error: 'ERROR  ' } as const;

/** Findings as lines, worst last within each area so that they are seen. */
export function renderFindings(findings: readonly DoctorFinding[]): readonly string[] {
  const lines: string[] = [];
  const areas = [...new Set(findings.map((finding) => finding.area))];
  for (const area of areas) {
    lines.push(`${area}`);
    for (const finding of findings.filter((one) => one.area === area)) {
      lines.push(`  ${marks[finding.level]}  ${oneLine(finding.what)}`);
      if (finding.fix && finding.level !== 'ok') lines.push(`           fix: ${oneLine(finding.fix)}`);
    }
  }
  const errors = findings.filter((finding) => finding.level === 'error').length;
  const warnings = findings.filter((finding) => finding.level === 'warning').length;
  lines.push('', `${errors} ${plural(errors, 'error')}, ${warnings} ${plural(warnings, 'warning')}`);
  return lines;
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}
