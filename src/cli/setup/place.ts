import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readConfigFile } from '../../config/config-file.ts';
import { dataDirOf } from '../../config/data-dir.ts';
import { substituteEnv } from '../../config/substitute.ts';
import { isTable, parseToml, TomlSyntaxError, type TomlTable } from '../../config/toml.ts';
import { AppError } from '../../core/errors.ts';
import { configCandidates } from '../data-dir.ts';
import type { Io } from '../io.ts';

/** Where a platform is to be set up: a place in the config file, whether it is there already or not. */
export interface Place {
  /** Absolute. */
  readonly file: string;
  /** The file has to be written. */
  readonly newFile: boolean;
  readonly dataDir: string;
  readonly project: string;
  readonly newProject: boolean;
  /** Type that stands there now. */
  readonly typeThere: string | undefined;
  /** Which of the project's platforms it is; undefined: it has to be added. */
  readonly at: number | undefined;
  /** The project has platforms beside this one. */
  readonly hasOthers: boolean;
  /** Options as they stand in the file, and with environment variables in place. */
  readonly written: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface WantedPlace {
  readonly config?: string | undefined;
  readonly project?: string | undefined;
  /** Types that count as this platform. */
  readonly types: readonly string[];
  /** Which of the project's platforms of these types, from 1. */
  readonly platformIndex?: number | undefined;
}

const firstProject = 'my-project';

/** Finds the place without changing anything. Throws `usage` when it is not clear which is meant. */
export async function findPlace(wanted: WantedPlace, io: Io): Promise<Place> {
  const file = await fileOf(wanted.config, io);
  const text = (await exists(file)) ? await readConfigFile(file) : undefined;
  const raw = text === undefined ? undefined : parsed(text, file);
  const resolved = raw && substituteEnv(raw, io.env).table;
  const projects = tables(raw?.projects);
  const name = projectName(projects, wanted);
  const at = projects.findIndex((project) => project.name === name);
  const platforms = tables(projects[at]?.platforms);
  const index = platformIndex(platforms, wanted);
  const optionsOf = (table: TomlTable | undefined): Readonly<Record<string, unknown>> => {
    const project = tables(table?.projects)[at];
    const { options } = (index === undefined ? undefined : tables(project?.platforms)[index]) ?? {};
    return isTable(options) ? options : {};
  };
  const typeThere = index === undefined ? undefined : platforms[index]?.type;
  return {
    file,
    newFile: text === undefined,
    dataDir: dataDirOf(text ?? '', io.env, io.cwd),
    project: name,
    newProject: at < 0,
    typeThere: typeof typeThere === 'string' ? typeThere : undefined,
    at: index,
    hasOthers: platforms.length > (index === undefined ? 0 : 1),
    written: optionsOf(raw),
    options: optionsOf(resolved),
  };
}

async function fileOf(named: string | undefined, io: Io): Promise<string> {
  if (named !== undefined) return resolve(io.cwd, named);
  const candidates = configCandidates(io);
  for (const file of candidates) if (await exists(file)) return file;
  return candidates.at(-1) ?? resolve(io.cwd, 'config.toml');
}

function parsed(text: string, file: string): TomlTable {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlSyntaxError)) throw error;
    throw new AppError('config_syntax', `${file}:${error.line}:${error.column}: ${error.message}`, {
      kind: 'validation',
      advice: 'repair the file first; "cc-connect config check" shows what is wrong',
      cause: error,
    });
  }
}

function projectName(projects: readonly TomlTable[], wanted: WantedPlace): string {
  const named = wanted.project?.trim();
  if (named === '') throw usage('--project needs a name');
  if (named !== undefined) return named;
  const names = projects.map(({ name }) => name).filter((name) => typeof name === 'string');
  const [only = firstProject, ...more] = names;
  if (more.length === 0) return only;
  const having = projects.filter(({ platforms }) => tables(platforms).some(isOf(wanted.types)));
  const [owner] = having;
  if (having.length === 1 && typeof owner?.name === 'string') return owner.name;
  throw usage(`there are several projects: ${names.join(', ')}`, 'say which one with --project <name>');
}

function platformIndex(platforms: readonly TomlTable[], wanted: WantedPlace): number | undefined {
  const found = platforms.flatMap((platform, at) => (isOf(wanted.types)(platform) ? [at] : []));
  const { platformIndex: number = 1 } = wanted;
  if (number > found.length + 1)
    throw usage(
      `--platform-index ${number}: the project has ${found.length} of type ${wanted.types.join(' or ')}`,
      `the next one to add is ${found.length + 1}`,
    );
  return found[number - 1];
}

const isOf =
  (types: readonly string[]) =>
  ({ type }: TomlTable): boolean =>
    typeof type === 'string' && types.includes(type);

function tables(value: unknown): readonly TomlTable[] {
  return Array.isArray(value) ? value.filter(isTable) : [];
}

function usage(message: string, advice?: string): AppError {
  return new AppError('usage', message, { kind: 'validation', ...(advice ? { advice } : {}) });
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
