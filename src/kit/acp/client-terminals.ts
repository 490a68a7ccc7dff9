import { BoundedMap } from '../bounded-map.ts';
import { killTree } from '../process/kill-tree.ts';
import { type OwnedProcess, type ProcessExit, startProcess } from '../process/owned-process.ts';
import { INVALID_PARAMS, insideOf, NOT_FOUND, refusal } from './confinement.ts';
import type { TerminalAction } from './connection.ts';
import { OutputTail } from './output-tail.ts';
import { number, records, text, type Wire } from './wire.ts';

/** Output kept of one command when the agent names no limit, and at most, in bytes. */
const DEFAULT_BYTES = 1024 * 1024;
/** Commands that may exist at the same time, running or not yet released. */
const MAX_TERMINALS = 32;
/** How long a command may take to end by itself after SIGTERM, in ms. */
const TERM_MS = 500;

interface Terminal {
  readonly process: OwnedProcess;
  readonly output: OutputTail;
  readonly exited: Promise<ProcessExit>;
  exit: ProcessExit | undefined;
}

/**
 * Runs commands for the agent (`terminal/*`). They start inside the work dir and end with the session; what a command
 * itself does is as free as what the agent runs by itself. Each is a process of ours in a group of its own, found
 * after a crash by the session's marker.
 */
export class ClientTerminals {
  readonly #root: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #marker: string;
  readonly #terminals = new Map<string, Terminal>();
  /** Last words of released ones: a tool call may still refer to them. */
  readonly #released = new BoundedMap<string, string>(MAX_TERMINALS);
  #count = 0;
  #closed = false;

  /** @param root absolute path of the work dir */
  constructor(root: string, env: Readonly<Record<string, string>>, marker: string) {
    this.#root = root;
    this.#env = env;
    this.#marker = marker;
  }

  /** Answers a `terminal/…` request; `signal` aborts when the agent takes it back. Rejects with a `RequestError`. */
  handle(action: TerminalAction, params: Wire, signal: AbortSignal): Promise<object> {
    switch (action) {
      case 'create':
        return this.create(params);
      case 'output':
        return this.output(params);
      case 'wait_for_exit':
        return this.waitForExit(params, signal);
      case 'kill':
        return this.kill(params);
      default:
        return this.release(params);
    }
  }

  /** `terminal/create {command, args?, env?, cwd?, outputByteLimit?}`; without `args`, `command` is a shell line. */
  async create(params: Wire): Promise<{ terminalId: string }> {
    const command = text(params.command);
    if (!command) throw await refusal(INVALID_PARAMS, 'command is missing');
    const cwd = await insideOf(this.#root, text(params.cwd) ?? this.#root);
    if (this.#closed || this.#terminals.size >= MAX_TERMINALS)
      throw await refusal(INVALID_PARAMS, 'Too many terminals; release some');
    const args = Array.isArray(params.args) ? params.args.filter((arg) => typeof arg === 'string') : [];
    const limit = Math.min(DEFAULT_BYTES, Math.max(1, number(params.outputByteLimit) ?? DEFAULT_BYTES));
    const output = new OutputTail(limit);
    const process = await startProcess({
      ...merged(command, args),
      cwd,
      env: { ...this.#env, ...variables(params.env) },
      marker: this.#marker,
      onStderrLine: (line) => output.push(Buffer.from(`${line}\n`)),
    });
    process.endInput();
    return { terminalId: this.#keep(process, output) };
  }

  /** `terminal/output {terminalId}` */
  async output(params: Wire): Promise<object> {
    const { output, exit } = await this.#find(params);
    const status = exit === undefined ? {} : { exitStatus: statusOf(exit) };
    return { output: output.toString(), truncated: output.truncated, ...status };
  }

  /** `terminal/wait_for_exit {terminalId}`; `signal` ends the waiting, not the command. */
  async waitForExit(params: Wire, signal: AbortSignal): Promise<object> {
    const { exited } = await this.#find(params);
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return statusOf(await Promise.race([exited, aborted]));
  }

  /** `terminal/kill {terminalId}`; its output can still be read. */
  async kill(params: Wire): Promise<object> {
    const terminal = await this.#find(params);
    await this.#end(terminal);
    return {};
  }

  /** `terminal/release {terminalId}` */
  async release(params: Wire): Promise<object> {
    const terminal = await this.#find(params);
    const id = text(params.terminalId) ?? '';
    this.#terminals.delete(id);
    await this.#end(terminal);
    this.#released.set(id, terminal.output.toString());
    return {};
  }

  /** What a terminal has said so far; undefined for one that was never there. */
  textOf(id: string): string | undefined {
    return this.#terminals.get(id)?.output.toString() ?? this.#released.get(id);
  }

  /** Ends every command; no further one is started. */
  async close(): Promise<void> {
    this.#closed = true;
    const open = [...this.#terminals.values()];
    this.#terminals.clear();
    await Promise.all(open.map((terminal) => this.#end(terminal)));
  }

  #keep(process: OwnedProcess, output: OutputTail): string {
    const id = `t${++this.#count}`;
    const read = collect(process, output);
    const exited = Promise.all([process.exited, read]).then(([exit]) => exit);
    const terminal: Terminal = { process, output, exited, exit: undefined };
    void exited.then((exit) => {
      terminal.exit = exit;
    });
    this.#terminals.set(id, terminal);
    // The session may have ended while the command was starting.
    if (this.#closed) void this.#end(terminal);
    return id;
  }

  /** By tree and group alone: everything else of the session bears the same marker. */
  async #end({ process, exit }: Terminal): Promise<void> {
    const record = { ...process.record, marker: `${this.#marker}:terminal` };
    await killTree(record, exit === undefined ? { graceMs: TERM_MS } : {});
  }

  async #find(params: Wire): Promise<Terminal> {
    const found = this.#terminals.get(text(params.terminalId) ?? '');
    if (found === undefined) throw await refusal(NOT_FOUND, 'There is no such terminal');
    return found;
  }
}

/** On POSIX a shell joins both outputs in the order they were written. */
function merged(command: string, args: readonly string[]): { command: string; args: string[] } {
  if (process.platform === 'win32') {
    return args.length > 0
      ? { command, args: [...args] }
      : { command: 'cmd.exe', args: ['/d', '/c', command] };
  }
  if (args.length > 0) return { command: '/bin/sh', args: ['-c', 'exec "$0" "$@" 2>&1', command, ...args] };
  return { command: '/bin/sh', args: ['-c', 'exec 2>&1; eval "$0"', command] };
}

async function collect(process: OwnedProcess, output: OutputTail): Promise<void> {
  for await (const chunk of process.stdout) output.push(chunk);
}

function variables(list: unknown): Record<string, string> {
  return Object.fromEntries(
    records(list).flatMap(({ name, value }) =>
      typeof name === 'string' && typeof value === 'string' ? [[name, value]] : [],
    ),
  );
}

function statusOf({ code, signal }: ProcessExit): object {
  return { exitCode: code, signal };
}
