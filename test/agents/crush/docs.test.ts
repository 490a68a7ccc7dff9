import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('keeps the table of the docs page true to the tests', () => {
  const script = fileURLToPath(new URL('../../../scripts/agent-checklist.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check', 'crush'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
