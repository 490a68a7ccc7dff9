import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cc-ci-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the full run', () => {
  it('ends with its summary line also when the packages cannot be installed', () => {
    const run = join(folder, '.ci', 'run');
    mkdirSync(join(folder, '.ci'));
    copyFileSync(fileURLToPath(new URL('../../.ci/run', import.meta.url)), run);
    writeFileSync(join(folder, 'npm'), '#!/bin/sh\necho no network\nexit 1\n', { mode: 0o755 });
    const { status, stdout } = spawnSync('bash', [run], {
      encoding: 'utf8',
      env: { PATH: `${folder}:/usr/bin:/bin` },
    });
    expect(status).toBe(1);
    expect(stdout.trimEnd().split('\n')).toEqual(['no network', '0 passed, 1 failed']);
  });
});
