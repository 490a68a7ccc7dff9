import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { program, until } from './daemon.ts';

/** A person with an empty home folder and no agent CLI on PATH. */
let home: string;
let work: string;
let running: Started[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cc-new-'));
  work = join(home, 'work');
  mkdirSync(work);
});
afterEach(async (context) => {
  for (const one of running) {
    if (context.task.result?.state === 'fail') process.stderr.write(`${one.out}\n${one.err}\n`);
    one.child.kill('SIGKILL');
    await one.exit;
  }
  running = [];
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

interface Started {
  readonly child: ChildProcess;
  readonly exit: Promise<number>;
  out: string;
  err: string;
}

/** Starts the built program as that person would; `input` is all of its standard input. */
function start(args: readonly string[], input?: string, env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: work,
    env: { HOME: home, PATH: '/nonexistent', LANG: 'C.UTF-8', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exit = once(child, 'close').then(([code, signal]) => (signal ? -1 : Number(code)));
  const started: Started = { child, exit, out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    started.out += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    started.err += String(chunk);
  });
  child.stdin?.on('error', () => {});
  if (input !== undefined) child.stdin?.end(input);
  running.push(started);
  return started;
}

async function run(args: readonly string[], input = '', env: Record<string, string> = {}) {
  const started = start(args, input, env);
  return { code: await started.exit, out: started.out, err: started.err };
}

async function daemon(args: readonly string[] = []): Promise<Started> {
  const started = start(args);
  await until(() => started.err.includes('"msg":"ready"'), 'the daemon');
  return started;
}

const config = () => join(home, '.cc-connect', 'config.toml');
const demoFile = () => join(work, 'cc-connect-demo.txt');

describe('a new user', () => {
  it('chats at once: a config is written, the demo agent asks, is allowed, and writes its file', async () => {
    const chat = await run(['chat'], 'hello\ny\n');
    expect(chat.code).toBe(0);
    expect(chat.err).toContain('Wrote a first configuration');
    expect(chat.out).toContain('demo');
    expect(chat.out).toContain('hello');
    expect(statSync(config()).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, '.cc-connect')).mode & 0o777).toBe(0o700);
    expect(existsSync(demoFile())).toBe(true);
  });

  it('is obeyed when refusing: no file is written', async () => {
    const chat = await run(['chat'], 'hello\nn\n');
    expect(chat.code).toBe(0);
    expect(existsSync(demoFile())).toBe(false);
  });

  it('finds the answer to an earlier question in the same conversation', async () => {
    await run(['chat'], 'the first of all\nn\n');
    const later = await run(['chat'], '/history\n');
    expect(later.out).toContain('the first of all');
  });

  it('is told what to do next when there is no terminal', async () => {
    const first = await daemon();
    expect(first.out).toContain('Wrote a first configuration');
    await until(() => / chat\n/.test(first.out), 'the advice');
    await until(() => / telegram setup /.test(first.out), 'the way to a chat platform');
    const status = await run(['status']);
    expect(status.code).toBe(0);
    expect(status.out).toMatch(/terminal\s+ready/);
    const checked = await run(['config', 'check']);
    expect(checked).toMatchObject({ code: 0 });
    const doctor = await run(['doctor']);
    expect(doctor.out).toContain('0 errors');
    expect(doctor.code).toBe(0);
  });
});

