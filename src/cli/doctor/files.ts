import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DoctorFinding } from '../../servers/local/backend.ts';

/** Secrets and conversations must be readable by their owner only. */
export async function checkModes(configFile: string | undefined, dataDir: string): Promise<DoctorFinding[]> {
  if (process.platform === 'win32') return [];
  const files = await stateFiles(dataDir);
  const wanted: (readonly [path: string, mode: number])[] = [
    ...(configFile === undefined ? [] : [[configFile, 0o600] as const]),
    [dataDir, 0o700],
    ...files.map((file) => [file, 0o600] as const),
  ];
  const found = await Promise.all(wanted.map(([path, mode]) => checkMode(path, mode)));
  return found.filter((finding) => finding !== undefined);
}

/** Store, socket and the like that exist. */
export async function stateFiles(dataDir: string): Promise<readonly string[]> {
  const names = await readdir(dataDir).catch(() => []);
  return names.filter((name) => /\.(db|sqlite)(-wal|-shm)?$/.test(name)).map((name) => join(dataDir, name));
}

async function checkMode(path: string, wanted: number): Promise<DoctorFinding | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return undefined;
  const mode = info.mode & 0o777;
  const own = process.getuid === undefined || info.uid === process.getuid();
  if (!own)
    return {
      area: 'files',
      level: 'error',
      what: `${path} belongs to another user`,
      fix: `chown "$(id -un)" ${quoted(path)}`,
    };
  if ((mode & 0o077) === 0) return { area: 'files', level: 'ok', what: `${path} (${mode.toString(8)})` };
  return {
    area: 'files',
    level: 'warning',
    what: `${path} can be read by others (${mode.toString(8)})`,
    fix: `chmod ${wanted.toString(8)} ${quoted(path)}`,
  };
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
