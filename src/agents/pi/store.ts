import { unlink } from 'node:fs/promises';
import type { AgentStore, HistoryEntry, NativeSession, PromptOutcome } from '../../core/agent.ts';
import type { NativeId, PromptId } from '../../core/ids.ts';
import { text, type Wire } from '../../kit/acp/wire.ts';
import { headLines, tailLines } from '../../kit/jsonl-file.ts';
import { isSameFolder } from '../../kit/same-folder.ts';
import { type Env, findSession, newestSessions, type SessionFile, sessionFolder } from './session-files.ts';
import { promptIn, promptOutcome, readHistory, readName, readTitle } from './session-lines.ts';

/** Holds the header and the first prompt. */
const HEAD_BYTES = 256 * 1024;
/** A name is given at any time; one given long ago in a long conversation is not worth reading all of it. */
const NAME_BYTES = 64 * 1024;
const HISTORY_BYTES = 8 * 1024 * 1024;
/** Beyond this a prompt's fate is reported as unknown; a turn of this size is not to be expected. */
const OUTCOME_BYTES = 64 * 1024 * 1024;
/** Conversations that are looked at to list those of one folder. */
const LOOKED_AT = 400;
/** Conversations searched for a prompt; more are not written to within one start of the daemon. */
const SEARCHED = 50;
const SEARCH_BYTES = 4 * 1024 * 1024;

/** pi's conversations on disk. A file is written with the first answer of the model, not before. */
export function sessionStore(env: Env): AgentStore {
  return {
    list: (workDir, limit) => list(env, workDir, limit),
    has: async (workDir, id) => (await sessionIn(env, workDir, id)) !== undefined,
    history: async (workDir, id, entries) => history(await sessionIn(env, workDir, id), entries),
    outcome: async (workDir, id, prompt) => {
      if (id === undefined) return searchOutcome(env, workDir, prompt);
      const found = await sessionIn(env, workDir, id);
      return found === undefined ? { state: 'absent' } : outcomeIn(found.path, prompt, OUTCOME_BYTES);
    },
    remove: async (workDir, id) => {
      const found = await sessionIn(env, workDir, id);
      if (found === undefined) return false;
      await unlink(found.path);
      return true;
    },
  };
}

/** The file of a conversation of this folder. */
export async function sessionIn(env: Env, workDir: string, id: NativeId): Promise<SessionFile | undefined> {
  const found = await findSession(await sessionFolder(env, workDir), id);
  if (found === undefined) return undefined;
  return (await beginning(found.path, workDir)) === undefined ? undefined : found;
}

async function list(env: Env, workDir: string, limit: number): Promise<readonly NativeSession[]> {
  const sessions: NativeSession[] = [];
  for (const { id, path, updatedAt } of await newestSessions(await sessionFolder(env, workDir), LOOKED_AT)) {
    if (sessions.length >= limit) break;
    const head = await beginning(path, workDir);
    if (head === undefined) continue;
    const { lines } = await tailLines(path, NAME_BYTES, () => false);
    const title = readName(lines) ?? readName(head) ?? readTitle(head);
    if (title !== undefined) sessions.push({ id, title, updatedAt });
  }
  return sessions;
}

async function history(found: SessionFile | undefined, entries: number): Promise<readonly HistoryEntry[]> {
  if (found === undefined || entries <= 0) return [];
  const { lines } = await tailLines(found.path, HISTORY_BYTES, (seen) => readHistory(seen).length > entries);
  return readHistory(lines).slice(-entries);
}

async function outcomeIn(path: string, prompt: PromptId, bytes: number): Promise<PromptOutcome> {
  const { lines, complete } = await tailLines(path, bytes, (seen) => promptIn(seen, prompt) >= 0);
  if (promptIn(lines, prompt) < 0) return { state: complete ? 'absent' : 'unknown' };
  return promptOutcome(lines, prompt);
}

/** For a prompt whose conversation nobody had learnt the id of: it is in one of those written to last, if anywhere. */
async function searchOutcome(env: Env, workDir: string, prompt: PromptId): Promise<PromptOutcome> {
  const folder = await sessionFolder(env, workDir);
  for (const { id, path } of (await newestSessions(folder, LOOKED_AT)).slice(0, SEARCHED)) {
    const outcome = await outcomeIn(path, prompt, SEARCH_BYTES);
    const named = outcome.state === 'ended' || outcome.state === 'open';
    if (named && (await beginning(path, workDir)) !== undefined) return { ...outcome, nativeId: id };
  }
  return { state: 'absent' };
}

/** The first lines of a conversation of this folder; undefined for those of others. */
async function beginning(path: string, workDir: string): Promise<readonly Wire[] | undefined> {
  const head = await headLines(path, HEAD_BYTES);
  const cwd = text(head.find((line) => line.type === 'session')?.cwd);
  return cwd !== undefined && (await isSameFolder(cwd, workDir)) ? head : undefined;
}
