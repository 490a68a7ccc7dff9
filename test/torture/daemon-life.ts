import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';

export interface LifeSetup {
  readonly program: string;
  readonly home: string;
  readonly configFile: string;
  readonly logFile: string;
  /** `name` or `name@before`, and at which of its commits the process kills itself. */
  readonly failpoint?: { readonly name: string; readonly nth: number };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One life of the built daemon, from its start to its end, whichever way. */
export class DaemonLife {
  readonly ended: Promise<Ended>;
  readonly ready: Promise<void>;
  #end: Ended | undefined;
  readonly #child: ChildProcess;

  constructor(setup: LifeSetup) {
    const point = setup.failpoint;
    const child = spawn(process.execPath, [setup.program, '--config', setup.configFile], {
      cwd: setup.home,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: setup.home,
        LANG: 'C.UTF-8',
        IS_SANDBOX: '1',
        ...(point ? { CC_CONNECT_FAILPOINT: `${point.name}:${point.nth}` } : {}),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    let tail = '';
    this.ready = new Promise((resolve) => {
      child.stderr?.on('data', (chunk) => {
        appendFileSync(setup.logFile, chunk);
        tail = (tail + String(chunk)).slice(-2000);
        if (tail.includes('"msg":"ready"')) resolve();
      });
      child.once('exit', () => resolve());
    });
    this.ended = once(child, 'exit').then(([code, signal]) => {
      appendFileSync(setup.logFile, `--- ended: ${String(signal ?? code)}\n`);
      this.#end = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      return this.#end;
    });
    appendFileSync(setup.logFile, `--- life ${child.pid} ${point ? `${point.name}:${point.nth}` : ''}\n`);
  }

  get over(): Ended | undefined {
    return this.#end;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** An orderly stop; killed when it takes too long. */
  async stop(limitMs: number): Promise<Ended | 'stuck'> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), limitMs);
    const end = await this.ended;
    clearTimeout(timer);
    return end.signal === 'SIGKILL' ? 'stuck' : end;
  }
}
