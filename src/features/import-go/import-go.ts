import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionId, TurnId } from '../../core/ids.ts';
import { asId } from '../../core/ids.ts';
import type { Queries } from '../../store/queries.ts';
import type { Store } from '../../store/store.ts';
import { goLeftovers } from './go-leftovers.ts';
import { type GoProject, projectOfFile, readGoSessions } from './go-sessions.ts';

export interface ImportReport {
  readonly sessions: number;
  readonly messages: number;
  /** What was left out and why, one line each. */
  readonly skipped: readonly string[];
  /** Files of other kinds that are there and are not taken over, and what follows, one line each. */
  readonly untouched: readonly string[];
}

/**
 * Takes over the sessions of the Go cc-connect from the same data directory; its files are only read. Doing it again
 * adds what is new and nothing twice.
 */
export async function importGo(
  dataDir: string,
  projects: readonly GoProject[],
  store: Store,
  queries: Queries,
): Promise<ImportReport> {
  const folder = join(dataDir, 'sessions');
  const skipped: string[] = [];
  let sessions = 0;
  let messages = 0;
  for (const file of (await readdir(folder).catch(() => [])).sort()) {
    if (!file.endsWith('.json')) continue;
    const project = projectOfFile(file, projects);
    if (!project) {
      skipped.push(`${file}: belongs to no configured project`);
      continue;
    }
    const snapshot = parse(await readFile(join(folder, file), 'utf8'));
    if (snapshot === undefined) {
      skipped.push(`${file}: is not JSON`);
      continue;
    }
    const known = queries.sessionsOfProject(asId(project.name));
    const ids = new Set<SessionId>(known.map((row) => row.id));
    const taken = new Set<string>(known.filter((row) => row.active).map((row) => row.sessionKey));
    const fresh = readGoSessions(snapshot, file, project, taken).filter(({ row }) => !ids.has(row.id));
    const noTurn: TurnId | null = null;
    const history = fresh.flatMap((one) =>
      one.history.map((entry) => ({ ...entry, sessionId: one.row.id, turnId: noTurn })),
    );
    sessions += await store.commit('importRows', { sessions: fresh.map(({ row }) => row), history });
    messages += history.length;
  }
  return { sessions, messages, skipped, untouched: await goLeftovers(dataDir) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller names the file
  }
}
