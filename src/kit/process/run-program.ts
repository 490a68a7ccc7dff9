import { AppError } from '../../core/errors.ts';
import { type ProcessExit, type ProcessSpec, startProcess } from './owned-process.ts';

/** How a program that is run for its output ended. */
export interface ProgramRun extends ProcessExit {
  /** What it wrote to stdout, at most `maxBytes` of it. */
  readonly stdout: string;
}

export interface RunOptions {
  /** Written to stdin, which then ends. @default '' */
  readonly input?: string;
  /** @default 20000 */
  readonly timeoutMs?: number;
  /** Output beyond this is read and forgotten. @default 16 MiB */
  readonly maxBytes?: number;
}

/**
 * Runs a program to its end, without input of a person, and leaves nothing of it behind. Rejects as
 * {@link startProcess} does, with `process.timeout`, and with the signal's reason.
 */
export async function runProgram(
  spec: ProcessSpec,
  signal: AbortSignal,
  options: RunOptions = {},
): Promise<ProgramRun> {
  signal.throwIfAborted();
  const child = await startProcess(spec);
  const late = AbortSignal.timeout(options.timeoutMs ?? 20_000);
  const abort = () => void child.close({ eofMs: 0, termMs: 0 }, AbortSignal.abort());
  const stop = AbortSignal.any([signal, late]);
  stop.addEventListener('abort', abort, { once: true });
  if (stop.aborted) abort();
  // A program that reads no input closes it; how it ends tells whether that was a failure.
  if (options.input !== undefined) await child.write(options.input).catch(() => undefined);
  child.endInput();
  const stdout = await collect(child.stdout, options.maxBytes ?? 16 * 1024 * 1024);
  const exit = await child.exited;
  stop.removeEventListener('abort', abort);
  await child.close({ eofMs: 0, termMs: 0 });
  signal.throwIfAborted();
  if (late.aborted) {
    throw new AppError('process.timeout', `"${[spec.command, ...spec.args].join(' ')}" did not end in time`, {
      kind: 'unavailable',
    });
  }
  return { ...exit, stdout };
}

async function collect(source: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    if (bytes < maxBytes) chunks.push(chunk.subarray(0, maxBytes - bytes));
    bytes += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8');
}
