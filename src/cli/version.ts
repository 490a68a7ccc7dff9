import type { Io } from './io.ts';

/** `cc-connect --version`: name, commit and time of the build. */
export async function printVersion(io: Io): Promise<number> {
  const { buildInfo } = await import('./build-info.ts');
  io.out(`cc-connect ${buildInfo.version}`);
  io.out(`commit: ${buildInfo.commit}`);
  io.out(`built:  ${buildInfo.built}`);
  return 0;
}
