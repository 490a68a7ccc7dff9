import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentStore, HistoryEntry, NativeSession } from '../../core/agent.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import { headLines, tailLines } from '../../kit/jsonl-file.ts';
import type { PromptJournal } from '../../kit/prompt-journal.ts';
import { outcomeByJournal } from '../../kit/prompt-outcome.ts';
import { type ChatFile, chatFiles, nameEnd, projectFolder } from './chats.ts';
import { outcomeIn } from './prompt-outcome.ts';
import { Transcript } from './transcript.ts';

const HEAD = 256 * 1024;
const MAX_HISTORY = 8 * 1024 * 1024;
const MAX_TITLE = 120;

/** The conversations that the CLI keeps below `gemini` (`~/.gemini`). */
export function chatStore(gemini: string, journal: PromptJournal): AgentStore {
  return {
    list: (workDir, limit) => list(gemini, workDir, limit),
    has: async (workDir, id) => (await chatOf(gemini, workDir, id)) !== undefined,
    history: (workDir, id, entries) => history(gemini, workDir, id, entries),
    outcome: (workDir, id, prompt) =>
      outcomeByJournal(journal, id, prompt, async (entry) => {
        const project = await projectFolder(gemini, workDir);
        const sessionOf = async (file: ChatFile) => (await head(file)).sessionId;
        return project === undefined ? undefined : outcomeIn(project, entry, sessionOf);
      }),
    remove: (workDir, id) => remove(gemini, workDir, id),
  };
}

/** A resumed conversation may leave empty files of its id behind. */
async function list(gemini: string, workDir: string, limit: number): Promise<readonly NativeSession[]> {
  const project = await projectFolder(gemini, workDir);
  if (project === undefined) return [];
  const found = new Map<string, NativeSession>();
  for (const file of await chatFiles(project)) {
    if (found.size >= limit) break;
    const chat = await head(file);
    const [first] = chat.entries;
    if (chat.sessionId === undefined || chat.isHelper || first === undefined || found.has(chat.sessionId))
      continue;
    const title = (await summaryOf(file)) ?? first.text;
    found.set(chat.sessionId, {
      id: asId<NativeId>(chat.sessionId),
      title: oneLine(title),
      updatedAt: file.modified,
    });
  }
  return [...found.values()];
}

async function history(
  gemini: string,
  workDir: string,
  id: NativeId,
  entries: number,
): Promise<readonly HistoryEntry[]> {
  const file = await chatOf(gemini, workDir, id);
  if (file === undefined) return [];
  const { lines } = await tailLines(file.path, MAX_HISTORY, (read) => {
    return new Transcript(read).entries.length >= entries;
  });
  return new Transcript(lines).entries.slice(-entries);
}

/** Removes what the CLI itself removes for `--delete-session`. */
async function remove(gemini: string, workDir: string, id: NativeId): Promise<boolean> {
  const project = await projectFolder(gemini, workDir);
  // The id becomes part of paths.
  if (project === undefined || !/^[\w-]+$/.test(id)) return false;
  const own: ChatFile[] = [];
  for (const file of await chatFiles(project, nameEnd(id)))
    if ((await head(file)).sessionId === id) own.push(file);
  if (own.length === 0) return false;
  const beside = [
    join('logs', `session-${id}.jsonl`),
    join('tool-outputs', `session-${id}`),
    join('chats', id),
    id,
  ];
  for (const path of [...own.map((file) => file.path), ...beside.map((path) => join(project, path))])
    await rm(path, { recursive: true, force: true });
  return true;
}

/** The file of a conversation in which something was said. */
async function chatOf(gemini: string, workDir: string, id: NativeId): Promise<ChatFile | undefined> {
  const project = await projectFolder(gemini, workDir);
  if (project === undefined) return undefined;
  for (const file of await chatFiles(project, nameEnd(id))) {
    const chat = await head(file);
    if (chat.sessionId === id && chat.entries.length > 0) return file;
  }
  return undefined;
}

async function head(file: ChatFile): Promise<Transcript> {
  return new Transcript(await headLines(file.path, HEAD));
}

/** The title is written at the end of the file, when the CLI ends. */
async function summaryOf(file: ChatFile): Promise<string | undefined> {
  const { lines } = await tailLines(file.path, 64 * 1024, () => true);
  return new Transcript(lines).summary;
}

function oneLine(title: string): string {
  const line = title.replaceAll(/\s+/g, ' ').trim();
  return line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE)}…` : line;
}
