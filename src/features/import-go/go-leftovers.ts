import { access } from 'node:fs/promises';
import { join } from 'node:path';

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
  return found.flat();
}
