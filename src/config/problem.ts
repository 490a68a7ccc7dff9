/** What is wrong with a config file, precisely enough to fix it. */

/** What a problem takes out of service: the whole file, or one project, platform or agent. */
export type ProblemScope =
  | 'file'
  | { readonly project: string; readonly platform?: string; readonly agent?: string };

export interface Problem {
  /** An error excludes what `scope` names; a warning changes nothing. */
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** For example `projects[0].platforms[1].options.token`; empty for syntax errors. */
  readonly key: string;
  /** One sentence; never contains a secret. */
  readonly message: string;
  /** What would be right, for example `a whole number of 0 or more`. */
  readonly expected?: string;
  /** The key or word that was probably meant. */
  readonly suggestion?: string;
  readonly scope: ProblemScope;
}

/** A problem before it is placed in a file. */
export type Finding = Omit<Problem, 'file' | 'line' | 'column'>;

/** `config.toml:12:3: error: display.mode: not a valid value; expected one of full, compact, quiet; did you mean "full"?` */
export function formatProblem(problem: Problem): string {
  const parts = [problem.key === '' ? problem.message : `${problem.key}: ${problem.message}`];
  if (problem.expected !== undefined) parts.push(`expected ${problem.expected}`);
  if (problem.suggestion !== undefined) parts.push(`did you mean "${problem.suggestion}"?`);
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.severity}: ${parts.join('; ')}`;
}

/** Errors first, then by place in the file. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const rank = (problem: Problem): number => (problem.severity === 'error' ? 0 : 1);
  return [...problems].sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}
