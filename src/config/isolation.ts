/** Rules for running an agent as another system user. */
import type { Fail, Fault, KnownTypes } from './cross-checks.ts';
import { formatKey, type KeyPath } from './keypath.ts';
import { scopeOf } from './scope.ts';
import type { EnvUse } from './substitute.ts';
import { isTable, type TomlTable } from './toml.ts';

const USER_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;
const FORBIDDEN = new Set([
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'PATH',
  'HOME',
  'USER',
  'SHELL',
  'SUDO_USER',
  'SUDO_COMMAND',
]);

/** `run_as_user` must be a plain, unprivileged account; `run_as_env` must not pass variables that take over a process. */
export function checkIsolation(project: TomlTable, path: KeyPath, known: KnownTypes, fail: Fail): void {
  const user = project.run_as_user;
  if (typeof user === 'string' && user !== '') {
    const at = [...path, 'run_as_user'];
    if (process.platform === 'win32') fail(at, 'works on Linux and macOS only');
    else if (user === 'root' || user === '0')
      fail(at, 'must not be root', { expected: 'an unprivileged account' });
    else if (!USER_NAME.test(user)) {
      fail(at, 'is not a valid user name', { expected: 'letters, digits, "_", "." and "-", at most 32' });
    } else if (!known.rules.includes('run_as_user')) {
      fail(at, 'is not possible in this version, so this project is left out', {
        expected: 'no such key; to keep the accounts apart, run another cc-connect as that user',
      });
    }
  }
  if (!Array.isArray(project.run_as_env)) return;
  project.run_as_env.forEach((name, at) => {
    if (typeof name !== 'string') return;
    const word = name.trim().toUpperCase();
    if (FORBIDDEN.has(word) || word.startsWith('DYLD_')) {
      fail([...path, 'run_as_env', at], 'is a variable that must not be passed on');
    }
  });
}

/** Users that were named by variables with nothing in them: the agent would run as whoever started the daemon. */
export function namelessUsers(raw: TomlTable, uses: readonly EnvUse[]): Fault[] {
  return uses.flatMap(({ name, path }): Fault[] => {
    const [list, at, key] = path;
    if (list !== 'projects' || typeof at !== 'number' || key !== 'run_as_user') return [];
    const project = Array.isArray(raw.projects) ? raw.projects[at] : undefined;
    if (!isTable(project) || project.run_as_user !== '') return [];
    const message = `uses \${${name}}, in which there is nothing, so this project is left out`;
    return [
      {
        path,
        finding: {
          severity: 'error',
          key: formatKey(path),
          message,
          expected: 'the name of a user',
          scope: scopeOf(raw, path),
        },
      },
    ];
  });
}
