import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { WriteAheadLog } from '../../src/store/write-ahead-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'cc-log-'));
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

it('owes a sync for a quarter of a second at most, however often more is owed', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  writeFileSync(join(folder, 'db-wal'), '');
  const log = new WriteAheadLog(join(folder, 'db'));
  // From here on a sync is refused, which tells that there was one.
  log.close();
  for (let waited = 0; waited < 240; waited += 40) {
    log.owe();
    vi.advanceTimersByTime(40);
  }
  vi.advanceTimersByTime(20);
  expect(() => log.owe()).toThrow(/EBADF/);
});
