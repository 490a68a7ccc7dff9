import { defineConfig } from 'vitest/config';

/** The suite over real agent CLIs; `npm run test:agents` installs them first. */
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A full run on a shared machine may repeat a test once; the report marks each one (retry x1).
    retry: process.env.CI ? 1 : 0,
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 4,
  },
});
