import { join } from 'node:path';
import type { AgentStore, HistoryEntry, NativeSession, PromptOutcome } from '../../core/agent.ts';
import type { NativeId, PromptId } from '../../core/ids.ts';
import { record, text } from '../../kit/acp/wire.ts';
import { headLines, tailLines } from '../../kit/jsonl-file.ts';
import { isSameFolder } from '../../kit/same-folder.ts';
import { promptIn, promptOutcome } from './prompt-outcome.ts';
import { readHistory, readTitle } from './rollout-lines.ts';
import { allRollouts, codexHome, type Env, findRollout, type Rollout } from './rollouts.ts';

/** Holds the instructions at the beginning of a conversation and the first prompt after them. */
const HEAD_BYTES = 256 * 1024;
const INDEX_BYTES = 256 * 1024;
/** A long conversation is mostly tool output: this holds hundreds of messages. */
const HISTORY_BYTES = 8 * 1024 * 1024;
/** Beyond this a prompt's fate is reported as unknown; a turn of this size is not to be expected. */
const OUTCOME_BYTES = 64 * 1024 * 1024;
/** Conversations whose beginning is read to list those of one folder. */
const LOOKED_AT = 400;
/** Conversations searched for a prompt; more are not written to within one start of the daemon. */
const SEARCHED = 50;
const SEARCH_BYTES = 4 * 1024 * 1024;

/** The conversations under `$CODEX_HOME/sessions`. */
export function rolloutStore(env: Env): AgentStore {
  return {
    list: (workDir, limit) => list(env, workDir, limit),
    has: async (workDir, id) => (await rolloutIn(env, workDir, id)) !== undefined,
    history: async (workDir, id, entries) => history(await rolloutIn(env, workDir, id), entries),
    outcome: async (workDir, id, prompt) => {
      if (id === undefined) return searchOutcome(env, workDir, prompt);
      const found = await findRollout(env, id);
      // The file is there before the model is asked; without it the prompt never arrived.
      return found === undefined ? { state: 'absent' } : outcomeIn(found.path, prompt, OUTCOME_BYTES);
    },
  };
}

async function outcomeIn(path: string, prompt: PromptId, bytes: number): Promise<PromptOutcome> {
  const { lines, complete } = await tailLines(path, bytes, (seen) => promptIn(seen, prompt) >= 0);
  if (promptIn(lines, prompt) < 0) return { state: complete ? 'absent' : 'unknown' };
  return promptOutcome(lines, prompt);
}

/** For a prompt whose conversation nobody had learnt the id of: it is in one of those written to last, if anywhere. */
async function searchOutcome(env: Env, workDir: string, prompt: PromptId): Promise<PromptOutcome> {
  for (const { id, path } of (await allRollouts(env)).slice(0, SEARCHED)) {
    const outcome = await outcomeIn(path, prompt, SEARCH_BYTES);
    const named = outcome.state === 'ended' || outcome.state === 'open';
    if (named && (await beginning(path, workDir)) !== undefined) return { ...outcome, nativeId: id };
  }
  return { state: 'absent' };
}

async function history(found: Rollout | undefined, entries: number): Promise<readonly HistoryEntry[]> {
  if (found === undefined) return [];
  const { lines } = await tailLines(found.path, HISTORY_BYTES, (seen) => readHistory(seen).length > entries);
  return readHistory(lines).slice(-entries);
}

async function list(env: Env, workDir: string, limit: number): Promise<readonly NativeSession[]> {
  const names = await threadNames(env);
  const sessions: NativeSession[] = [];
  for (const { id, path, updatedAt } of (await allRollouts(env)).slice(0, LOOKED_AT)) {
    if (sessions.length >= limit) break;
    const head = await beginning(path, workDir);
    const title = head === undefined ? undefined : (names.get(id) ?? readTitle(head));
    if (title !== undefined) sessions.push({ id, title, updatedAt });
  }
  return sessions;
}

/** Names that people gave; the last line about a thread counts. */
async function threadNames(env: Env): Promise<ReadonlyMap<string, string>> {
  const { lines } = await tailLines(join(codexHome(env), 'session_index.jsonl'), INDEX_BYTES, () => false);
  return new Map(
    lines.flatMap((line) => {
      const [id, name] = [text(line.id), text(line.thread_name)];
      return id === undefined || !name ? [] : [[id, name] as const];
    }),
  );
}

async function rolloutIn(env: Env, workDir: string, id: NativeId): Promise<Rollout | undefined> {
  const found = await findRollout(env, id);
  return found !== undefined && (await beginning(found.path, workDir)) !== undefined ? found : undefined;
}

/** The first lines of a conversation of this folder; undefined for those of others and of sub-agents. */
async function beginning(path: string, workDir: string) {
  const head = await headLines(path, HEAD_BYTES);
  const meta = record(head.find((line) => line.type === 'session_meta')?.payload);
  // A sub-agent's source is an object that names its parent.
  if (meta.source !== undefined && typeof meta.source !== 'string') return undefined;
  const cwd = text(meta.cwd);
  return cwd !== undefined && (await isSameFolder(cwd, workDir)) ? head : undefined;
}
