import { AppError } from './errors.ts';

/** One option that an adapter refuses. */
export interface OptionIssue {
  /** As it stands among the options, `token` or `env.PATH`. */
  readonly key: string;
  /** Goes on where the key ends: `is missing`. */
  readonly message: string;
  readonly advice?: string;
}

/** Everything an adapter refuses in its options, at once; the code is `options_invalid`. */
export class OptionsError extends AppError {
  readonly issues: readonly OptionIssue[];

  /** `name` says a key the way a person reads it without the file beside it. */
  constructor(issues: readonly OptionIssue[], name: (key: string) => string) {
    const only = issues.length === 1 ? issues[0] : undefined;
    const said = ({ key, message, advice }: OptionIssue) =>
      `${name(key)} ${message}${advice && !only ? ` (${advice})` : ''}`;
    super('options_invalid', issues.map(said).join('; '), {
      kind: 'validation',
      ...(only?.advice && { advice: only.advice }),
    });
    this.issues = issues;
  }
}
