import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The built program, as a user starts it. */
export const program = join(root, 'dist', 'cc-connect.js');
/** The scripted stand-in for the Claude Code CLI. */
export const scriptedAgent = join(root, 'dist', 'test', 'scripted-agent.js');

export interface DaemonHome {
  readonly home: string;
  readonly workDir: string;
  readonly dataDir: string;
  readonly configFile: string;
  readonly ledger: string;
  remove(): void;
}

/** A home of its own for one daemon; nothing of the developer's is seen or touched. */
export function makeHome(): DaemonHome {
  const home = mkdtempSync(join(tmpdir(), 'cc-home-'));
  const workDir = join(home, 'work');
  const dataDir = join(home, 'data');
  mkdirSync(workDir);
  return {
    home,
    workDir,
    dataDir,
    configFile: join(home, 'config.toml'),
    ledger: join(home, 'ledger'),
    remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }),
  };
}

export interface ProjectText {
  readonly platforms: string;
  /** Extra lines at the top of the file. */
  readonly top?: string;
  /** Extra lines of `[projects.agent.options]`. */
  readonly agent?: string;
  readonly eof?: 'finish' | 'die';
  /** Another program than the scripted agent. */
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A config with one project `demo`, driven by the scripted agent. */
export function writeConfig(home: DaemonHome, text: ProjectText): void {
  const env = {
    CLAUDE_CONFIG_DIR: join(home.home, 'claude'),
    FAKE_LEDGER: home.ledger,
    FAKE_EOF: text.eof ?? 'finish',
    ...text.env,
  };
  const envText = Object.entries(env)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join('\n');
  const lines = [
    `data_dir = ${JSON.stringify(home.dataDir)}`,
    text.top ?? '',
    '[[projects]]',
    'name = "demo"',
    '[projects.agent]',
    'type = "claudecode"',
    '[projects.agent.options]',
    `work_dir = ${JSON.stringify(home.workDir)}`,
    `cmd = ${JSON.stringify(text.cmd ?? [process.execPath, scriptedAgent])}`,
    text.agent ?? '',
    '[projects.agent.options.env]',
    envText,
    text.platforms,
  ];
  writeFileSync(home.configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** The built daemon in a process of its own. */
export class Daemon {
  readonly child: ChildProcess;
  private output = '';
  readonly exited: Promise<{ code: number | null; signal: string | null }>;

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (chunk) => this.take(String(chunk)));
    child.stderr?.on('data', (chunk) => this.take(String(chunk)));
    this.exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  }

  /** Resolves when the daemon says it is ready. */
  static async start(
    home: DaemonHome,
    options: { env?: Record<string, string>; args?: string[]; ready?: boolean } = {},
  ): Promise<Daemon> {
    const child = spawn(process.execPath, [program, '--config', home.configFile, ...(options.args ?? [])], {
      cwd: home.home,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: home.home,
        LANG: 'C.UTF-8',
        IS_SANDBOX: '1',
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const daemon = new Daemon(child);
    if (options.ready !== false) await daemon.says('"msg":"ready"');
    return daemon;
  }

  get log(): string {
    return this.output;
  }

  async says(text: string, timeoutMs = 20_000): Promise<void> {
    const until = Date.now() + timeoutMs;
    while (!this.output.includes(text)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`the daemon ended before it said ${text}:\n${this.output}`);
      if (Date.now() > until) throw new Error(`the daemon did not say ${text}:\n${this.output.slice(-4000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async stop(): Promise<{ code: number | null; signal: string | null }> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    return this.exited;
  }

  private take(text: string): void {
    this.output += text;
    if (this.output.length > 4_000_000) this.output = this.output.slice(-2_000_000);
  }
}

/** Runs a client command of the built program. */
export async function cc(
  home: DaemonHome,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const run = promisify(execFile);
  try {
    const { stdout, stderr } = await run(process.execPath, [program, ...args], {
      cwd: home.home,
      env: { PATH: process.env.PATH ?? '', HOME: home.home, CC_DATA_DIR: home.dataDir, ...env },
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const failed = error as { code?: number; stdout?: string; stderr?: string };
    return { code: failed.code ?? -1, stdout: failed.stdout ?? '', stderr: failed.stderr ?? '' };
  }
}

/** Prompts the scripted agent started and ended, one line each. */
export function ledgerLines(home: DaemonHome): string[] {
  return existsSync(home.ledger) ? readFileSync(home.ledger, 'utf8').split('\n').filter(Boolean) : [];
}

/** Waits until `look` gives something. */
export async function until<T>(
  look: () => T | undefined | false | null,
  what: string,
  timeoutMs = 20_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