describe('a running daemon', () => {
  it('keeps what is sent while nobody looks, files included, and shows it at the next visit', async () => {
    await daemon();
    writeFileSync(join(work, 'report.txt'), 'all is well');
    const sent = await run(['send', '-s', 'terminal:default', '--file', 'report.txt', 'see', 'this']);
    expect(sent).toMatchObject({ code: 0, out: 'Message sent successfully.\n' });
    rmSync(join(work, 'report.txt'));
    const chat = await run(['chat'], '/version\n');
    expect(chat.out).toContain('see this');
    const path = /\[file\] report\.txt \(11 B\) (\S+)/.exec(chat.out)?.[1] ?? '';
    expect(readFileSync(path, 'utf8')).toBe('all is well');
  });

  it('lists the conversation and traces its message to the end', async () => {
    await daemon();
    await run(['chat', '-s', 'one'], 'hello\ny\n');
    const sessions = JSON.parse((await run(['sessions', '--json'])).out) as {
      id: string;
      session_key: string;
    }[];
    expect(sessions).toMatchObject([{ session_key: 'terminal:one' }]);
    const shown = await run(['sessions', 'show', sessions[0]?.id ?? '']);
    expect(shown.out).toContain('hello');
    expect((await run(['agent-sid', '-s', 'terminal:one'])).out).toMatch(/\S/);
  });

  it('stops on SIGTERM with code 0 and leaves no socket', async () => {
    const one = await daemon();
    one.child.kill('SIGTERM');
    expect(await one.exit).toBe(0);
    expect(existsSync(join(home, '.cc-connect', 'run', 'api.sock'))).toBe(false);
    const status = await run(['status']);
    expect(status.code).toBe(1);
    expect(status.err).toMatch(/^Error: cc-connect is not running/);
  });

  it('refuses a second instance and gives way to --force', async () => {
    const first = await daemon();
    const second = await run([]);
    expect(second.code).toBe(1);
    expect(second.err).toContain('Error: another cc-connect');
    await daemon(['--force']);
    expect(await first.exit).toBe(0);
    expect((await run(['status'])).code).toBe(0);
  });

  it('gives way to --force of the same configuration, also when that names another folder by now', async () => {
    const first = await daemon();
    const text = readFileSync(config(), 'utf8');
    writeFileSync(config(), `data_dir = ${JSON.stringify(join(home, 'elsewhere'))}\n${text}`);
    const second = await run([]);
    expect(second.code).toBe(1);
    expect(second.err).toContain('is using');
    await daemon(['--force']);
    expect(await first.exit).toBe(0);
    expect((await run(['status'])).out).toContain(join(home, 'elsewhere'));
  });

  it('rotates its log as the environment says, unless a flag says otherwise', async () => {
    const log = (name: string) => join(home, name);
    const env = (name: string) => ({
      CC_LOG_FILE: log(name),
      CC_LOG_MAX_SIZE: '200',
      CC_LOG_MAX_BACKUPS: '1',
    });
    const logged = async (name: string, args: readonly string[]) => {
      const started = start(args, undefined, env(name));
      await until(() => existsSync(log(name)) && / chat\n|is running/.test(started.out), 'the daemon');
      await run(['reload']);
      started.child.kill('SIGTERM');
      expect(await started.exit).toBe(0);
      return readdirSync(home)
        .filter((file) => file.startsWith(name))
        .sort();
    };
    expect(await logged('a.log', [])).toEqual(['a.log', 'a.log.1']);
    expect(await logged('b.log', ['--log-max-backups', '0'])).toEqual(['b.log']);
    expect(await logged('c.log', ['--log-max-size', '10MB'])).toEqual(['c.log']);
  });

  it('reloads on demand and keeps the old configuration when the new one is broken', async () => {
    await daemon();
    const good = readFileSync(config(), 'utf8');
    writeFileSync(config(), good.replace('language = ""', 'language = "ja"'));
    const reloaded = await run(['reload']);
    expect(reloaded).toMatchObject({ code: 0 });
    writeFileSync(config(), '[[projects]\n');
    const refused = await run(['reload']);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/config\.toml:1/);
    expect((await run(['status'])).code).toBe(0);
  });

  it('tells after kill -9 what became of the running turn, and answers the next message', async () => {
    const first = await daemon();
    const chat = start(['chat']);
    chat.child.stdin?.write('hello\n');
    await until(() => chat.out.includes('[1]'), 'the question');
    first.child.kill('SIGKILL');
    chat.child.kill('SIGKILL');
    await Promise.all([first.exit, chat.exit]);
    await daemon();
    const after = start(['chat']);
    await until(() => after.out.length > 0, 'the notice');
    const notice = after.out;
    after.child.stdin?.end('again\nn\n');
    expect(await after.exit).toBe(0);
    expect(notice).toMatch(/\[1\]|interrupted|restart/i);
    expect(after.out.slice(notice.length)).toContain('again');
  });
});

describe('wrong use', () => {
  it('is answered with the line of the mistake and exit 1', async () => {
    mkdirSync(join(home, '.cc-connect'));
    writeFileSync(config(), 'language = 5\n[[projects]]\nname = "p"\n');
    const started = await run([]);
    expect(started.code).toBe(1);
    expect(started.err).toMatch(/config\.toml:\d+:\d+: error/);
    const checked = await run(['config', 'check']);
    expect(checked.code).toBe(1);
    expect(checked.out).toMatch(/config\.toml:1:\d+: error: language/);
  });

  it('of flags exits with 2, of words with 1', async () => {
    expect((await run(['--nonsense'])).code).toBe(2);
    expect((await run(['chat', '--nonsense'])).code).toBe(2);
    for (const [flag, what] of [
      ['--log-max-backups', 'a number of files'],
      ['--log-max-size', 'a size'],
    ] as const) {
      const wrong = await run([flag, 'abc']);
      expect(wrong.code).toBe(2);
      expect(wrong.err).toContain(`Error: "abc" is not ${what}`);
    }
    const typo = await run(['statsu']);
    expect(typo.code).toBe(1);
    expect(typo.err).toContain('cc-connect status');
    const missing = await run(['--config', 'nowhere.toml']);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('nowhere.toml');
    expect(existsSync(config())).toBe(false);
  });
});
