import { defineConfig } from 'vitest/config';

/** The suite over real agent CLIs; `npm run test:agents` installs them first. */
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 4,
  },
});
