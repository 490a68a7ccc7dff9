import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { AppError } from '../../src/core/errors.ts';
import { LocalServer } from '../../src/servers/local/local-server.ts';
import { FakeBackend, quietLog } from '../servers/local/fake-backend.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

let folder: string;
let backend: FakeBackend;
let server: LocalServer;
let io: FakeIo;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-cli-'));
  backend = new FakeBackend();
  server = new LocalServer({ backend, dataDir: folder, log: quietLog, maxFileBytes: () => 1024 * 1024 });
  await server.start();
  io = fakeIo(folder, { CC_DATA_DIR: folder });
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = (...argv: string[]): Promise<number> => main(argv, io);

describe('cc-connect', () => {
  it('prints name, commit and build in three lines', async () => {
    expect(await run('--version')).toBe(0);
    expect(io.lines).toHaveLength(3);
    expect(io.lines[0]).toMatch(/^cc-connect \d+\.\d+\.\d+/);
  });

  it('explains itself and every visible command', async () => {
    expect(await run('--help')).toBe(0);
    expect(io.lines.join('\n')).toContain('doctor');
    expect(io.lines.join('\n')).not.toContain('__demo-agent');
    for (const word of [
      'send',
      'chat',
      'sessions',
      'agent-sid',
      'status',
      'trace',
      'reload',
      'pair',
      'config',
      'doctor',
    ]) {
      io.lines.length = 0;
      expect(await run(word, '--help'), word).toBe(0);
      expect(io.lines.join('\n'), word).toContain('Usage:');
    }
  });

  it('suggests the nearest command for an unknown word', async () => {
    expect(await run('stauts')).toBe(1);
    expect(io.errors.join('\n')).toContain('Error: unknown command "stauts"');
    expect(io.errors.join('\n')).toContain('cc-connect status');
  });

  it('says of a known word whose feature is missing that it is not active yet', async () => {
    expect(await run('cron', 'list')).toBe(1);
    expect(io.errors[0]).toBe('Error: "cron" is not active yet in this version');
  });

  it.each([
    ['doctor', 'user-isolation'],
    ['sessions', 'prune'],
  ])('says of "%s %s" that it is not active yet', async (word, what) => {
    expect(await run(word, what, '--project', 'demo')).toBe(1);
    expect(io.errors[0]).toBe(`Error: "${word} ${what}" is not active yet in this version`);
  });

  it('still takes config-example, with a word about the new name, and suggests it to nobody', async () => {
    expect(await run('config', 'example')).toBe(0);
    const example = [...io.lines];
    io.lines.length = 0;
    expect(await run('config-example')).toBe(0);
    expect(io.lines).toEqual(example);
    expect(io.errors).toEqual(['Note: "config-example" is deprecated; use "cc-connect config example".']);
    expect(await run('config-exampel')).toBe(1);
    expect(io.errors.join()).not.toContain('did you mean "cc-connect config-example"');
  });

  it.each([[['--frobnicate']], [['send', '--frobnicate']], [['sessions', 'show']], [['trace']]])(
    'exits with 2 for %j',
    async (argv) => {
      expect(await main(argv, io)).toBe(2);
      expect(io.errors[0]).toMatch(/^Error: /);
      expect(io.lines).toEqual([]);
    },
  );

  it('says that nothing runs when nothing runs', async () => {
    await server.stop();
    for (const argv of [['status'], ['send', 'x'], ['reload'], ['pair', 'list'], ['trace', 'm1']]) {
      io.errors.length = 0;
      expect(await main(argv, io), argv[0]).toBe(1);
      expect(io.errors[0]).toMatch(/^Error: cc-connect is not running/);
    }
  });
});

