import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountId } from '../core/ids.ts';
import type { PlatformMemory } from '../core/platform.ts';
import { ScratchMemory } from '../kit/scratch-memory.ts';
import { openSqlite } from '../kit/sqlite.ts';
import { Queries } from '../store/queries.ts';

/** What the daemon has recorded for a bot account; what is written to it ends with this process. */
export function recordedMemory(dataDir: string, account: AccountId): PlatformMemory {
  const path = join(dataDir, 'state.db');
  return new ScratchMemory(existsSync(path) ? recorded(path, account) : []);
}

function recorded(path: string, account: AccountId): [string, string][] {
  const database = openSqlite(path, { readonly: true });
  try {
    // A store that no daemon of this version has opened yet knows nothing of it.
    const exists = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'memory'").get();
    if (!exists) return [];
    return new Queries(database).memories(account, '').map(({ name, value }) => [name, value]);
  } finally {
    database.close();
  }
}
