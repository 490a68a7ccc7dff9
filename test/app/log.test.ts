import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLog } from '../../src/app/log.ts';
import { Redactor } from '../../src/kit/redact.ts';

it('a changed level holds for the logs that were there before it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cc-log-'));
  const file = join(folder, 'log');
  const daemon = openLog(
    { to: 'file', maxBytes: 1_000_000, backups: 1 },
    'info',
    new Redactor(['very-secret-value-1']),
    file,
  );
  const child = daemon.log.child({ project: 'demo' });
  child.debug({}, 'one');
  daemon.setLevel('debug');
  child.debug({ token: 'very-secret-value-1' }, 'two');
  daemon.setLevel('error');
  child.warn({}, 'three');
  daemon.log.error({}, 'four');
  await daemon.close();
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const told = lines.map((line) => JSON.parse(line) as { msg: string; level: number; project?: string });
  expect(told.map(({ msg, level, project }) => [msg, level, project])).toEqual([
    ['two', 20, 'demo'],
    ['four', 50, undefined],
  ]);
  expect(lines.join()).not.toContain('very-secret-value-1');
  rmSync(folder, { recursive: true });
});
