import { afterEach } from 'vitest';
import type { RealBench } from './bench.ts';

/** Makes benches that are closed after the test they were made in. */
export function closedAfterEach<A extends readonly unknown[]>(
  make: (...how: A) => Promise<RealBench>,
): (...how: A) => Promise<RealBench> {
  const benches: RealBench[] = [];
  afterEach(async () => {
    await Promise.all(benches.splice(0).map((made) => made.close()));
  });
  return async (...how) => {
    const made = await make(...how);
    benches.push(made);
    return made;
  };
}
