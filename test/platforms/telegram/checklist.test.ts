import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the checklist of the docs page lists what the tests say they prove', () => {
  const script = fileURLToPath(new URL('../../../scripts/platform-checklist.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check', 'telegram'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
