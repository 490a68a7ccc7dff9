import { buildInfo } from './build-info.ts';
import type { Io } from './io.ts';

export function printVersion(io: Io): number {
  io.out(`cc-connect ${buildInfo.version}`);
  io.out(`commit: ${buildInfo.commit}`);
  io.out(`built:  ${buildInfo.built}`);
  return 0;
}
