import { setTimeout as sleep } from 'node:timers/promises';
import { killTree, leftovers } from '../kit/process/kill-tree.ts';
import type { ProcessRow } from '../store/rows.ts';
import { nameBackground } from './background-tasks.ts';
import { persist } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

const pollMs = 200;

/** An agent of an earlier life that finishes its turn without us gets a while to do so; then nothing of it is left running. */
export async function endLeftover(context: ProjectContext, row: ProcessRow): Promise<void> {
  const child = { pid: row.pid, startTime: row.startTime || undefined, marker: row.marker };
  const graceMs = row.finishesOnEof ? context.settings.restartGraceMs : 0;
  const until = performance.now() + graceMs;
  let alive = await leftovers(child);
  while (alive.length > 0 && performance.now() < until) {
    await sleep(pollMs);
    alive = await leftovers(child);
  }
  nameBackground(context, row);
  if (alive.length > 0) {
    const survivors = await killTree(child, { graceMs: 2000, known: alive });
    context.log.warn(
      { marker: row.marker, ended: alive.length, survivors: survivors.length },
      'leftover agent process ended',
    );
  }
  await persist(context, 'processEnded', { marker: row.marker });
}
