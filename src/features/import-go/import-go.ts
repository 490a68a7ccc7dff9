import { readFile } from 'node:fs/promises';
import type { SessionId, TurnId } from '../../core/ids.ts';
import { asId } from '../../core/ids.ts';
import type { Queries } from '../../store/queries.ts';
import { nameScope, type PreferenceRow } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { goFiles, knownFolders, parseJson } from './go-files.ts';
import { goLeftovers } from './go-leftovers.ts';
import { type GoNames, type GoProject, readGoNames, readGoSessions } from './go-sessions.ts';

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
  const skipped: string[] = [];
  let sessions = 0;
  let messages = 0;
  for (const file of await goFiles(dataDir, projects, await knownFolders(dataDir))) {
    const { project } = file;
    if (!project) {
      skipped.push(`${file.name}: belongs to no configured project`);
      continue;
    }
    const snapshot = parseJson(await readFile(file.path, 'utf8'));
    if (snapshot === undefined) {
      skipped.push(`${file.name}: is not JSON`);
      continue;
    }
    const known = queries.sessionsOfProject(asId(project.name));
    const ids = new Set<SessionId>(known.map((row) => row.id));
    const taken = new Set<string>(known.filter((row) => row.active).map((row) => row.sessionKey));
    // The Go version may have gone on in another file with the same conversation.
    const held = new Set(known.map((row) => `${row.sessionKey} ${row.nativeId}`));
    const fresh = readGoSessions(snapshot, file, project, taken).filter(
      ({ row }) => !ids.has(row.id) && !(row.nativeId && held.has(`${row.sessionKey} ${row.nativeId}`)),
    );
    const noTurn: TurnId | null = null;
    const history = fresh.flatMap((one) =>
      one.history.map((entry) => ({ ...entry, sessionId: one.row.id, turnId: noTurn })),
    );
    const preferences = readGoNames(snapshot).flatMap((names) => namesOf(project.name, names));
    const rows = fresh.map(({ row }) => row);
    sessions += await store.commit('importRows', { sessions: rows, history, preferences });
    messages += history.length;
  }
  return { sessions, messages, skipped, untouched: await goLeftovers(dataDir) };
}

function namesOf(project: string, { key, user, chat }: GoNames): PreferenceRow[] {
  return [
    { project, scope: nameScope(key), name: 'user', value: user },
    { project, scope: nameScope(key), name: 'chat', value: chat },
  ].filter(({ value }) => value !== '');
}
