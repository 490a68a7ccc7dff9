import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { asId } from '../../../src/core/ids.ts';
import { isCurrentFolder, readGoSessions } from '../../../src/features/import-go/go-sessions.ts';
import { Queries } from '../../../src/store/queries.ts';
import { Store } from '../../../src/store/store.ts';
import { fakeIo } from '../../cli/fake-io.ts';

const project = { name: 'my_app', workDir: '/srv/app', agentType: 'claudecode' };
/** First 8 hex digits of sha256("/srv/app"). */
const hash = 'dae668e4';

const snapshot = {
  sessions: {
    s1: {
      id: 's1',
      name: 'default',
      agent_session_id: 'native-1',
      past_agent_session_ids: ['native-0'],
      history: [
        { role: 'user', content: 'hello', timestamp: '2026-01-02T03:04:05Z' },
        { role: 'assistant', content: 'hi', timestamp: '2026-01-02T03:04:06Z' },
        { role: 'system', content: 'no', timestamp: 'x' },
      ],
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-02T03:04:06Z',
    },
    s2: {
      id: 's2',
      name: 'session',
      agent_session_id: '__continue__',
      history: null,
      created_at: '0001-01-01T00:00:00Z',
    },
  },
  active_session: { 'telegram:1:2': 's1' },
  user_sessions: { 'telegram:1:2': ['s1', 's2', 's9'] },
  session_names: { 'native-1': 'the big one' },
  version: 1,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cc-import-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('sessions of the Go version', () => {
  it('keep key, native ids, name, times and history', () => {
    const [first, second, ...rest] = readGoSessions(snapshot, 'my_app.json', project, new Set());
    expect(rest).toEqual([]);
    expect(first?.row).toMatchObject({
      project: 'my_app',
      sessionKey: 'telegram:1:2',
      agentType: 'claudecode',
      nativeId: 'native-1',
      pastIds: ['native-0'],
      name: 'the big one',
      active: true,
      createdAt: Date.parse('2026-01-01T00:00:00Z'),
    });
    expect(first?.history.map(({ role, text }) => [role, text])).toEqual([
      ['user', 'hello'],
      ['assistant', 'hi'],
    ]);
    expect(second?.row).toMatchObject({ nativeId: null, name: null, active: false, createdAt: 0 });
  });

  it('do not displace a session that is active here, and have the same ids each time', () => {
    const again = readGoSessions(snapshot, 'my_app.json', project, new Set(['telegram:1:2']));
    expect(again[0]?.row.active).toBe(false);
    const first = readGoSessions(snapshot, 'my_app.json', project, new Set());
    expect(again.map(({ row }) => row.id)).toEqual(first.map(({ row }) => row.id));
  });

  it('of another folder are kept but not active', () => {
    expect(isCurrentFolder('my_app.json', project)).toBe(true);
    expect(isCurrentFolder(`my_app_${hash}.json`, project)).toBe(true);
    expect(isCurrentFolder('my_app_00000000.json', project)).toBe(false);
    expect(readGoSessions(snapshot, 'my_app_00000000.json', project, new Set())[0]?.row.active).toBe(false);
  });

  it.each([[null], [5], [[]], [{ sessions: 4, user_sessions: [] }], [{ user_sessions: { k: 'x' } }]])(
    'that are malformed (%j) give nothing',
    (broken) => {
      expect(readGoSessions(broken, 'my_app.json', project, new Set())).toEqual([]);
    },
  );
});

describe('cc-connect import go', () => {
  it('adds sessions once, leaves the files alone and names what it left out', async () => {
    const sessions = join(folder, 'data', 'sessions');
    mkdirSync(sessions, { recursive: true });
    writeFileSync(join(sessions, 'my_app.json'), JSON.stringify(snapshot));
    writeFileSync(join(sessions, 'other.json'), '{}');
    writeFileSync(join(sessions, 'my_app_deadbeef.json'), '{');
    writeFileSync(
      join(folder, 'config.toml'),
      `data_dir = "${join(folder, 'data')}"\n[[projects]]\nname = "my_app"\n[projects.agent]\ntype = "demo"\n[projects.agent.options]\nwork_dir = "${folder}"\n`,
    );
    const crons = '[{"id":"0a1b2c3d","cron_expr":"0 9 * * *","prompt":"report","enabled":true}]';
    const others = [
      ['crons/jobs.json', 'its scheduled prompts and commands do not run in this version'],
      ['timers/jobs.json', 'its timers do not go off in this version'],
      ['relay_bindings.json', 'bots are not bound to each other in this version'],
    ] as const;
    for (const [file] of others) {
      mkdirSync(dirname(join(folder, 'data', file)), { recursive: true });
      writeFileSync(join(folder, 'data', file), crons);
    }
    const io = fakeIo(folder);
    expect(await main(['import', 'go'], io)).toBe(0);
    expect(io.lines[0]).toBe('Imported 2 sessions with 2 messages.');
    expect(io.lines).toContain('  left out: other.json: belongs to no configured project');
    expect(io.lines).toContain('  left out: my_app_deadbeef.json: is not JSON');
    for (const [file, meaning] of others) {
      expect(io.lines).toContain(`  not taken over, left as it is: ${file}: ${meaning}`);
      expect(readFileSync(join(folder, 'data', file), 'utf8')).toBe(crons);
    }
    expect(io.lines.join()).not.toContain('workspace_bindings.json');
    const again = fakeIo(folder);
    expect(await main(['import', 'go'], again)).toBe(0);
    expect(again.lines[0]).toBe('Imported 0 sessions with 0 messages.');
    expect(readFileSync(join(sessions, 'my_app.json'), 'utf8')).toBe(JSON.stringify(snapshot));
    const store = await Store.open({ path: join(folder, 'data', 'state.db'), durability: 'normal' });
    const rows = new Queries(store.read).sessionsOfProject(asId('my_app'));
    await store.close();
    expect(rows.map((row) => [row.sessionKey, row.nativeId, row.active])).toEqual(
      expect.arrayContaining([
        ['telegram:1:2', 'native-1', true],
        ['telegram:1:2', null, false],
      ]),
    );
  });
});
