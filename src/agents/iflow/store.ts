import { rm } from 'node:fs/promises';
import type { AgentStore } from '../../core/agent.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import { headLines, tailLines } from '../../kit/jsonl-file.ts';
import { historyOf } from './lines.ts';
import { transcriptFolder, transcripts } from './transcripts.ts';

const HEAD_BYTES = 256 * 1024;
const HISTORY_BYTES = 8 * 1024 * 1024;
const TITLE_CHARS = 60;

/** The conversations of a working directory, by their transcripts; head and tail only. */
export function transcriptStore(env: Readonly<Record<string, string | undefined>>): AgentStore {
  const all = async (workDir: string) => transcripts(await transcriptFolder(env, workDir));
  const find = async (workDir: string, id: NativeId) => (await all(workDir)).find((one) => one.id === id);
  return {
    list: async (workDir, limit) =>
      Promise.all(
        (await all(workDir)).slice(0, limit).map(async ({ id, path, updatedAt }) => {
          const first = historyOf(await headLines(path, HEAD_BYTES)).find(({ role }) => role === 'user');
          const title = [...(first?.text.split('\n')[0] ?? id)].slice(0, TITLE_CHARS).join('');
          return { id: asId<NativeId>(id), title, updatedAt };
        }),
      ),
    has: async (workDir, id) => (await find(workDir, id)) !== undefined,
    history: async (workDir, id, entries) => {
      const found = await find(workDir, id);
      if (found === undefined) return [];
      const { lines } = await tailLines(
        found.path,
        HISTORY_BYTES,
        (seen) => historyOf(seen).length > entries,
      );
      return historyOf(lines).slice(-entries);
    },
    remove: async (workDir, id) => {
      const found = await find(workDir, id);
      if (found !== undefined) await rm(found.path);
      return found !== undefined;
    },
  };
}
