import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startModelServer } from '../sim/models/anthropic.ts';
import { startGeminiServer } from '../sim/models/gemini.ts';
import { startResponsesServer } from '../sim/models/openai-responses.ts';
import { benchFolder, cleanEnv } from './bench-daemon.ts';
import { type ChatService, telegramService } from './chat-service.ts';
import { residentMb } from './memory.ts';
import { median, pause, percentile, round } from './numbers.ts';
import type { Figure } from './report.ts';
import { firstWord, lastWord } from './script.ts';
import { program } from './start-up.ts';
import type { Passed } from './tee.ts';

/** From a request to the model to its first token, ms: a fast model on a good line. */
const modelMs = 200;
const turns = 20;
/** People who talk to the agent one after the other, each of whom is parked by the next. */
const parked = 6;
const answerDeadlineMs = 60_000;
const group = 'Real CLIs behind Telegram';

interface Cli {
  readonly type: string;
  readonly package: string;
  startModel(): Promise<{ readonly url: string; close(): Promise<void> }>;
  /** Lines of config below `[projects.agent.options]`; `cmd` is there already. */
  options(home: string, url: string): string[];
}

const scripted = (home: string, url: string) => [
  'provider = "scripted"',
  '[projects.agent.options.env]',
  `HOME = ${JSON.stringify(home)}`,
  '[[projects.agent.providers]]',
  'name = "scripted"',
  'api_key = "sk-scripted"',
  `base_url = ${JSON.stringify(url)}`,
];

const clis: readonly Cli[] = [
  {
    type: 'claudecode',
    package: '@anthropic-ai/claude-code',
    startModel: startModelServer,
    options: (home, url) => [
      '[projects.agent.options.env]',
      `HOME = ${JSON.stringify(home)}`,
      'ANTHROPIC_API_KEY = "sk-scripted-key"',
      `ANTHROPIC_BASE_URL = ${JSON.stringify(url)}`,
      'CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC = "1"',
      'DISABLE_AUTOUPDATER = "1"',
    ],
  },
  {
    type: 'codex',
    package: '@openai/codex',
    startModel: startResponsesServer,
    options: scripted,
  },
  {
    type: 'gemini',
    package: '@google/gemini-cli',
    startModel: startGeminiServer,
    options: (home, url) => ['model = "gemini-2.5-flash"', ...scripted(home, url)],
  },
];

/**
 * What the daemon adds to the first token of a real CLI whose process is warm, and what sessions cost in memory. The
 * model is scripted and answers after {@link modelMs}. CLIs that are not installed are left out, and that is said.
 */
export async function measureAgents(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const cli of clis) {
    const path = await installed(cli.package);
    if (path === undefined) {
      console.error(`NOT MEASURED: ${cli.package} is not installed; "npm run test:agents" does that`);
      continue;
    }
    figures.push(...(await new AgentBench(cli, path).run()));
  }
  return figures;
}

/** Where the real-agent suite has put a program. */
async function installed(name: string): Promise<string | undefined> {
  const list = join(dirname(process.argv[1] ?? ''), '../../test/real/programs.mjs');
  const { programPath } = (await import(pathToFileURL(list).href)) as typeof import('../real/programs.mjs');
  try {
    return programPath(name);
  } catch {
    return undefined;
  }
}

class AgentBench {
  readonly #cli: Cli;
  readonly #path: string;
  readonly #folder = benchFolder();
  readonly #log = join(this.#folder.path, 'passed');
  readonly #delivered = new Map<number, number>();
  readonly #begun = new Map<number, number>();
  readonly #ended = new Set<number>();
  #turn = 0;

  constructor(cli: Cli, path: string) {
    this.#cli = cli;
    this.#path = path;
  }

