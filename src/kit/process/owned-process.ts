import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import spawn from 'cross-spawn';
import { type CloseLadder, type CloseReport, climbDown } from './close-ladder.ts';
import { InputWriter } from './input-writer.ts';
import { type ChildRecord, kin, OWNER_VARIABLE } from './kin.ts';
import { OutputQueue } from './output-queue.ts';
import { type ProcessInfo, startTime } from './process-table.ts';
import { spawnFailure } from './spawn-failure.ts';
import { StderrTail } from './stderr-tail.ts';

/** How to start an agent CLI. */
export interface ProcessSpec {
  command: string;
  args: readonly string[];
  cwd: string;
  /** The whole environment of the child; nothing is inherited beside it. Undefined values are left out. */
  env: Readonly<Record<string, string | undefined>>;
  /** Value of {@link OWNER_VARIABLE}; unique per child, so that its tools are found even after it died. */
  marker: string;
  /** Called with each line of stderr, for debug logs; not redacted. */
  onStderrLine?: (line: string) => void;
  /** Kept end of stderr in bytes. @default 8192 */
  stderrTailBytes?: number;
  /** Input bytes that may wait unread before a write is refused. @default 64 MiB */
  maxPendingInputBytes?: number;
  /** How long after the exit a silent pipe held open by a grandchild is waited for. @default 100 */
  drainMs?: number;
}

/** How a child ended. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr; not redacted. */
  stderrTail: string;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** A pipe that still moves after the exit (a grandchild writing for ever) is cut after this long. */
const MAX_DRAIN_MS = 2_000;

/**
 * Starts a child; resolves when the program runs. Rejects with an `AppError`
 * (`process.not_found`, `process.cwd_missing`, `process.not_allowed`,
 * `process.too_long`, `process.spawn_failed`).
 */
export async function startProcess(spec: ProcessSpec): Promise<OwnedProcess> {
  const child = await spawnChild(spec);
  const started = new OwnedProcess(child, spec);
  await started.identify();
  return started;
}

async function spawnChild(spec: ProcessSpec): Promise<Child> {
  const env: Record<string, string> = { [OWNER_VARIABLE]: spec.marker };
  for (const [name, value] of Object.entries(spec.env)) {
    if (value !== undefined && name !== OWNER_VARIABLE) env[name] = value;
  }
  try {
    const child = spawn(spec.command, [...spec.args], {
      cwd: spec.cwd,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own on POSIX; on Windows it would open a console window instead.
      detached: process.platform !== 'win32',
      windowsHide: true,
    }) as Child;
    if (child.pid === undefined) throw await new Promise<Error>((resolve) => child.once('error', resolve));
    return child;
  } catch (error) {
    throw await spawnFailure(spec, error as NodeJS.ErrnoException);
  }
}

/**
 * An agent CLI as a child in its own process group, with exactly one owner,
 * who must call {@link OwnedProcess.close} in the end, also after the child
 * exited by itself: only that ends the tools it left behind.
 */
export class OwnedProcess {
  readonly pid: number;
  readonly marker: string;
  /** Raw output for one reader. Ends soon after the exit even when a grandchild holds the pipe. */
  readonly stdout: AsyncIterable<Buffer>;
  /** Resolves when the child has exited and its output is taken in; never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly #ended: Promise<void>;
  readonly #input: InputWriter;
  readonly #hurry = new AbortController();
  #startTime: string | undefined;
  #hasEnded = false;
  #closing: Promise<CloseReport> | undefined;

  constructor(child: Child, spec: ProcessSpec) {
    this.pid = child.pid ?? 0;
    this.marker = spec.marker;
    this.#input = new InputWriter(child.stdin, spec.maxPendingInputBytes ?? 64 * 1024 * 1024);
    const stdout = new OutputQueue(child.stdout);
    this.stdout = stdout;
    const tail = new StderrTail(spec.stderrTailBytes ?? 8192, spec.onStderrLine);
    const stderr = new Promise<void>((resolve) => child.stderr.once('close', resolve));
    child.stderr.on('data', (chunk: Buffer) => tail.push(chunk));
    child.stderr.on('error', () => child.stderr.destroy());
    // Without a listener a later failure (a kill that is refused) would take the daemon down.
    child.on('error', () => undefined);
    const exit = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once('exit', (code, signal) => {
        this.#hasEnded = true;
        resolve({ code, signal });
      });
    });
    this.#ended = exit.then(() => undefined);
    this.exited = exit.then(async ({ code, signal }) => {
      this.#input.destroy();
      await drain(stdout, spec.drainMs ?? 100);
      await Promise.race([stderr, sleep(spec.drainMs ?? 100, undefined, { ref: false })]);
      child.stderr.destroy();
      tail.end();
      return { code, signal, stderrTail: tail.toString() };
    });
  }

  /** Reads the start time; part of {@link startProcess}. */
  async identify(): Promise<void> {
    this.#startTime = await startTime(this.pid);
  }

  /** What to store so that a later run of the daemon can find this child and its tools. */
  get record(): ChildRecord {
    return { pid: this.pid, startTime: this.#startTime, marker: this.marker };
  }

  get hasExited(): boolean {
    return this.#hasEnded;
  }

  /**
   * Writes to stdin, in order; resolves when the pipe has room again. Rejects
   * `process.input_closed`, or `process.input_full` when too much waits unread.
   */
  write(data: string | Buffer): Promise<void> {
    return this.#input.write(data);
  }

  /** Ends stdin after what was written. */
  endInput(): void {
    this.#input.end();
  }

  /** The living processes that stem from this child, without itself: what a person should hear about before they end. */
  async tools(): Promise<ProcessInfo[]> {
    return (await kin(this.record)).filter((info) => info.pid !== this.pid);
  }

  /**
   * Ends the child and everything that stems from it (see {@link climbDown}).
   * Further calls join the first; an aborted `signal` of any call skips the
   * remaining waiting. Never rejects for a process that is gone.
   */
  close(ladder: CloseLadder = {}, signal?: AbortSignal): Promise<CloseReport> {
    const hurry = () => this.#hurry.abort();
    if (signal?.aborted) hurry();
    else signal?.addEventListener('abort', hurry, { once: true });
    this.#closing ??= climbDown(
      {
        record: this.record,
        ended: this.#ended,
        hasEnded: () => this.#hasEnded,
        exited: this.exited,
        endInput: () => this.endInput(),
      },
      ladder,
      this.#hurry.signal,
    );
    return this.#closing.finally(() => signal?.removeEventListener('abort', hurry));
  }
}

/** Takes in what an exited child left in its pipe; ends at the pipe's end, or when it is silent but held open. */
async function drain(stdout: OutputQueue, quietMs: number): Promise<void> {
  stdout.unbind();
  const end = performance.now() + MAX_DRAIN_MS;
  while (!stdout.ended && performance.now() < end) {
    const before = stdout.progress;
    await Promise.race([stdout.finished, sleep(quietMs)]);
    // A busy loop may run the timer before it has read the pipe: look once more after reading.
    await nextTurn();
    await nextTurn();
    if (stdout.progress === before) break;
  }
  stdout.forceEnd();
}
