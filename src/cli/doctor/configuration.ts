import { AppError, describeError } from '../../core/errors.ts';
import type { DoctorFinding } from '../../servers/local/backend.ts';
import { configFile, fullReport } from '../config.ts';
import type { Io } from '../io.ts';

export interface CheckedConfig {
  readonly file?: string;
  /** Where it keeps the state; undefined when nothing of it can be used. */
  readonly dataDir?: string | undefined;
  readonly findings: readonly DoctorFinding[];
}

/** Everything that is wrong with the configuration, one finding per problem. */
export async function checkConfiguration(named: string | undefined, io: Io): Promise<CheckedConfig> {
  try {
    const file = await configFile(named, io);
    const { report, dataDir } = await fullReport(file, io);
    const problems = report.problems.map((problem): DoctorFinding => {
      const key = problem.key ? `${problem.key}: ` : '';
      const fix = problem.suggestion ? `did you mean "${problem.suggestion}"?` : problem.expected;
      return {
        area: 'config',
        level: problem.severity,
        what: `${problem.file}:${problem.line}: ${key}${problem.message}`,
        ...(fix ? { fix } : {}),
      };
    });
    const inactive = report.inactive.map(
      (what): DoctorFinding => ({
        area: 'config',
        level: 'warning',
        what: `not active in this version: ${what}`,
      }),
    );
    const summary: DoctorFinding = { area: 'config', level: 'ok', what: file };
    return { file, dataDir, findings: [summary, ...problems, ...inactive] };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {
      findings: [
        { area: 'config', level: 'error', what: error.message, fix: error.advice ?? describeError(error) },
      ],
    };
  }
}
