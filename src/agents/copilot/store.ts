import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentStore, NativeSession, PromptOutcome } from '../../core/agent.ts';
import type { NativeId } from '../../core/ids.ts';
import { headLines, tailLines } from '../../kit/jsonl-file.ts';
import type { JournalEntry, PromptJournal } from '../../kit/prompt-journal.ts';
import { outcomeByJournal } from '../../kit/prompt-outcome.ts';
import { isSameFolder } from '../../kit/same-folder.ts';
import { promptIn, promptOutcome, readHistory } from './event-lines.ts';
import {
  allSessions,
  type Env,
  readWorkspace,
  type SessionFolder,
  sessionFolder,
} from './session-folders.ts';

/** Holds the long prompt of the vendor's at the beginning and the first message. */
const HEAD_BYTES = 256 * 1024;
const HISTORY_BYTES = 8 * 1024 * 1024;
/** Beyond this a prompt's fate is reported as unknown. */
const OUTCOME_BYTES = 64 * 1024 * 1024;
/** Conversations that are looked at to list those of one folder. */
const LOOKED_AT = 400;

/** Copilot's conversations on disk. */
export function sessionStore(env: Env, journal: PromptJournal): AgentStore {
  return {
    list: (workDir, limit) => list(env, workDir, limit),
    has: async (workDir, id) => (await ownSession(env, workDir, id)) !== undefined,
    history: async (workDir, id, entries) => {
      const found = await ownSession(env, workDir, id);
      if (found === undefined || entries <= 0) return [];
      const enough = (seen: Parameters<typeof readHistory>[0]) => readHistory(seen).length > entries;
      const { lines } = await tailLines(eventsOf(found), HISTORY_BYTES, enough);
      return readHistory(lines).slice(-entries);
    },
    outcome: (_workDir, id, prompt) =>
      // The journal knows which conversation a prompt was handed to, and its text; the events do not know our ids.
      outcomeByJournal(journal, id, prompt, async (entry) => {
        const folder = await sessionFolder(env, entry.session ?? '');
        return folder && { outcome: await outcomeIn(folder, entry), nativeId: folder.id };
      }),
    remove: async (workDir, id) => {
      const found = await ownSession(env, workDir, id);
      if (found === undefined) return false;
      await rm(found.path, { recursive: true });
      return true;
    },
  };
}

async function list(env: Env, workDir: string, limit: number): Promise<readonly NativeSession[]> {
  const sessions: NativeSession[] = [];
  for (const folder of (await allSessions(env)).slice(0, LOOKED_AT)) {
    if (sessions.length >= limit) break;
    const { cwd, name } = await readWorkspace(folder);
    if (cwd === undefined || !(await isSameFolder(cwd, workDir))) continue;
    const title = name ?? readHistory(await headLines(eventsOf(folder), HEAD_BYTES))[0]?.text;
    if (title !== undefined) sessions.push({ id: folder.id, title, updatedAt: folder.updatedAt });
  }
  return sessions;
}

async function outcomeIn(folder: SessionFolder, entry: JournalEntry): Promise<PromptOutcome> {
  const isThere = (seen: Parameters<typeof promptIn>[0]) => promptIn(seen, entry) >= 0;
  const { lines, complete } = await tailLines(eventsOf(folder), OUTCOME_BYTES, isThere);
  return isThere(lines) ? promptOutcome(lines, entry) : { state: complete ? 'absent' : 'unknown' };
}

/** A conversation of this folder. */
async function ownSession(env: Env, workDir: string, id: NativeId): Promise<SessionFolder | undefined> {
  const folder = await sessionFolder(env, id);
  if (folder === undefined) return undefined;
  const { cwd } = await readWorkspace(folder);
  return cwd !== undefined && (await isSameFolder(cwd, workDir)) ? folder : undefined;
}

function eventsOf(folder: SessionFolder): string {
  return join(folder.path, 'events.jsonl');
}
