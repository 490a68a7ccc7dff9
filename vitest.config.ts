import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**', 'node_modules/**', 'dist/**'],
    globalSetup: 'test/fresh-build.ts',
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Much of the time tests wait: for processes, disks and timers.
    maxWorkers: 3,
  },
});
