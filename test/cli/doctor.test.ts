import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkModes } from '../../src/cli/doctor/files.ts';
import { checkClock, checkDisk } from '../../src/cli/doctor/machine.ts';
import { main } from '../../src/cli/main.ts';
import type { DoctorFinding } from '../../src/servers/local/backend.ts';
import { TelegramSim } from '../sim/telegram/simulator.ts';
import { fakeIo } from './fake-io.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-doctor-'));
  await chmod(folder, 0o700);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, mode: number): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, 'secret');
  await chmod(path, mode);
  return path;
}

describe('what others may read', () => {
  it.each([
    ['run/api.sock', 0o666, '600'],
    ['logs/cc-connect.log', 0o644, '600'],
    ['state.db.v3.bak', 0o640, '600'],
    ['config.toml.bak', 0o604, '600'],
    ['outgoing/report.pdf', 0o644, '600'],
    ['chat_history', 0o644, '600'],
  ])('is found: %s with mode %i', async (name, mode, fixed) => {
    const config = await put('config.toml', 0o600);
    await put('run/daemon.pid', 0o600);
    const path = await put(name, mode);
    const wrong = (await checkModes(config, folder)).filter(({ level }) => level !== 'ok');
    expect(wrong).toEqual([
      {
        area: 'files',
        level: 'warning',
        what: `${path} can be read by others (${mode.toString(8)})`,
        fix: `chmod ${fixed} ${path}`,
      },
    ]);
  });

  it.each(['run', 'logs', 'outgoing', 'tmp'])('is found: the folder %s', async (name) => {
    await put(`${name}/x`, 0o600);
    await chmod(join(folder, name), 0o755);
    const found = await checkModes(undefined, folder);
    expect(found.filter(({ level }) => level !== 'ok')).toMatchObject([
      { what: expect.stringContaining(join(folder, name)), fix: `chmod 700 ${join(folder, name)}` },
    ]);
  });

  it('is nothing where all is closed, which takes one line besides the main files', async () => {
    const config = await put('config.toml', 0o600);
    for (const name of ['state.db', 'run/a', 'run/b', 'state.db.v1.bak']) await put(name, 0o600);
    await symlink('/etc/hostname', join(folder, 'run', 'link'));
    const found = await checkModes(config, folder);
    expect(found.every(({ level }) => level === 'ok')).toBe(true);
    expect(found.map(({ what }) => what)).toEqual([
      `${config} (600)`,
      `${folder} (700)`,
      `${join(folder, 'state.db')} (600)`,
      `4 more files and folders of ${folder}`,
    ]);
  });
});

describe('what belongs to somebody else', () => {
  it('is an error with the command that mends it', async () => {
    const config = await put('config.toml', 0o600);
    const other = (process.getuid?.() ?? 0) + 1;
    const found = await checkModes(config, folder, other);
    expect(found[0]).toEqual({
      area: 'files',
      level: 'error',
      what: `${config} belongs to another user`,
      fix: `chown "$(id -un)" ${config}`,
    });
    expect(found.every(({ level }) => level === 'error')).toBe(true);
  });
});

describe('the clock', () => {
  const now = Date.parse('2026-05-06T07:08:09Z');

  it('is wrong when it is earlier than the program was built', async () => {
    expect(await checkClock([], now, now + 3_600_000)).toMatchObject({ level: 'error', area: 'clock' });
    expect(await checkClock([], now, now - 1)).toMatchObject({ level: 'ok' });
  });

  it('is doubted when a file was written in the future', async () => {
    const file = await put('state.db', 0o600);
    await utimes(file, new Date(now), new Date(now + 600_000));
    expect(await checkClock([join(folder, 'missing'), file], now, now)).toMatchObject({
      level: 'warning',
      what: `${file} was written in the future`,
    });
    await utimes(file, new Date(now), new Date(now + 60_000));
    expect(await checkClock([file], now, now)).toMatchObject({ level: 'ok' });
  });
});

describe('the disk', () => {
  const room = (mebibytes: number) => () => Promise.resolve({ bavail: mebibytes * 256, bsize: 4096 });

  it.each([
    [49, 'error'],
    [50, 'warning'],
    [499, 'warning'],
    [500, 'ok'],
  ])('with %i MiB free is %s', async (free, level) => {
    expect(await checkDisk(folder, room(free))).toMatchObject({
      level,
      what: `${free} MiB free for ${folder}`,
    });
  });

  it('is that of the folder in which the data directory will be made', async () => {
    expect((await checkDisk(join(folder, 'not', 'yet'))).what).toMatch(/^\d+ MiB free for/);
    const nowhere = () => Promise.reject(new Error('no such file system'));
    expect(await checkDisk(folder, nowhere)).toMatchObject({ level: 'warning' });
  });
});

describe('without a daemon', () => {
  let sim: TelegramSim;
  beforeEach(async () => {
    sim = await TelegramSim.start();
  });
  afterEach(() => sim.close());

  async function findings(): Promise<readonly DoctorFinding[]> {
    const text = `data_dir = "${join(folder, 'data')}"
[[projects]]
name = "p"
[projects.agent]
type = "demo"
[projects.agent.options]
work_dir = "${folder}"
[[projects.agents]]
name = "absent"
type = "claudecode"
options = { work_dir = "${folder}", cmd = "${join(folder, 'no-such-claude')}" }
[[projects.platforms]]
type = "telegram"
[projects.platforms.options]
token = "${sim.token}"
api_base = "${sim.url}"
`;
    await writeFile(join(folder, 'config.toml'), text, { mode: 0o600 });
    const io = fakeIo(folder);
    await main(['doctor', '--json', '--config', join(folder, 'config.toml')], io);
    return JSON.parse(io.lines.join('\n')) as DoctorFinding[];
  }

  it('agents and bots are tried from here', async () => {
    const found = await findings();
    expect(found.find(({ area }) => area === 'daemon')).toMatchObject({
      level: 'warning',
      what: 'not running',
    });
    const of = (area: string, name: string) =>
      found.filter((one) => one.area === area && one.what.startsWith(`p: ${name}: `));
    expect(of('agent', 'demo').every(({ level }) => level === 'ok')).toBe(true);
    expect(of('agent', 'demo')).not.toEqual([]);
    expect(of('agent', 'absent')).toContainEqual({
      area: 'agent',
      level: 'error',
      what: expect.stringContaining('no-such-claude" was not found'),
      fix: expect.stringMatching(/./),
    });
    expect(of('platform', 'telegram').some(({ level }) => level === 'ok')).toBe(true);
    expect(of('platform', 'telegram').some(({ level }) => level === 'error')).toBe(false);
  });

  it('a bot whose token was revoked is an error', async () => {
    sim.faults.revoked = true;
    const found = await findings();
    expect(found.filter(({ area, level }) => area === 'platform' && level === 'error')).toHaveLength(1);
  });
});
