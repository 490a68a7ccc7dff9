import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DoctorFinding } from '../../servers/local/backend.ts';

/** Files right in the data directory, besides the store: backups, and what was typed into the chat. */
const copies = /\.bak$|^chat_history$/;
/** More files in one folder than anybody wants to read about. */
const mostPerFolder = 1000;

/**
 * Secrets and conversations must be readable by their owner only. `self` is the user that they must belong to; what
 * lies inside a folder is looked at although the folder may be closed, because folders are copied and opened later.
 */
export async function checkModes(
  configFile: string | undefined,
  dataDir: string,
  self: number | undefined = process.getuid?.(),
): Promise<DoctorFinding[]> {
  if (process.platform === 'win32') return [];
  const files = await stateFiles(dataDir);
  const named = [...(configFile === undefined ? [] : [configFile]), dataDir, ...files];
  const others = new Set(await otherPaths(dataDir));
  if (configFile !== undefined) others.add(`${configFile}.bak`);
  for (const path of named) others.delete(path);
  const main = await Promise.all(named.map((path) => checkMode(path, self)));
  const rest = (await Promise.all([...others].map((path) => checkMode(path, self)))).flat();
  const wrong = rest.filter(({ level }) => level !== 'ok');
  const closed = rest.length - wrong.length;
  return [
    ...main.flat(),
    ...wrong,
    ...(closed > 0
      ? [{ area: 'files', level: 'ok' as const, what: `${closed} more files and folders of ${dataDir}` }]
      : []),
  ];
}

/** Backups, and every folder of the data directory with what lies in it. */
async function otherPaths(dataDir: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(dataDir, { withFileTypes: true }).catch(() => [])) {
    const path = join(dataDir, entry.name);
    if (!entry.isDirectory()) {
      if (copies.test(entry.name)) found.push(path);
      continue;
    }
    const inside = await readdir(path).catch(() => []);
    found.push(path, ...inside.slice(0, mostPerFolder).map((name) => join(path, name)));
  }
  return found;
}

/** Store, socket and the like that exist. */
export async function stateFiles(dataDir: string): Promise<readonly string[]> {
  const names = await readdir(dataDir).catch(() => []);
  return names.filter((name) => /\.(db|sqlite)(-wal|-shm)?$/.test(name)).map((name) => join(dataDir, name));
}

async function checkMode(path: string, self: number | undefined): Promise<DoctorFinding[]> {
  const info = await lstat(path).catch(() => undefined);
  // The mode of a link says nothing; what it points to is not ours.
  if (!info || info.isSymbolicLink()) return [];
  const mode = info.mode & 0o777;
  if (self !== undefined && info.uid !== self)
    return [
      {
        area: 'files',
        level: 'error',
        what: `${path} belongs to another user`,
        fix: `chown "$(id -un)" ${quoted(path)}`,
      },
    ];
  if ((mode & 0o077) === 0) return [{ area: 'files', level: 'ok', what: `${path} (${mode.toString(8)})` }];
  return [
    {
      area: 'files',
      level: 'warning',
      what: `${path} can be read by others (${mode.toString(8)})`,
      fix: `chmod ${(mode & 0o700).toString(8)} ${quoted(path)}`,
    },
  ];
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
