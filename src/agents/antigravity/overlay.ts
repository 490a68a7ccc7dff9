import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../core/errors.ts';

const HOOK = 'cc-connect-permission';
/** How long the CLI waits for the hook, in seconds: as long as a person may take. */
const HOOK_SECONDS = 24 * 60 * 60;

/**
 * A folder that looks like the CLI's own (`~/.gemini`) but for one more hook before every tool: everything in it is a
 * link to the real one, so that none of the person's settings are changed. Given to the CLI as `--gemini_dir`.
 */
export async function makeOverlay(target: string, real: string, hook: readonly string[]): Promise<void> {
  await mkdir(join(target, 'config'), { recursive: true, mode: 0o700 });
  // What the CLI writes must outlive the overlay, also on a machine where it never ran.
  await mkdir(join(real, 'antigravity-cli'), { recursive: true, mode: 0o700 });
  await linkEntries(real, target, 'config');
  await linkEntries(join(real, 'config'), join(target, 'config'), 'hooks.json');
  const hooks = { ...(await ownHooks(join(real, 'config', 'hooks.json'))), [HOOK]: ourHook(hook) };
  await writeFile(join(target, 'config', 'hooks.json'), `${JSON.stringify(hooks, undefined, 2)}\n`, {
    mode: 0o600,
  });
}

export async function removeOverlay(target: string): Promise<void> {
  // Links are removed, not what they point to.
  await rm(target, { recursive: true, force: true });
}

function ourHook(command: readonly string[]): object {
  const line = command.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(' ');
  return {
    PreToolUse: [{ matcher: '*', hooks: [{ type: 'command', command: line, timeout: HOOK_SECONDS }] }],
  };
}

async function linkEntries(from: string, to: string, without: string): Promise<void> {
  for (const name of await readdir(from).catch(() => [])) {
    if (name !== without) await symlink(join(from, name), join(to, name));
  }
}

async function ownHooks(path: string): Promise<object> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined || text.trim() === '') return {};
  try {
    const hooks: unknown = JSON.parse(text);
    if (typeof hooks === 'object' && hooks !== null && !Array.isArray(hooks)) return hooks;
    throw new Error('not an object');
  } catch (cause) {
    // Leaving the person's own guards out would be worse than not starting.
    throw new AppError('agent.start_failed', `${path} cannot be read: ${(cause as Error).message}`, {
      kind: 'validation',
      advice: 'Correct the file, or use mode yolo.',
      cause,
    });
  }
}
