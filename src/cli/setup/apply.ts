import { realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import type { DaemonStatus, ReloadResult } from '../../servers/local/backend.ts';
import { callDaemon } from '../client.ts';
import type { Io } from '../io.ts';
import { ownName } from '../own-name.ts';
import type { Place } from './place.ts';

const answerMs = 5_000;
const connectMs = 20_000;
const lookEachMs = 250;

/** Lets a running daemon take up the changed config and waits until the platform is connected; else says how to start. */
export async function applyChange(place: Place, type: string, io: Io): Promise<void> {
  const running = await statusOf(place);
  if (!running) return io.out(`Start it with: ${ownName(io)}`);
  if (!(await sameFile(running.configFile, place.file)))
    return io.out(
      `The running cc-connect uses ${running.configFile}; restart it with this file to apply the change.`,
    );
  const result = (await callDaemon(place.dataDir, 'POST', '/reload')) as ReloadResult;
  for (const line of result.applied) io.out(`  ${line}`);
  for (const note of result.notes) io.out(`  note: ${note}`);
  io.out(await connected(place, type));
}

async function statusOf(place: Place): Promise<DaemonStatus | undefined> {
  try {
    return (await callDaemon(place.dataDir, 'GET', '/status', undefined, answerMs)) as DaemonStatus;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_running') return undefined;
    throw error;
  }
}

/** What became of the connection. */
async function connected(place: Place, type: string): Promise<string> {
  const end = performance.now() + connectMs;
  for (;;) {
    const status = await statusOf(place);
    const project = status?.projects.find(({ name }) => name === place.project);
    const found = project?.platforms.filter((platform) => platform.type === type) ?? [];
    const denied = found.find(({ state }) => state === 'denied');
    if (denied) return `The running cc-connect was refused: ${denied.detail ?? 'no reason given'}`;
    if (found.length > 0 && found.every(({ state }) => state === 'ready'))
      return 'The running cc-connect is connected.';
    if (performance.now() > end)
      return `The running cc-connect has the new settings${project?.problem ? ` (${project.problem})` : ', but is not connected yet'}; see "cc-connect status".`;
    await sleep(lookEachMs);
  }
}

async function sameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => realpath(path).catch(() => path)));
  return one === other;
}
