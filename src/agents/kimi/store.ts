import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentStore, NativeSession, PromptOutcome } from '../../core/agent.ts';
import type { TurnOutcome } from '../../core/agent-event.ts';
import { asId, type NativeId, type PromptId } from '../../core/ids.ts';
import { text, type Wire } from '../../kit/acp/wire.ts';
import { headLines, tailLines } from '../../kit/jsonl-file.ts';
import type { JournalEntry, PromptJournal } from '../../kit/prompt-journal.ts';
import { outcomeByJournal } from '../../kit/prompt-outcome.ts';
import { isSameFolder } from '../../kit/same-folder.ts';
import { lastFailure, promptIn, promptOutcome, readHistory } from './wire-lines.ts';

export type Env = Readonly<Record<string, string | undefined>>;

interface Session {
  readonly id: NativeId;
  readonly workDir: string;
  /** The main agent's messages and turns. */
  readonly wire: string;
}

const INDEX_BYTES = 4 * 1024 * 1024;
const HEAD_BYTES = 512 * 1024;
const HISTORY_BYTES = 8 * 1024 * 1024;
/** Beyond this a prompt's fate is reported as unknown. */
const OUTCOME_BYTES = 64 * 1024 * 1024;
const TAIL_BYTES = 256 * 1024;
const MAX_TITLE = 80;
const FAILURE_TRIES = 15;
const FAILURE_PAUSE_MS = 100;

/** Kimi's conversations: `session_index.jsonl` names their folders, which hold `agents/main/wire.jsonl`. */
export class KimiStore implements AgentStore {
  readonly #env: Env;
  readonly #journal: PromptJournal | undefined;

  constructor(env: Env, journal: PromptJournal | undefined) {
    this.#env = env;
    this.#journal = journal;
  }

  async list(workDir: string, limit: number): Promise<readonly NativeSession[]> {
    const own: (Session & { readonly updatedAt: number })[] = [];
    for (const session of await this.#sessions()) {
      if (!(await isSameFolder(session.workDir, workDir))) continue;
      const info = await stat(session.wire).catch(() => undefined);
      if (info !== undefined) own.push({ ...session, updatedAt: info.mtimeMs });
    }
    own.sort((a, b) => b.updatedAt - a.updatedAt);
    const listed: NativeSession[] = [];
    for (const { id, wire, updatedAt } of own) {
      if (listed.length >= limit) break;
      const first = readHistory(await headLines(wire, HEAD_BYTES)).find(({ role }) => role === 'user');
      const title = first?.text.replace(/\s+/g, ' ').trim();
      if (title) listed.push({ id, title: title.slice(0, MAX_TITLE), updatedAt });
    }
    return listed;
  }

  async has(workDir: string, id: NativeId): Promise<boolean> {
    return (await this.#own(workDir, id)) !== undefined;
  }

  /** There is no conversation at all. */
  async isEmpty(): Promise<boolean> {
    return (await this.#sessions()).length === 0;
  }

  async history(workDir: string, id: NativeId, entries: number) {
    const session = await this.#own(workDir, id);
    if (session === undefined || entries <= 0) return [];
    const enough = (seen: readonly Wire[]) => readHistory(seen).length > entries;
    const { lines } = await tailLines(session.wire, HISTORY_BYTES, enough);
    return readHistory(lines).slice(-entries);
  }

  async outcome(_workDir: string, id: NativeId | undefined, prompt: PromptId): Promise<PromptOutcome> {
    if (this.#journal === undefined) return { state: 'unknown' };
    return outcomeByJournal(this.#journal, id, prompt, async (entry) => {
      const session = await this.#session(entry.session ?? '');
      return session && { outcome: await outcomeIn(session, entry), nativeId: session.id };
    });
  }

  /** Why the last turn of a conversation failed, if it did. Its end may be written a moment after it was told. */
  async failure(id: string): Promise<TurnOutcome | undefined> {
    for (let tries = 0; tries < FAILURE_TRIES; tries++) {
      if (tries > 0) await sleep(FAILURE_PAUSE_MS, undefined, { ref: false });
      const session = await this.#session(id);
      if (session === undefined) continue;
      const { lines } = await tailLines(session.wire, TAIL_BYTES, (seen) =>
        seen.some(({ type }) => type === 'turn.ended' || type === 'turn.prompt'),
      );
      const failure = lastFailure(lines);
      if (failure !== 'pending') return failure;
    }
    return undefined;
  }

  async #own(workDir: string, id: NativeId): Promise<Session | undefined> {
    const session = await this.#session(id);
    return session !== undefined && (await isSameFolder(session.workDir, workDir)) ? session : undefined;
  }

  async #session(id: string): Promise<Session | undefined> {
    const session = (await this.#sessions()).findLast((one) => one.id === id);
    const info = session === undefined ? undefined : await stat(session.wire).catch(() => undefined);
    return info?.isFile() ? session : undefined;
  }

  async #sessions(): Promise<Session[]> {
    const home = this.#env.KIMI_CODE_HOME || join(this.#env.HOME ?? homedir(), '.kimi-code');
    const { lines } = await tailLines(join(home, 'session_index.jsonl'), INDEX_BYTES, () => false);
    return lines.flatMap((line) => {
      const [id, folder, workDir] = [text(line.sessionId), text(line.sessionDir), text(line.workDir)];
      if (id === undefined || folder === undefined || workDir === undefined) return [];
      return [{ id: asId<NativeId>(id), workDir, wire: join(folder, 'agents', 'main', 'wire.jsonl') }];
    });
  }
}

async function outcomeIn(session: Session, entry: JournalEntry): Promise<PromptOutcome> {
  const isThere = (seen: readonly Wire[]) => promptIn(seen, entry) >= 0;
  const { lines, complete } = await tailLines(session.wire, OUTCOME_BYTES, isThere);
  return isThere(lines) ? promptOutcome(lines, entry) : { state: complete ? 'absent' : 'unknown' };
}