  async run(): Promise<Figure[]> {
    const model = await this.#cli.startModel();
    const service = await telegramService();
    service.onCall = ({ word, turn, at }) => {
      if (word === 'ended') this.#ended.add(turn);
      else if (!this.#begun.has(turn)) this.#begun.set(turn, at);
    };
    service.onDelivered = (text, at) => {
      const turn = Number(/begun(\d+)x/.exec(text)?.[1]);
      if (!this.#delivered.has(turn)) this.#delivered.set(turn, at);
    };
    const daemon = await this.#start(service, model.url);
    try {
      await service.connected();
      return [...(await this.#firstTokens(service)), ...(await this.#memory(service, daemon))];
    } finally {
      const exit = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      await exit;
      await service.close();
      await model.close();
      this.#folder.remove();
    }
  }

  async #firstTokens(service: ChatService): Promise<Figure[]> {
    for (let at = 0; at < 3; at += 1) await this.#ask(service, 1);
    const from = this.#turn;
    for (let at = 0; at < turns; at += 1) await this.#ask(service, 1);
    const passed = this.#passed();
    const own: number[] = [];
    const whole: number[] = [];
    for (let turn = from + 1; turn <= this.#turn; turn += 1) {
      const at = (way: Passed['way']) =>
        passed.find((one) => one.turn === turn && one.way === way)?.at ?? Number.NaN;
      own.push(at('out') - at('in'));
      whole.push((this.#begun.get(turn) ?? Number.NaN) - (this.#delivered.get(turn) ?? Number.NaN));
    }
    const added = whole.map((ms, at) => ms - (own[at] ?? Number.NaN));
    return [
      {
        group,
        name: `${this.#cli.type}: first token, over the CLI alone`,
        value: median(whole) / median(own),
        unit: '×',
        samples: turns,
        goal: { limit: 1.05, kind: 'max' },
        note: `${round(median(whole), 0)} ms over ${round(median(own), 0)} ms, of which the model takes ${modelMs} ms`,
      },
      {
        group,
        name: `${this.#cli.type}: what the daemon adds`,
        value: percentile(added, 0.99),
        p50: median(added),
        unit: 'ms',
        samples: turns,
      },
    ];
  }

  async #memory(service: ChatService, daemon: ChildProcess): Promise<Figure[]> {
    if (process.platform !== 'linux') return [];
    await pause(1000);
    const live = residentOfTree(this.#passed().at(-1)?.pid ?? 0);
    const before = residentMb(daemon);
    for (let person = 2; person <= parked + 1; person += 1) await this.#ask(service, person);
    await pause(2000);
    const pids = new Set(this.#passed().map(({ pid }) => pid));
    const alive = [...pids].filter((pid) => residentOfTree(pid) > 0);
    return [
      { group, name: `${this.#cli.type}: RSS of a live session's processes`, value: live, unit: 'MB' },
      {
        group,
        name: `${this.#cli.type}: RSS per parked session`,
        value: (residentMb(daemon) - before) / parked,
        unit: 'MB',
        samples: parked,
        note: `in the daemon; ${alive.length} of ${pids.size} CLIs still run`,
      },
    ];
  }

  async #ask(service: ChatService, person: number): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const words = `${firstWord(turn)} and some words more until the end, which is ${lastWord(turn)}`;
    service.write(person, `hang: ${modelMs / 1000} ;; say: ${words}`);
    const until = Date.now() + answerDeadlineMs;
    while (!this.#ended.has(turn)) {
      if (Date.now() > until) throw new Error(`${this.#cli.type} did not answer turn ${turn}`);
      await pause(10);
    }
    await pause(250);
  }

  #passed(): Passed[] {
    if (!existsSync(this.#log)) return [];
    return readFileSync(this.#log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Passed);
  }

  async #start(service: ChatService, url: string): Promise<ChildProcess> {
    const { path } = this.#folder;
    for (const name of ['work', 'home']) mkdirSync(join(path, name));
    const tee = [process.execPath, process.argv[1] ?? '', 'tee', this.#log, this.#path];
    const text = [
      `data_dir = ${JSON.stringify(join(path, 'data'))}`,
      'language = "en"',
      'max_live_agents = 1',
      '[log]',
      'level = "info"',
      '[rate_limit]',
      'max_messages = 0',
      '[[projects]]',
      'name = "bench"',
      '[projects.agent]',
      `type = "${this.#cli.type}"`,
      '[projects.agent.options]',
      `work_dir = ${JSON.stringify(join(path, 'work'))}`,
      `cmd = ${JSON.stringify(tee)}`,
      ...this.#cli.options(join(path, 'home'), url),
      service.config,
    ];
    const file = join(path, 'config.toml');
    writeFileSync(file, `${text.join('\n')}\n`, { mode: 0o600 });
    const env = { ...cleanEnv(path), IS_SANDBOX: '1' };
    const child = spawn(process.execPath, [program, '--config', file], {
      cwd: path,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await said(child, '"msg":"ready"');
    return child;
  }
}

function said(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const look = (chunk: Buffer) => {
      heard = (heard + chunk.toString('utf8')).slice(-20_000);
      if (heard.includes(text)) resolve();
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('exit', () => reject(new Error(`the daemon ended before it was ready:\n${heard}`)));
  });
}

/** MB of a process and all that stem from it; 0 when it is gone. Linux only. */
function residentOfTree(root: number): number {
  const parents = new Map<number, number>();
  const sizes = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      parents.set(Number(name), Number(/PPid:\s+(\d+)/.exec(status)?.[1]));
      sizes.set(Number(name), Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It ended between listing and reading.
    }
  }
  const stems = (pid: number): boolean => pid === root || (parents.has(pid) && stems(parents.get(pid) ?? 0));
  return [...sizes].reduce((sum, [pid, size]) => (stems(pid) ? sum + size : sum), 0);
}
