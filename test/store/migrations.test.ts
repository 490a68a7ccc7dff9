import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { asId } from '../../src/core/ids.ts';
import { migrations } from '../../src/store/migrations.ts';
import { Queries } from '../../src/store/queries.ts';
import { Store } from '../../src/store/store.ts';

describe('a store of before agents had names', () => {
  it('keeps its conversations: each is held with the agent called like its type', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cc-store-'));
    const path = join(folder, 'state.db');
    const old = new Database(path);
    old.exec(migrations[0] ?? '');
    old.pragma('user_version = 1');
    old
      .prepare(
        `INSERT INTO sessions (id, project, session_key, agent_type, native_id, active, created_at, updated_at)
         VALUES ('s1', 'p', 'sim:c:u', 'demo', 'n1', 1, 1, 1)`,
      )
      .run();
    old
      .prepare(
        `INSERT INTO inputs (id, project, account, dedupe_key, session_key, kind, state, body, platform_at, received_at)
         VALUES ('i1', 'p', 'sim:bot', 'm:1', 'sim:c:u', 'message', 'queued', '{}', 1, 1)`,
      )
      .run();
    old.close();
    const store = await Store.open({ path, durability: 'normal' });
    const queries = new Queries(store.read);
    expect(queries.activeSession(asId('p'), asId('sim:c:u'))).toMatchObject({
      agent: 'demo',
      agentType: 'demo',
      nativeId: 'n1',
      recapFrom: null,
    });
    expect(queries.input(asId('i1'))).toMatchObject({ agent: null });
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
