import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { GoProject } from './go-sessions.ts';

/** A file with sessions of the Go version. */
export interface GoFile {
  /** As people know it, from the data directory or its `sessions` folder. */
  readonly name: string;
  readonly path: string;
  /** Whose sessions they are; none of the config's where it is missing. */
  readonly project?: GoProject;
  /** They belong to the folder the project works in now; others are kept, but not active. */
  readonly isCurrent: boolean;
  /** The folder they were held in, where it is another one that can be told. */
  readonly workDir: string | null;
}

/** `<project>_<hash>.json`, and of one of its workspaces `<project>_ws_<hash>.json`. */
const hashed = /^(?:(_ws)?_([0-9a-f]{8}))?$/;

/**
 * The files with sessions, those that the Go version prefers first: it goes on in a file of its earlier days where one
 * lies in the data directory itself (`<project>_<hash>.json`, older still `….sessions.json`).
 */
export async function goFiles(
  dataDir: string,
  projects: readonly GoProject[],
  folders: readonly string[],
): Promise<readonly GoFile[]> {
  const early = (await jsonFiles(dataDir)).flatMap((file): GoFile[] => {
    const found = goFile(file, join(dataDir, file), projects, folders);
    // The data directory has other JSON files, too.
    const alone = file.endsWith('.sessions.json') || /_[0-9a-f]{8}\.json$/.test(file);
    return found.project ? [{ ...found, name: `../${file}` }] : alone ? [found] : [];
  });
  const folder = join(dataDir, 'sessions');
  const usual = (await jsonFiles(folder)).map((file) => goFile(file, join(folder, file), projects, folders));
  return [...early, ...usual];
}

/** What the name of a file tells: `folders` are those that its hash may stand for. */
export function goFile(
  name: string,
  path: string,
  projects: readonly GoProject[],
  folders: readonly string[] = [],
): GoFile {
  const bare = name.replace(/(?:\.sessions)?\.json$/, '');
  const fits = projects.flatMap((project) => {
    const match = bare.startsWith(project.name) ? hashed.exec(bare.slice(project.name.length)) : null;
    return match ? [{ project, isWorkspace: match[1] !== undefined, hash: match[2] }] : [];
  });
  // A project may be called like the workspaces of another.
  const fit = fits.find(({ isWorkspace }) => !isWorkspace) ?? fits[0];
  if (!fit) return { name, path, isCurrent: false, workDir: null };
  const { project, hash } = fit;
  const isCurrent = !fit.isWorkspace && (hash === undefined || hash === hashOf(project.workDir));
  const workDir = isCurrent ? null : (folders.find((folder) => hashOf(folder) === hash) ?? null);
  return { name, path, project, isCurrent, workDir };
}

/** Every folder that the Go version's own lists name: workspaces, those `/dir` was used for, overrides. */
export async function knownFolders(dataDir: string): Promise<readonly string[]> {
  const states = (await jsonFiles(join(dataDir, 'projects'))).map((file) => join('projects', file));
  const lists = ['workspace_bindings.json', 'dir_history.json', ...states];
  const found = await Promise.all(
    lists.map(async (file) => foldersIn(parseJson(await readFile(join(dataDir, file), 'utf8').catch(none)))),
  );
  return [...new Set(found.flat())];
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller knows the file and decides
  }
}

export async function jsonFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json')).sort();
}

function foldersIn(value: unknown): string[] {
  if (typeof value === 'string') return isAbsolute(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(foldersIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [...foldersIn(key), ...foldersIn(one)]);
}

function hashOf(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 8);
}

/** A list that is not there names no folder. */
function none(): string {
  return 'null';
}
