import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answers, Question } from './daemon-child.ts';

/** What every bench daemon is configured with; limits that would hold the load back are off. */
export function benchConfig(folder: string, platform: string, level = 'warn'): string {
  mkdirSync(join(folder, 'work'), { recursive: true });
  const file = join(folder, 'config.toml');
  const text = [
    `data_dir = ${JSON.stringify(join(folder, 'data'))}`,
    'language = "en"',
    'max_live_agents = 500',
    '[log]',
    `level = "${level}"`,
    '[rate_limit]',
    'max_messages = 0',
    '[[projects]]',
    'name = "bench"',
    '[projects.agent]',
    'type = "demo"',
    '[projects.agent.options]',
    `work_dir = ${JSON.stringify(join(folder, 'work'))}`,
    platform,
  ];
  writeFileSync(file, `${text.join('\n')}\n`, { mode: 0o600 });
  return file;
}

export interface BenchFolder {
  readonly path: string;
  remove(): void;
}

export function benchFolder(): BenchFolder {
  const path = mkdtempSync(join(tmpdir(), 'cc-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** An environment in which nothing of the developer's own is seen. */
export function cleanEnv(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C.UTF-8' };
}

/** What is started in the child process. */
interface Program {
  readonly word: 'daemon-child' | 'bare-child';
  readonly args?: readonly string[];
}

interface Asked {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** The daemon under test, in a process of its own. */
export class BenchDaemon {
  readonly #folder: BenchFolder;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<string, Asked>();

  private constructor(program: Program, platform: string, folder: BenchFolder) {
    this.#folder = folder;
    const file = benchConfig(this.#folder.path, platform);
    const profile = process.env.BENCH_PROFILE
      ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`]
      : [];
    this.#child = spawn(
      process.execPath,
      ['--expose-gc', ...profile, process.argv[1] ?? '', program.word, ...(program.args ?? []), file],
      { env: cleanEnv(this.#folder.path), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    this.#child.on('message', (message: { question: string; answer: unknown }) => {
      this.#waiting.get(message.question)?.resolve(message.answer);
      this.#waiting.delete(message.question);
    });
    this.#child.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the bench daemon ended (${code})`));
      this.#waiting.clear();
    });
  }

  /** With a `folder` of an earlier daemon it goes on where that one ended. */
  static start(platform: string, folder = benchFolder()): Promise<BenchDaemon> {
    return BenchDaemon.#start(new BenchDaemon({ word: 'daemon-child' }, platform, folder));
  }

  /** In the daemon's place the least program that can do the same, started with these words. */
  static startBare(args: readonly string[]): Promise<BenchDaemon> {
    return BenchDaemon.#start(new BenchDaemon({ word: 'bare-child', args }, '', benchFolder()));
  }

  static async #start(daemon: BenchDaemon): Promise<BenchDaemon> {
    await daemon.#reply('ready');
    return daemon;
  }

  ask<Q extends Question>(question: Q): Promise<Answers[Q]> {
    const reply = this.#reply(question);
    this.#child.send(question);
    return reply as Promise<Answers[Q]>;
  }

  async stop(options: { readonly keep?: boolean } = {}): Promise<void> {
    const exit = once(this.#child, 'exit');
    await this.ask('stop');
    await exit;
    if (!options.keep) this.#folder.remove();
  }

  #reply(question: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(question, { resolve, reject });
    });
  }
}
