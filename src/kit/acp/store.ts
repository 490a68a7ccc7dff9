import type { AgentStore, HistoryEntry, NativeSession } from '../../core/agent.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import type { Brief } from './agent.ts';
import type { AcpConnection } from './connection.ts';
import { Past } from './past.ts';
import { records, text } from './wire.ts';

type Briefly = <T>(use: (brief: Brief, signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Pages of `session/list` that are asked for at most. */
const MAX_PAGES = 20;

/** The agent's own conversations, by asking it: the protocol knows no files. */
export class AcpStore implements AgentStore {
  readonly #briefly: Briefly;
  readonly #harmlessLoad: boolean;

  /** @param harmlessLoad loading changes nothing, so histories can be shown by it */
  constructor(briefly: Briefly, harmlessLoad: boolean) {
    this.#briefly = briefly;
    this.#harmlessLoad = harmlessLoad;
  }

  list(workDir: string, limit: number): Promise<readonly NativeSession[]> {
    return this.#briefly(async ({ connection, handshake }, signal) =>
      handshake.facts.list ? listAll(connection, workDir, limit, signal) : [],
    );
  }

  /** Opening tells it better, and without a process of its own. */
  async has(): Promise<boolean> {
    return true;
  }

  /** The protocol tells history only by loading a conversation, which changes it with some agents. */
  async history(workDir: string, id: NativeId, entries: number): Promise<readonly HistoryEntry[]> {
    if (!this.#harmlessLoad) return [];
    return this.#briefly(async ({ session, handshake }, signal) => {
      if (!handshake.facts.load) return [];
      const past = new Past();
      session.onPast = (update) => past.add(update);
      await handshake.load(id, { workDir }, () => session.lastUpdateAt, signal);
      return past.entries.slice(-entries);
    });
  }

  remove(_workDir: string, id: NativeId): Promise<boolean> {
    return this.#briefly(async ({ connection, handshake }, signal) => {
      if (!handshake.facts.remove) return false;
      await connection.request('session/delete', { sessionId: id }, signal);
      return true;
    });
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