describe('send', () => {
  it('takes project and session from the environment of the agent', async () => {
    io = fakeIo(folder, { CC_DATA_DIR: folder, CC_PROJECT: 'p', CC_SESSION_KEY: 'telegram:9' });
    expect(await run('send', 'hello', 'there')).toBe(0);
    expect(io.lines).toEqual(['Message sent successfully.']);
    expect(backend.sent).toMatchObject([{ project: 'p', session: 'telegram:9', message: 'hello there' }]);
  });

  it('lets flags win and passes mentions, folder and files on', async () => {
    await writeFile(join(folder, 'a.png'), Buffer.from('89504e470d0a1a0a00', 'hex'));
    await writeFile(join(folder, 'b.txt'), 'b');
    const argv =
      '-m hi -p q -s k --image a.png --file b.txt --file a.png --at-users 1,2 --at-all --work-dir sub';
    expect(await run('send', ...argv.split(' '))).toBe(0);
    expect(backend.sent).toMatchObject([
      {
        project: 'q',
        session: 'k',
        message: 'hi',
        atUsers: ['1', '2'],
        atAll: true,
        cwd: join(folder, 'sub'),
      },
    ]);
    expect(backend.sent[0]?.files.map((file) => [file.kind, file.name, file.mime])).toEqual([
      ['image', 'a.png', 'image/png'],
      ['file', 'b.txt', 'text/plain'],
      ['file', 'a.png', 'image/png'],
    ]);
  });

  it('reads the message from standard input', async () => {
    io.typed.end('from a pipe\n');
    expect(await run('send', '--stdin')).toBe(0);
    expect(backend.sent[0]?.message).toBe('from a pipe');
  });

  it('refuses what cannot be sent before anything is sent', async () => {
    await writeFile(join(folder, 'b.txt'), 'b');
    for (const argv of [
      ['send'],
      ['send', '--image', 'b.txt'],
      ['send', '--file', 'missing'],
      ['send', '--file', '.'],
    ]) {
      expect(await main(argv, io), argv.join(' ')).toBe(1);
    }
    expect(backend.sent).toEqual([]);
    expect(io.errors.filter((line) => line.startsWith('Error: '))).toHaveLength(4);
  });

  it('obeys the size limit of its environment', async () => {
    await writeFile(join(folder, 'big'), Buffer.alloc(1024 * 1024 + 1));
    io = fakeIo(folder, { CC_DATA_DIR: folder, CC_MAX_ATTACHMENT_SIZE_MB: '1' });
    expect(await run('send', '--file', 'big')).toBe(1);
    expect(io.errors[0]).toContain('the limit is 1 MiB');
  });

  it('passes the daemon’s refusal on', async () => {
    expect(await run('send', '-p', 'nobody', 'x')).toBe(1);
    expect(io.errors[0]).toBe('Error: project "nobody" is not known');
  });
});

