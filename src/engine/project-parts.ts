import type { ApprovalDesk } from './approval-desk.ts';
import type { CommandRunner } from './command-runner.ts';

/** What the actors of one project share beyond its context. */
export interface ProjectParts {
  readonly desk: ApprovalDesk;
  readonly commands: CommandRunner;
}
