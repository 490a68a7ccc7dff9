import type { AgentStore, HistoryEntry, NativeSession } from '../../core/agent.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import type { AcpConnection } from './connection.ts';
import type { AgentFacts } from './handshake.ts';
import { records, text } from './wire.ts';

type Briefly = <T>(
  use: (connection: AcpConnection, facts: AgentFacts, signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
) => Promise<T>;

const LIST_MS = 20_000;
/** Pages of `session/list` that are asked for at most. */
const MAX_PAGES = 20;

/** The agent's own conversations, by asking it: the protocol knows no files. */
export class AcpStore implements AgentStore {
  readonly #briefly: Briefly;

  constructor(briefly: Briefly) {
    this.#briefly = briefly;
  }

  list(workDir: string, limit: number): Promise<readonly NativeSession[]> {
    return this.#briefly(
      async (connection, facts, signal) =>
        facts.list ? await listAll(connection, workDir, limit, signal) : [],
      AbortSignal.timeout(LIST_MS),
    );
  }

  /** Agents that cannot list are trusted; opening falls back to a new conversation anyway. */
  has(workDir: string, id: NativeId): Promise<boolean> {
    return this.#briefly(async (connection, facts, signal) => {
      if (!facts.list) return facts.load || facts.resume;
      const sessions = await listAll(connection, workDir, Number.POSITIVE_INFINITY, signal);
      return sessions.some((session) => session.id === id);
    }, AbortSignal.timeout(LIST_MS));
  }

  /** The protocol tells history only by loading a conversation, which may change it; so there is none. */
  async history(): Promise<readonly HistoryEntry[]> {
    return [];
  }

  remove(_workDir: string, id: NativeId): Promise<boolean> {
    return this.#briefly(async (connection, facts, signal) => {
      if (!facts.remove) return false;
      await connection.request('session/delete', { sessionId: id }, signal);
      return true;
    }, AbortSignal.timeout(LIST_MS));
  }
}

async function listAll(
  connection: AcpConnection,
  workDir: string,
  limit: number,
  signal: AbortSignal,
): Promise<NativeSession[]> {
  const found: NativeSession[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES && found.length < limit; page++) {
    const params = cursor === undefined ? { cwd: workDir } : { cwd: workDir, cursor };
    const reply = await connection.request('session/list', params, signal);
    for (const session of records(reply.sessions)) {
      const id = text(session.sessionId);
      const cwd = text(session.cwd);
      if (id === undefined || (cwd !== undefined && cwd !== workDir)) continue;
      const updatedAt = Date.parse(text(session.updatedAt) ?? '') || 0;
      found.push({ id: asId<NativeId>(id), title: text(session.title) ?? '', updatedAt });
    }
    cursor = text(reply.nextCursor);
    if (cursor === undefined) break;
  }
  found.sort((a, b) => b.updatedAt - a.updatedAt);
  return found.slice(0, Math.min(limit, found.length));
}
