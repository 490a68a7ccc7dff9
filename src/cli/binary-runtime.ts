import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runtime } from '../kit/runtime.ts';

/** The surroundings of the single executable: everything lies inside it as an asset. */
export function binaryRuntime(): Runtime {
  let addonFile: string | undefined;
  return {
    kind: 'binary',
    workerSource: (name) => ({ kind: 'code', code: asset(`${name}.js`).toString('utf8') }),
    nativeBinding() {
      addonFile ??= extract(asset('better_sqlite3.node'));
      return addonFile;
    },
    selfCommand: () => [process.execPath],
  };
}

function asset(name: string): Buffer {
  const sea = process.getBuiltinModule('node:sea') as { getRawAsset(name: string): ArrayBuffer };
  return Buffer.from(sea.getRawAsset(name));
}

/**
 * An addon can only be loaded from a file. It is kept in the user's cache under the hash of its content, and what is
 * found there is compared before it is loaded; without a usable cache a fresh private folder serves.
 */
function extract(content: Buffer): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 32);
  const folder = ownFolder(join(cacheHome(), 'cc-connect')) ?? mkdtempSync(join(tmpdir(), 'cc-connect-'));
  const file = join(folder, `better_sqlite3-${hash}.node`);
  if (existsSync(file) && readFileSync(file).equals(content)) return file;
  const part = `${file}.${randomUUID()}`;
  writeFileSync(part, content, { mode: 0o600 });
  renameSync(part, file);
  return file;
}

/** The folder, if it is this user's alone. */
function ownFolder(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const info = lstatSync(folder);
    const own = process.getuid === undefined || info.uid === process.getuid();
    const closed = process.platform === 'win32' || (info.mode & 0o022) === 0;
    return info.isDirectory() && own && closed ? folder : undefined;
  } catch {
    return undefined; // a read-only home: the private folder it is
  }
}

function cacheHome(): string {
  return process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
}
