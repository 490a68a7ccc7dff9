import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AgentStore, HistoryEntry, NativeSession, PromptOutcome } from '../../core/agent.ts';
import { asId, type NativeId, type PromptId } from '../../core/ids.ts';
import { headLines, tailLines } from '../../kit/jsonl-file.ts';
import { readHistory, readTitle } from './history.ts';
import { projectDirs } from './project-dir.ts';
import { promptIn, promptOutcome } from './prompt-outcome.ts';
import { type Line, text } from './wire.ts';

const HEAD_BYTES = 64 * 1024;
const TITLE_TAIL_BYTES = 64 * 1024;
/** A long conversation is mostly tool output: this holds hundreds of messages. */
const HISTORY_BYTES = 8 * 1024 * 1024;
/** Beyond this a prompt's fate is reported as unknown; a turn of this size is not to be expected. */
const OUTCOME_BYTES = 64 * 1024 * 1024;
/** Conversations searched for a prompt; more are not written to within one start of the daemon. */
const SEARCHED = 50;
/** The first prompt of a conversation is not far from its end. */
const SEARCH_BYTES = 4 * 1024 * 1024;
const STAT_WIDTH = 32;

type Env = Readonly<Record<string, string | undefined>>;

/** The conversations under `~/.claude/projects`. `env` tells where that is. */
export function transcriptStore(env: Env): AgentStore {
  return {
    list: (workDir, limit) => list(env, workDir, limit),
    has: async (workDir, id) => (await transcriptOf(env, workDir, id)) !== undefined,
    history: (workDir, id, entries) => history(env, workDir, id, entries),
    outcome: async (workDir, id, prompt) => {
      if (id === undefined) return searchOutcome(env, workDir, prompt);
      const path = await transcriptOf(env, workDir, id);
      // A conversation is on disk before anything of its first answer is; without it the prompt never arrived.
      return path === undefined ? { state: 'absent' } : outcomeIn(path, prompt, OUTCOME_BYTES);
    },
    remove: async (workDir, id) => {
      const path = await transcriptOf(env, workDir, id);
      if (path === undefined) return false;
      await rm(path);
      await rm(path.slice(0, -'.jsonl'.length), { recursive: true, force: true });
      return true;
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
  const found = (await transcripts(env, workDir)).slice(0, SEARCHED);
  for (const { path } of found) {
    const outcome = await outcomeIn(path, prompt, SEARCH_BYTES);
    const named = outcome.state === 'ended' || outcome.state === 'open';
    if (named && (await isFrom(await headLines(path, HEAD_BYTES), workDir)))
      return { ...outcome, nativeId: idOf(path) };
  }
  return { state: 'absent' };
}

async function history(
  env: Env,
  workDir: string,
  id: NativeId,
  entries: number,
): Promise<readonly HistoryEntry[]> {
  const path = await transcriptOf(env, workDir, id);
  if (path === undefined) return [];
  const enough = (lines: readonly Line[]) => readHistory(lines).length > entries;
  const { lines } = await tailLines(path, HISTORY_BYTES, enough);
  return readHistory(lines).slice(-entries);
}

/** All of a directory's, the newest first. */
async function transcripts(env: Env, workDir: string): Promise<{ path: string; updatedAt: number }[]> {
  const found: { path: string; updatedAt: number }[] = [];
  for (const dir of await projectDirs(env, workDir)) {
    const names = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith('.jsonl'));
    for (let at = 0; at < names.length; at += STAT_WIDTH) {
      const slice = names.slice(at, at + STAT_WIDTH).map(async (name) => {
        const path = join(dir, name);
        const info = await stat(path).catch(() => undefined);
        if (info?.isFile()) found.push({ path, updatedAt: info.mtimeMs });
      });
      await Promise.all(slice);
    }
  }
  return found.sort((a, b) => b.updatedAt - a.updatedAt);
}

async function list(env: Env, workDir: string, limit: number): Promise<readonly NativeSession[]> {
  const sessions: NativeSession[] = [];
  for (const { path, updatedAt } of await transcripts(env, workDir)) {
    if (sessions.length >= limit) break;
    const title = await titleOf(path, workDir);
    if (title !== undefined) sessions.push({ id: idOf(path), title, updatedAt });
  }
  return sessions;
}

/** Undefined for a conversation without a word of a person's, or one of another directory. */
async function titleOf(path: string, workDir: string): Promise<string | undefined> {
  const head = await headLines(path, HEAD_BYTES);
  if (!(await isFrom(head, workDir))) return undefined;
  const title = readTitle(head);
  if (title !== undefined) return title;
  const { lines } = await tailLines(path, TITLE_TAIL_BYTES, () => false);
  const last = lines.findLast((line) => line.type === 'last-prompt');
  return last === undefined ? undefined : text(last, 'lastPrompt');
}

/** The path of a conversation in this directory. */
async function transcriptOf(env: Env, workDir: string, id: NativeId): Promise<string | undefined> {
  if (!/^[\w-]+$/.test(id)) return undefined;
  for (const dir of await projectDirs(env, workDir)) {
    const path = join(dir, `${id}.jsonl`);
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() && (await isFrom(await headLines(path, HEAD_BYTES), workDir))) return path;
  }
  return undefined;
}

/** Two directories can share a folder; a transcript that names no directory is given the benefit of the doubt. */
async function isFrom(head: readonly Line[], workDir: string): Promise<boolean> {
  const cwd = head.map((line) => text(line, 'cwd')).find((found) => found !== undefined);
  if (cwd === undefined || cwd === workDir) return true;
  const [here, there] = await Promise.all(
    [stat(workDir), stat(cwd)].map((info) => info.catch(() => undefined)),
  );
  return here !== undefined && there !== undefined && here.ino === there.ino && here.dev === there.dev;
}

function idOf(path: string): NativeId {
  return asId(basename(path, '.jsonl'));
}