describe('commands for the owner', () => {
  it('list and show sessions', async () => {
    expect(await run('sessions')).toBe(0);
    expect(io.lines[0]).toMatch(/^#\s+Id\s+Project\s+Platform\s+User/);
    expect(io.lines[1]).toContain('Ada');
    io.lines.length = 0;
    expect(await run('sessions', 'list', '--json')).toBe(0);
    expect(JSON.parse(io.lines.join('\n'))).toMatchObject([{ id: 's1' }]);
    io.lines.length = 0;
    expect(await run('sessions', 'show', 's1', '-n', '2')).toBe(0);
    expect(io.lines.join('\n')).toContain('hello');
    expect(await run('sessions', 'show', 'zz')).toBe(1);
  });

  it.each([['sessions', 'show', 's1'], ['status'], ['pair', 'revoke', 'zz']])(
    'show nothing a terminal would obey: %s %s',
    async (...argv) => {
      const evil = '\u001b]52;c;aGk=\u0007\u001b[2J\u009bm';
      const [session, status] = [await backend.session({ id: 's1' }), await backend.status()];
      backend.session = async () => ({
        ...session,
        name: `n${evil}`,
        sessionKey: `k${evil}`,
        nativeId: `i${evil}`,
        workDir: `/w${evil}\n`,
        history: [{ at: 1, role: 'user', text: `one\n\ttwo${evil}` }],
      });
      backend.status = async () => ({
        ...status,
        projects: status.projects.map((project) => ({
          ...project,
          problem: `p${evil}`,
          platforms: project.platforms.map((platform) => ({ ...platform, detail: `d${evil}` })),
        })),
      });
      backend.revokePairing = async () => {
        throw new AppError('pair_ambiguous', `several${evil}`, {
          kind: 'conflict',
          advice: `name one${evil}`,
        });
      };
      await run(...argv);
      const shown = [...io.lines, ...io.errors];
      expect(shown.length).toBeGreaterThan(1);
      expect(shown.join('')).not.toMatch(/(?!\t)\p{Cc}/u);
      if (argv[0] === 'sessions') expect(shown.slice(-2)).toEqual(['one', '\ttwom']);
    },
  );

  it('print the agent’s id alone, and fail when there is none', async () => {
    expect(await run('agent-sid')).toBe(0);
    expect(io.lines).toEqual(['native-1']);
    expect(await run('agent-sid', '-s', 'none')).toBe(1);
  });

  it('show status, traces and reloads', async () => {
    expect(await run('status')).toBe(0);
    expect(io.lines.join('\n')).toContain('telegram   ready');
    expect(io.lines.join('\n')).toContain('not active yet: cron');
    io.lines.length = 0;
    expect(await run('trace', 'm1')).toBe(0);
    expect(io.lines[0]).toMatch(/input\s+hello$/);
    expect(await run('reload')).toBe(0);
    expect(io.lines.at(-1)).toBe('  language');
  });

  it('show the audit log, of a project and a person, as many lines as wanted', async () => {
    expect(await run('audit')).toBe(0);
    expect(io.lines[0]).toMatch(/Time\s+Project\s+Who\s+What\s+Detail/);
    expect(io.lines[1]).toMatch(/1970-01-01T00:00:00.001Z\s+demo\s+7\s+access.refused\s+telegram:9 message$/);
    expect(backend.auditAsked).toEqual({ project: undefined, actor: undefined, last: 50 });
    io.lines.length = 0;
    expect(await run('audit', '-p', 'demo', '--actor', '7', '-n', '3', '--json')).toBe(0);
    expect(JSON.parse(io.lines.join('\n'))).toMatchObject([{ actor: '7' }]);
    expect(backend.auditAsked).toEqual({ project: 'demo', actor: '7', last: 3 });
  });

  it.each([
    ['status'],
    ['send', 'hi'],
    ['reload'],
    ['trace', 'm1'],
    ['audit'],
    ['pair', 'list'],
    ['sessions', 'list'],
    ['agent-sid'],
    ['routes'],
  ])('find the daemon by its configuration: %s', async (...argv) => {
    const file = join(folder, 'other.toml');
    await writeFile(file, `data_dir = ${JSON.stringify(folder)}\n`);
    const elsewhere = join(folder, 'elsewhere');
    io = fakeIo(folder, { CC_DATA_DIR: elsewhere });
    expect(await main([...argv, '--config', 'other.toml'], io), io.errors.join()).toBe(0);
    expect(await main([...argv, '--config', 'missing.toml'], io)).toBe(1);
    expect(io.errors.join()).toContain('missing.toml');
    expect(io.errors.join()).toContain('leave --config out');
    expect(await main([...argv, '--config', 'missing.toml', '--data-dir', folder], io)).toBe(0);
  });

  it('approve, list and revoke people', async () => {
    expect(await run('pair', 'approve', 'abcd2345')).toBe(0);
    expect(io.lines.at(-1)).toBe('Approved 7 for demo on telegram.');
    expect(await run('pair', 'list')).toBe(0);
    expect(io.lines.at(-1)).toContain('ABCD2345');
    expect(await run('pair', 'revoke', 'p1')).toBe(0);
    expect(await run('pair', 'approve', 'WRONG234')).toBe(1);
  });
});

describe('names that strangers chose', () => {
  it('cannot draw on the terminal of the owner', async () => {
    const [one] = backend.pairingList;
    if (!one) throw new Error('nobody waits');
    backend.pairingList = [{ ...one, userName: 'Eve\u001b[2J\nadmin\u202e' }];
    expect(await run('pair', 'list')).toBe(0);
    expect(io.lines).toHaveLength(2);
    expect(io.lines[1]).toContain('Eve [2J admin  (7)');
    expect(await run('pair', 'approve', 'ABCD2345')).toBe(0);
    expect(io.lines.at(-1)).toBe('Approved Eve [2J admin  (7) for demo on telegram.');
  });
});

describe('config', () => {
  it('tells which file counts, and that there is none', async () => {
    expect(await run('config', 'path')).toBe(1);
    await writeFile(join(folder, 'config.toml'), '');
    expect(await run('config', 'path')).toBe(0);
    expect(io.lines).toEqual([join(folder, 'config.toml')]);
  });

  it('prints every error with its line and exits with 1', async () => {
    await writeFile(join(folder, 'config.toml'), 'attachment_send = 5\n[[projects]]\nname = 7\n');
    expect(await run('config', 'check')).toBe(1);
    expect(io.lines.join('\n')).toMatch(/config\.toml:1:/);
    expect(io.lines.join('\n')).toMatch(/config\.toml:3:/);
  });

  it('asks the adapters about their options and names what this version lacks', async () => {
    const lines = [
      '[[projects]]',
      'name = "p"',
      '[projects.agent]',
      'type = "demo"',
      '[projects.agent.options]',
      `work_dir = "${folder}"`,
      '[[projects.platforms]]',
      'type = "telegram"',
      '[projects.platforms.options]',
      'token = "no token"',
      '[[projects.platforms]]',
      'type = "dingtalk"',
    ];
    await writeFile(join(folder, 'config.toml'), lines.join('\n'));
    expect(await run('config', 'check')).toBe(1);
    const printed = io.lines.join('\n');
    expect(printed).toMatch(/config\.toml:10:\d+: error: projects\[0\]\.platforms\[0\]\.options\.token/);
    expect(printed).toContain('not active in this version: projects[0].platforms[1] (dingtalk)');
    expect(printed).not.toContain('no token');
  });

  it('prints an example that its own check accepts', async () => {
    expect(await run('config', 'example')).toBe(0);
    await writeFile(join(folder, 'config.toml'), io.lines.join('\n'));
    io.lines.length = 0;
    expect(await run('config', 'format')).toBe(0);
    expect(await run('config', 'check')).toBe(0);
  });
});

describe('data directory', () => {
  it('is the one the configuration names when neither flag nor environment says otherwise', async () => {
    await writeFile(join(folder, 'config.toml'), `data_dir = "${folder}"\n`);
    io = fakeIo(folder);
    expect(await run('status')).toBe(0);
    io = fakeIo(folder);
    expect(await run('status', '--data-dir', join(folder, 'elsewhere'))).toBe(1);
  });
});

describe('doctor', () => {
  it('joins its own findings with the daemon’s, each with a fix', async () => {
    await writeFile(
      join(folder, 'config.toml'),
      `[[projects]]\nname = "p"\n[projects.agent]\ntype = "demo"\n[projects.agent.options]\nwork_dir = "${folder}"\n`,
      { mode: 0o644 },
    );
    const code = await run('doctor', '--json');
    const findings = JSON.parse(io.lines.join('\n')) as {
      area: string;
      level: string;
      what: string;
      fix?: string;
    }[];
    expect(findings).toContainEqual({ area: 'agent', level: 'ok', what: 'demo 1.0' });
    expect(findings.find((one) => one.area === 'files' && one.what.includes('config.toml'))).toMatchObject({
      level: 'warning',
      fix: `chmod 600 ${join(folder, 'config.toml')}`,
    });
    expect(new Set(findings.map((one) => one.area))).toEqual(
      new Set(['program', 'config', 'files', 'store', 'disk', 'clock', 'daemon', 'agent']),
    );
    expect(code).toBe(0);
  });

  it('finds a damaged store and exits with 1', async () => {
    await writeFile(join(folder, 'cc-connect.db'), 'this is no database at all, however long it may be');
    expect(await run('doctor')).toBe(1);
    expect(io.lines.join('\n')).toMatch(/ERROR\s+.*cc-connect\.db is damaged/);
  });

  it('works without a daemon', async () => {
    await server.stop();
    await run('doctor');
    expect(io.lines.join('\n')).toContain('not running');
  });
});
