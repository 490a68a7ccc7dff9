import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { asId } from '../../../src/core/ids.ts';
import { goFile } from '../../../src/features/import-go/go-files.ts';
import { readGoSessions } from '../../../src/features/import-go/go-sessions.ts';
import { Queries } from '../../../src/store/queries.ts';
import { nameScope } from '../../../src/store/rows.ts';
import { Store } from '../../../src/store/store.ts';
import { fakeIo } from '../../cli/fake-io.ts';

const project = { name: 'my_app', workDir: '/srv/app', agentType: 'claudecode' };
/** First 8 hex digits of sha256("/srv/app"). */
const hash = 'dae668e4';
const usual = goFile('my_app.json', '', [project]);

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
    const [first, second, ...rest] = readGoSessions(snapshot, usual, project, new Set());
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
    const again = readGoSessions(snapshot, usual, project, new Set(['telegram:1:2']));
    expect(again[0]?.row.active).toBe(false);
    const first = readGoSessions(snapshot, usual, project, new Set());
    expect(again.map(({ row }) => row.id)).toEqual(first.map(({ row }) => row.id));
  });

  it.each([
    ['my_app.json', true, null],
    [`my_app_${hash}.json`, true, null],
    [`my_app_${hash}.sessions.json`, true, null],
    ['my_app_00000000.json', false, null],
    ['my_app_ws_00000000.json', false, null],
    ['my_app_ws_1c8a9161.json', false, '/srv/other'],
    ['my_app_1c8a9161.json', false, '/srv/other'],
  ])('in %s are active: %s, and were held in %s', (name, isCurrent, workDir) => {
    const file = goFile(name, name, [project], ['/srv/app', '/srv/other']);
    expect(file).toMatchObject({ project, isCurrent, workDir });
    const [first] = readGoSessions(snapshot, file, project, new Set());
    expect(first?.row).toMatchObject({ active: isCurrent, workDir });
  });

  it('are of the project that is called like the file', () => {
    const other = { ...project, name: 'my_app_ws' };
    for (const projects of [
      [project, other],
      [other, project],
    ])
      expect(goFile('my_app_ws_00000000.json', '', projects).project).toBe(other);
    for (const name of ['my_apps.json', 'my_app_0000000.json', 'my_app_ws.json', 'other.json'])
      expect(goFile(name, '', [project]).project, name).toBeUndefined();
  });

  it.each([[null], [5], [[]], [{ sessions: 4, user_sessions: [] }], [{ user_sessions: { k: 'x' } }]])(
    'that are malformed (%j) give nothing',
    (broken) => {
      expect(readGoSessions(broken, usual, project, new Set())).toEqual([]);
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

  it('takes over workspaces, files of earlier days and names; the older file is the one that counts', async () => {
    const data = join(folder, 'data');
    const write = (file: string, value: unknown) => {
      mkdirSync(dirname(join(data, file)), { recursive: true });
      writeFileSync(join(data, file), JSON.stringify(value));
    };
    const one = (native: string, key = 'telegram:7:7') => ({
      sessions: { s1: { name: 'default', agent_session_id: native, history: [] } },
      active_session: { [key]: 's1' },
      user_sessions: { [key]: ['s1'] },
      user_meta: { [key]: { user_name: 'Ada', chat_name: 'Analytical' }, 'telegram:9:9': {}, bad: 4 },
    });
    const here = createHash('sha256').update(folder).digest('hex').slice(0, 8);
    const there = createHash('sha256').update('/srv/ws').digest('hex').slice(0, 8);
    write(`my_app_${here}.sessions.json`, one('early'));
    write(`sessions/my_app_${here}.json`, {
      ...one('early'),
      sessions: { s1: { agent_session_id: 'early' }, s2: { agent_session_id: 'late' } },
      user_sessions: { 'telegram:7:7': ['s1', 's2'] },
      active_session: { 'telegram:7:7': 's2' },
    });
    write(`sessions/my_app_ws_${there}.json`, one('workspace', 'slack:C1'));
    write('gone_0a1b2c3d.json', one('x'));
    write('daemon.json', { pid: 1 });
    write('workspace_bindings.json', { 'project:my_app': { 'slack:C1': { workspace: '/srv/ws' } } });
    write('projects/my_app.state.json', {
      work_dir_override: '/srv/elsewhere',
      workspace_dir_overrides: {},
      workspace_model_overrides: { '/srv/ws': 'opus' },
    });
    writeFileSync(join(data, 'projects/broken.state.json'), '{');
    writeFileSync(
      join(folder, 'config.toml'),
      `data_dir = "${data}"\n[[projects]]\nname = "my_app"\n[projects.agent]\ntype = "demo"\n[projects.agent.options]\nwork_dir = "${folder}"\n`,
    );
    const io = fakeIo(folder);
    expect(await main(['import', 'go'], io)).toBe(0);
    expect(io.lines).toEqual([
      'Imported 3 sessions with 0 messages.',
      '  left out: gone_0a1b2c3d.json: belongs to no configured project',
      '  not taken over, left as it is: workspace_bindings.json: chats are not bound to workspaces in this version',
      '  not taken over, left as it is: projects/broken.state.json: is not JSON',
      '  not taken over, left as it is: projects/my_app.state.json: the folder set with /dir is not taken over; to stay there, set work_dir = "/srv/elsewhere"',
      '  not taken over, left as it is: projects/my_app.state.json: workspace_model_overrides of /srv/ws (opus) is not used in this version',
      expect.stringContaining('were read, not changed'),
    ]);
    const store = await Store.open({ path: join(data, 'state.db'), durability: 'normal' });
    const queries = new Queries(store.read);
    const rows = queries.sessionsOfProject(asId('my_app'));
    const names = queries.preferencesIn('my_app', nameScope('telegram:7:7'));
    await store.close();
    expect(rows.map((row) => [row.sessionKey, row.nativeId, row.active, row.workDir]).sort()).toEqual([
      ['slack:C1', 'workspace', false, '/srv/ws'],
      ['telegram:7:7', 'early', true, null],
      ['telegram:7:7', 'late', false, null],
    ]);
    expect(names).toEqual([
      { name: 'chat', value: 'Analytical' },
      { name: 'user', value: 'Ada' },
    ]);
  });
});
