import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Tests start what is built: the store's writer, the daemon, the simulated agents. A build that is older than its
 * sources would fail them in ways that say nothing, so it is made anew first. Run by vitest before all tests.
 */
export function setup(): void {
  const built = statSync(join(root, 'dist', 'cc-connect.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (['src', 'test', 'scripts'].every((folder) => newest(join(root, folder)) <= built)) return;
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
}

/** When anything in a folder was changed last; what is not built does not count. */
function newest(folder: string): number {
  const times = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return Math.max(0, ...times);
}
