import { setTimeout as sleep } from 'node:timers/promises';
import { kin } from '../../src/kit/process/kin.ts';

/** The processes that still carry this marker; those of a killed program get the moment in which they are ended. */
export async function leftBehind(marker: string) {
  const left = () => kin({ pid: 0x7fffffff, startTime: undefined, marker });
  for (let tries = 0; tries < 50 && (await left()).length > 0; tries++) await sleep(100);
  return left();
}
