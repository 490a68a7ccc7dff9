import type { AgentEventBody } from '../../core/agent-event.ts';
import { LineSplitter, readNdjson } from '../ndjson.ts';
import type { OwnedProcess } from '../process/owned-process.ts';
import type { TurnProcessSpec } from './spec.ts';

export interface OutputSink {
  /** A promise makes reading wait for it. */
  onEvents(bodies: readonly AgentEventBody[]): Promise<void> | undefined;
  onBad(line: string): void;
  onSkipped(bytes: number): void;
}

/** Reads a turn's output to its end, from stdout or from where the agent really writes it. */
export async function readOutput(
  { reader, output, readsStdout }: Pick<TurnProcessSpec, 'reader' | 'output' | 'readsStdout'>,
  child: OwnedProcess,
  sink: OutputSink,
): Promise<void> {
  const source =
    output?.({ stdout: child.stdout, ended: child.exited, startedAt: Date.now() }) ?? child.stdout;
  const ignored = output === undefined || readsStdout === true ? undefined : drain(child.stdout);
  if (reader.format === 'json') {
    await readNdjson(source, (line) => sink.onEvents(reader.read(line)), sink);
  } else {
    await readText(source, (line) => sink.onEvents(reader.read(line)), sink);
  }
  await ignored;
}

async function readText(
  source: AsyncIterable<Buffer>,
  onLine: (line: string) => Promise<void> | undefined,
  sink: OutputSink,
): Promise<void> {
  const lines = new LineSplitter({ onSkipped: sink.onSkipped });
  for await (const chunk of source) for (const line of lines.push(chunk)) await onLine(line);
  const last = lines.end();
  if (last !== undefined) await onLine(last);
}

/** Otherwise the program would stand still at a full pipe. */
async function drain(stdout: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of stdout);
}
