/** Changing the config file. Loads neither the schema nor anything else of the daemon. */
import { readFile, realpath } from 'node:fs/promises';
import { AppError } from '../core/errors.ts';
import { replaceFile } from './atomic-write.ts';
import { withEditLock } from './edit-lock.ts';
import { editToml, type Mutate } from './edit-text.ts';
import { type KeyPath, parseKey } from './keypath.ts';
import { isTable, newTable, type TomlTable, type TomlValue } from './toml.ts';

export type { Mutate };

/** Plain data that can be written as TOML; `undefined` removes a key. */
export type Writable =
  | string
  | number
  | boolean
  | undefined
  | readonly Writable[]
  | { readonly [key: string]: Writable };

/**
 * Changes the file at `path`: comments, layout, placeholders and file mode stay, the old content is kept as `.bak`,
 * and the result is proven before it replaces the file in one step. Resolves with whether anything changed.
 * Throws `AppError` (`config_missing`, `config_syntax`, `config_edit_refused`, `config_locked`); the file is then as it was.
 */
export async function editConfig(path: string, mutate: Mutate): Promise<boolean> {
  const target = await realpath(path).catch((cause: unknown) => {
    throw new AppError('config_missing', `no config file at ${path}`, { kind: 'missing', cause });
  });
  return withEditLock(target, async () => {
    const before = await readFile(target, 'utf8');
    const after = editToml(before, mutate);
    if (after === before) return false;
    await replaceFile(target, after, { backup: true });
    return true;
  });
}

/** Sets one key, for example `setKey(path, 'projects[0].agent.options.model', 'opus')`; `undefined` removes it. */
export function setKey(path: string, key: string, value: Writable): Promise<boolean> {
  return editConfig(path, (draft) => {
    put(draft, parseKey(key), value);
  });
}

/** Sets one key of the project with that name; `key` is relative to the project. */
export function setProjectKey(path: string, project: string, key: string, value: Writable): Promise<boolean> {
  return editConfig(path, (draft) => {
    put(findProject(draft, project), parseKey(key), value);
  });
}

export interface NewPlatform {
  readonly type: string;
  readonly options?: { readonly [key: string]: Writable };
}

export interface NewProject {
  readonly name: string;
  readonly agent: { readonly type: string; readonly options?: { readonly [key: string]: Writable } };
  readonly platforms?: readonly NewPlatform[];
}

/** Adds a project at the end. Throws `AppError` `project_exists`. */
export function addProject(path: string, project: NewProject): Promise<boolean> {
  return editConfig(path, (draft) => {
    const projects = listOf(draft, 'projects');
    if (projects.some((other) => other.name === project.name)) {
      throw new AppError('project_exists', `there is a project "${project.name}" already`, {
        kind: 'validation',
      });
    }
    projects.push(asToml(project) as TomlTable);
    draft.projects = projects;
  });
}

/** Removes a project with everything in it. Throws `AppError` `project_missing`. */
export function removeProject(path: string, name: string): Promise<boolean> {
  return editConfig(path, (draft) => {
    const gone = findProject(draft, name);
    draft.projects = listOf(draft, 'projects').filter((project) => project !== gone);
  });
}

/** Adds a platform at the end of a project. */
export function addPlatform(path: string, project: string, platform: NewPlatform): Promise<boolean> {
  return editConfig(path, (draft) => {
    const table = findProject(draft, project);
    table.platforms = [...listOf(table, 'platforms'), asToml(platform) as TomlTable];
  });
}

/** A platform of a project: by its place in the file, or the first of a type. */
export type WhichPlatform = number | string;

/** Removes a platform. Throws `AppError` `platform_missing`. */
export function removePlatform(path: string, project: string, which: WhichPlatform): Promise<boolean> {
  return editConfig(path, (draft) => {
    const table = findProject(draft, project);
    const gone = findPlatform(table, which);
    table.platforms = listOf(table, 'platforms').filter((platform) => platform !== gone);
  });
}

/** Sets options of a platform; the others stay. */
export function setPlatformOptions(
  path: string,
  project: string,
  which: WhichPlatform,
  options: { readonly [key: string]: Writable },
): Promise<boolean> {
  return editConfig(path, (draft) => {
    const platform = findPlatform(findProject(draft, project), which);
    for (const [key, value] of Object.entries(options)) put(platform, ['options', key], value);
  });
}

/** Adds a user to `allow_from` of a platform, keeping who is there. `"*"` already allows everyone and stays. */
export function addAllowFrom(
  path: string,
  project: string,
  which: WhichPlatform,
  id: string,
): Promise<boolean> {
  return editConfig(path, (draft) => {
    const platform = findPlatform(findProject(draft, project), which);
    const options = isTable(platform.options) ? platform.options : newTable();
    const now = options.allow_from;
    const list = Array.isArray(now) ? now.map(String) : splitIds(typeof now === 'string' ? now : '');
    if (list.includes(id) || list.includes('*')) return;
    put(platform, ['options', 'allow_from'], Array.isArray(now) ? [...list, id] : [...list, id].join(','));
  });
}

function splitIds(text: string): string[] {
  return text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
}

function put(root: TomlTable, path: KeyPath, value: Writable): void {
  let node: TomlValue = root;
  for (const part of path.slice(0, -1)) {
    const next: TomlValue | undefined = childOf(node, part);
    if (next === undefined && typeof part === 'string' && isTable(node)) {
      if (value === undefined) return;
      node = node[part] = newTable();
    } else if (isTable(next) || Array.isArray(next)) node = next;
    else
      throw new AppError('config_no_such_key', `there is no ${String(part)} in the config`, {
        kind: 'not_found',
      });
  }
  const last = path.at(-1);
  if (typeof last !== 'string' || !isTable(node)) {
    throw new AppError('config_no_such_key', 'that place of the config cannot be set', { kind: 'not_found' });
  }
  if (value === undefined) delete node[last];
  else node[last] = asToml(value);
}

function childOf(node: TomlValue, part: string | number): TomlValue | undefined {
  if (Array.isArray(node)) return typeof part === 'number' ? node[part] : undefined;
  return isTable(node) && typeof part === 'string' && Object.hasOwn(node, part) ? node[part] : undefined;
}

function listOf(table: TomlTable, key: string): TomlTable[] {
  const value = table[key];
  return Array.isArray(value) ? value.filter(isTable) : [];
}

function findProject(draft: TomlTable, name: string): TomlTable {
  const found = listOf(draft, 'projects').find((project) => project.name === name);
  if (found) return found;
  throw new AppError('project_missing', `there is no project "${name}" in the config`, { kind: 'not_found' });
}

function findPlatform(project: TomlTable, which: WhichPlatform): TomlTable {
  const platforms = listOf(project, 'platforms');
  const found =
    typeof which === 'number' ? platforms[which] : platforms.find((platform) => platform.type === which);
  if (found) return found;
  throw new AppError('platform_missing', `this project has no platform ${JSON.stringify(which)}`, {
    kind: 'not_found',
  });
}

function asToml(value: Exclude<Writable, undefined> | NewProject | NewPlatform): TomlValue {
  if (Array.isArray(value)) return value.filter((item) => item !== undefined).map((item) => asToml(item));
  if (typeof value !== 'object') return value as TomlValue;
  const table = newTable();
  for (const [key, item] of Object.entries(value)) if (item !== undefined) table[key] = asToml(item);
  return table;
}
