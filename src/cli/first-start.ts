import { access, constants, mkdir, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { agentTypes } from '../agents/registry.ts';
import { AppError } from '../core/errors.ts';
import { configCandidates, home } from './data-dir.ts';
import type { Io } from './io.ts';

export interface FoundConfig {
  /** Absolute. */
  readonly file: string;
  /** The file was written just now. */
  readonly created: boolean;
  /** Agent type of a created file. */
  readonly agent?: string;
}

/** The configuration to start with, written when there is none and none was named. */
export async function findOrCreateConfig(named: string | undefined, io: Io): Promise<FoundConfig> {
  if (named !== undefined) return { file: named, created: false };
  for (const file of configCandidates(io)) if (await exists(file)) return { file, created: false };
  const file = join(home(io), '.cc-connect', 'config.toml');
  const { type: agent, workDir } = await agentForNewProject(io);
  const { starterConfig } = await import('../config/starter.ts');
  const text = starterConfig({ agentType: agent, workDir });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600, flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('config_unwritable', `cannot write ${file} (${cause.code ?? cause.message})`, {
      kind: 'permission',
      cause,
    });
  });
  return { file, created: true, agent };
}

/** What a project that is made here works with. */
export async function agentForNewProject(
  io: Io,
): Promise<{ readonly type: string; readonly workDir: string }> {
  return { type: await firstAgent(io), workDir: await firstWorkDir(io) };
}

/** The first agent whose program is on PATH, in the registry's order; else the demo agent, which is always there. */
async function firstAgent(io: Io): Promise<string> {
  for (const { type, binaries } of agentTypes)
    for (const binary of binaries) if (await onPath(binary, io)) return type;
  return 'demo';
}

/** Where the agent works: here, but not inside our own program. */
async function firstWorkDir(io: Io): Promise<string> {
  const own = await exists(join(io.cwd, 'src', 'entries', 'cc-connect.ts'));
  if (!own && io.cwd !== '/') return io.cwd;
  const folder = join(home(io), '.cc-connect', 'workspace');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

async function onPath(binary: string, io: Io): Promise<boolean> {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const folder of (io.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    for (const ending of endings) if (await isProgram(join(folder, binary + ending))) return true;
  }
  return false;
}

async function isProgram(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) return false;
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
