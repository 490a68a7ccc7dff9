/** Rules that involve more than one key. They read raw data, so that they report beside plain type errors. */
import { agentTables, checkAgentNames } from './agent-names.ts';
import { checkIsolation } from './isolation.ts';
import { formatKey, type KeyPath } from './keypath.ts';
import { nearest } from './nearest.ts';
import type { Finding } from './problem.ts';
import { scopeOf } from './scope.ts';
import { isTable, type TomlTable, type TomlValue } from './toml.ts';

export interface KnownTypes {
  readonly agents: readonly string[];
  readonly platforms: readonly string[];
  /** Safety rules this build can keep; a project that needs another one is left out. */
  readonly rules: readonly SafetyRule[];
}

/** Settings of a project that decide as whom and where its agent works. */
export type SafetyRule = 'run_as_user' | 'multi-workspace';

export interface Fault {
  readonly path: KeyPath;
  readonly finding: Finding;
}

/** Collects the faults of every project. */
export function crossCheck(raw: TomlTable, known: KnownTypes): Fault[] {
  const faults: Fault[] = [];
  const fail: Fail = (path, message, more = {}) => {
    const finding: Finding = {
      severity: 'error',
      key: formatKey(path),
      message,
      scope: scopeOf(raw, path),
      ...more,
    };
    faults.push({ path, finding });
  };
  const names = new Map<string, number>();
  list(raw.projects).forEach((project, at) => {
    if (!isTable(project)) return;
    const path: KeyPath = ['projects', at];
    checkName(project, path, names, at, fail);
    checkTypes(project, path, known, fail);
    checkAgentNames(project, path, fail);
    checkWorkspaces(project, path, known, fail);
    checkIsolation(project, path, known, fail);
    checkUsers(project, path, fail);
    checkPlatformOptions(project, path, fail);
  });
  list(raw.hooks).forEach((hook, at) => {
    if (isTable(hook)) checkHook(hook, ['hooks', at], fail);
  });
  return faults;
}

export type Fail = (path: KeyPath, message: string, more?: Partial<Finding>) => void;

function list(value: TomlValue | undefined): TomlValue[] {
  return Array.isArray(value) ? value : [];
}

function checkName(
  project: TomlTable,
  path: KeyPath,
  names: Map<string, number>,
  at: number,
  fail: Fail,
): void {
  if (typeof project.name !== 'string' || project.name.trim() === '') return;
  const name = project.name.trim();
  const first = names.get(name);
  if (first === undefined) names.set(name, at);
  else fail([...path, 'name'], `is the name of projects[${first}] too`, { expected: 'a name of its own' });
}

function checkTypes(project: TomlTable, path: KeyPath, known: KnownTypes, fail: Fail): void {
  const check = (table: TomlValue | undefined, at: KeyPath, types: readonly string[], kind: string): void => {
    if (!isTable(table) || typeof table.type !== 'string' || table.type.trim() === '') return;
    const type = table.type.trim();
    if (types.includes(type)) return;
    const suggestion = nearest(type, types);
    const more = suggestion === undefined ? {} : { suggestion };
    fail([...at, 'type'], `is not a known ${kind} type`, { expected: `one of ${types.join(', ')}`, ...more });
  };
  for (const { agent, path: at } of agentTables(project, path)) check(agent, at, known.agents, 'agent');
  list(project.platforms).forEach((platform, at) => {
    check(platform, [...path, 'platforms', at], known.platforms, 'platform');
  });
}

function checkWorkspaces(project: TomlTable, path: KeyPath, known: KnownTypes, fail: Fail): void {
  if (project.mode !== 'multi-workspace') return;
  if (!known.rules.includes('multi-workspace'))
    fail([...path, 'mode'], 'cannot be "multi-workspace" in this version, so this project is left out', {
      expected: 'one project for each folder, with work_dir among the options of its agent',
    });
  if (project.base_dir === undefined || project.base_dir === '') {
    fail([...path, 'base_dir'], 'is missing', {
      expected: 'the parent folder of the workspaces (mode = "multi-workspace")',
    });
  }
  for (const { agent, path: at } of agentTables(project, path)) {
    const { options } = agent;
    if (!isTable(options) || options.work_dir === undefined || options.work_dir === '') continue;
    fail([...at, 'options', 'work_dir'], 'cannot be set together with mode = "multi-workspace"', {
      expected: 'only base_dir',
    });
  }
}

/** What the daemon itself reads of the options of every platform. */
function checkPlatformOptions(project: TomlTable, path: KeyPath, fail: Fail): void {
  const styles = ['legacy', 'compact', 'card'];
  list(project.platforms).forEach((platform, at) => {
    const options = isTable(platform) ? platform.options : undefined;
    const style = isTable(options) ? (options.progress_style ?? '') : '';
    const word = typeof style === 'string' ? style.trim() : undefined;
    if (word === '' || styles.some((known) => known === word)) return;
    const suggestion = word === undefined ? undefined : nearest(word, styles);
    fail([...path, 'platforms', at, 'options', 'progress_style'], 'is not a valid value', {
      expected: `one of ${styles.map((known) => `"${known}"`).join(', ')}`,
      ...(suggestion !== undefined && { suggestion }),
    });
  });
}

function checkUsers(project: TomlTable, path: KeyPath, fail: Fail): void {
  const users = project.users;
  if (!isTable(users) || !isTable(users.roles)) return;
  const owner = new Map<string, string>();
  for (const [role, policy] of Object.entries(users.roles)) {
    list(isTable(policy) ? policy.user_ids : undefined).forEach((id, at) => {
      if (typeof id !== 'string') return;
      const other = owner.get(id.trim());
      if (other === undefined) owner.set(id.trim(), role);
      else
        fail([...path, 'users', 'roles', role, 'user_ids', at], `is in role "${other}" too`, {
          expected: 'each id in one role',
        });
    });
  }
  const fallback = users.default_role;
  if (typeof fallback === 'string' && fallback !== '' && !Object.hasOwn(users.roles, fallback)) {
    const suggestion = nearest(fallback, Object.keys(users.roles));
    fail(
      [...path, 'users', 'default_role'],
      'names a role that does not exist',
      suggestion === undefined ? {} : { suggestion },
    );
  }
}

function checkHook(hook: TomlTable, path: KeyPath, fail: Fail): void {
  const needed = hook.type === 'command' ? 'command' : hook.type === 'http' ? 'url' : undefined;
  if (needed === undefined || (hook[needed] !== undefined && hook[needed] !== '')) return;
  fail([...path, needed], 'is missing', {
    severity: 'warning',
    expected: `a ${needed}; the hook is skipped`,
  });
}
