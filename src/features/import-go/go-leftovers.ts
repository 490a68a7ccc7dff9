import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonFiles, parseJson } from './go-files.ts';

/** Files of the Go cc-connect that nothing here takes over, and what that means to who used them. */
const files: readonly (readonly [file: string, meaning: string])[] = [
  ['crons/jobs.json', 'its scheduled prompts and commands do not run in this version'],
  ['timers/jobs.json', 'its timers do not go off in this version'],
  ['relay_bindings.json', 'bots are not bound to each other in this version'],
  ['workspace_bindings.json', 'chats are not bound to workspaces in this version'],
  ['heartbeat_state.json', 'there is no heartbeat in this version'],
  ['dir_history.json', 'the history of /dir is not used in this version'],
];

/** What is there and stays as it is, one line each. */
export async function goLeftovers(dataDir: string): Promise<readonly string[]> {
  const found = await Promise.all(
    files.map(async ([file, meaning]) => {
      const isThere = await access(join(dataDir, file)).then(
        () => true,
        () => false,
      );
      return isThere ? [`${file}: ${meaning}`] : [];
    }),
  );
  return [...found.flat(), ...(await overrides(dataDir))];
}

/** What `/dir` and `/model` had set for a project; named with its values, because the config can say the same. */
async function overrides(dataDir: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const file of await jsonFiles(join(dataDir, 'projects'))) {
    if (!file.endsWith('.state.json')) continue;
    const name = `projects/${file}`;
    const state = parseJson(await readFile(join(dataDir, name), 'utf8'));
    if (typeof state !== 'object' || state === null) {
      lines.push(`${name}: is not JSON`);
      continue;
    }
    const { work_dir_override: workDir, ...others } = state as Readonly<Record<string, unknown>>;
    const said = [
      ...(typeof workDir === 'string' && workDir !== ''
        ? [
            `the folder set with /dir is not taken over; to stay there, set work_dir = ${JSON.stringify(workDir)}`,
          ]
        : []),
      ...Object.entries(others).flatMap(([key, value]) =>
        Object.entries(typeof value === 'object' && value !== null ? value : {}).map(
          ([place, set]) => `${key} of ${place} (${String(set)}) is not used in this version`,
        ),
      ),
    ];
    lines.push(
      ...(said.length > 0 ? said : ['holds nothing to take over']).map((line) => `${name}: ${line}`),
    );
  }
  return lines;
}
