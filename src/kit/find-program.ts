import { realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The file that a command names: a path as it is, else the first of that name on PATH. Undefined when there is none. */
export async function findProgram(
  command: string,
  cwd: string,
  env: Environment,
): Promise<string | undefined> {
  const endings = process.platform === 'win32' ? ['', ...(env.PATHEXT ?? '.EXE;.CMD;.BAT').split(';')] : [''];
  const folders =
    isAbsolute(command) || /[/\\]/.test(command)
      ? [resolve(cwd, command)]
      : (env.PATH ?? '').split(delimiter).map((folder) => join(folder === '' ? cwd : folder, command));
  for (const path of folders.flatMap((folder) => endings.map((ending) => folder + ending))) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return realpath(path);
  }
  return undefined;
}
