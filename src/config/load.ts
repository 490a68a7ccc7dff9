/** Loading a config file: everything that is wrong is reported, and what is not wrong is used. */
import { resolve } from 'node:path';
import { type AdapterEntries, adapterEntries } from './adapter-entries.ts';
import { warnings } from './advice.ts';
import { readConfigFile } from './config-file.ts';
import { crossCheck, type KnownTypes } from './cross-checks.ts';
import { resolveDataDir } from './data-dir.ts';
import { excise } from './excise.ts';
import { namelessUsers } from './isolation.ts';
import { KNOWN_AGENT_TYPES, KNOWN_PLATFORM_TYPES } from './known-types.ts';
import { type LostEntry, lostEntries } from './lost-entries.ts';
import { unknownFinding } from './options.ts';
import { type Env, expandPaths, homeOf } from './paths.ts';
import { positionsOf } from './positions.ts';
import { type Finding, type Problem, sortProblems } from './problem.ts';
import { type Config, configSchema } from './schema/root.ts';
import { scopeOf } from './scope.ts';
import { redactions, usedSecrets } from './secrets.ts';
import { type EnvUse, substituteEnv } from './substitute.ts';
import { syntaxProblem } from './syntax-problem.ts';
import { parseToml, TomlSyntaxError, type TomlTable } from './toml.ts';
import { unknownKeys } from './unknown-keys.ts';

export interface LoadedConfig {
  /** The file, as it was named. */
  readonly path: string;
  /** What relative paths in it are relative to: the folder the process was started in. */
  readonly folder: string;
  /** Undefined when nothing of the file can be used. */
  readonly config: Config | undefined;
  /** `config`, or the defaults where nothing of the file can be used: what adapters are tried with. */
  readonly settings: Config;
  /** All agents and platforms of the file, those that are left out too. */
  readonly entries: AdapterEntries;
  /** Platforms that are left out because of errors. */
  readonly lost: readonly LostEntry[];
  /** Errors first, then by line. */
  readonly problems: readonly Problem[];
  /** Names of environment variables an agent must not inherit. */
  readonly usedSecrets: readonly string[];
  /** Every use of an environment variable in the file. */
  readonly envUses: readonly EnvUse[];
  /** Secret values anywhere in the file, broken parts included, for log redaction. */
  readonly redactions: readonly string[];
  /** Puts findings made later, such as those of adapter options, at their place in the file. */
  place(findings: readonly Finding[]): Problem[];
}

export interface LoadOptions {
  /** Types of adapters beyond the known ones, and safety rules that can be kept besides. */
  readonly moreTypes?: Partial<KnownTypes>;
  /** What relative folders are relative to; default: the process's folder. */
  readonly cwd?: string;
}

/** Reads and validates a config file. Throws `AppError` (`config_missing`, `config_unreadable`) only when it cannot be read. */
export async function loadConfig(path: string, env: Env, options: LoadOptions = {}): Promise<LoadedConfig> {
  return readConfig(await readConfigFile(path), path, env, options);
}

/** `loadConfig` for text already read. Pure; never throws on bad text. */
export function readConfig(text: string, path: string, env: Env, options: LoadOptions = {}): LoadedConfig {
  const locate = positionsOf(text);
  const place = (findings: readonly Finding[]): Problem[] =>
    findings.map((finding) => ({ ...finding, file: path, ...locate(finding.key) }));
  const parsed = parseOrReport(text, path);
  const folder = options.cwd ?? process.cwd();
  if ('problem' in parsed) {
    return {
      path,
      folder,
      config: undefined,
      settings: complete(configSchema.parse({}), env, options),
      entries: { agents: [], platforms: [] },
      lost: [],
      problems: [parsed.problem],
      usedSecrets: [],
      envUses: [],
      redactions: [],
      place,
    };
  }
  const { table, uses } = substituteEnv(parsed.table, env);
  const raw = expandPaths(table, homeOf(env));
  const { config, findings } = interpret(raw, env, uses, options);
  return {
    path,
    folder,
    config,
    settings: config ?? complete(configSchema.parse({}), env, options),
    entries: adapterEntries(raw),
    lost: config ? lostEntries(raw, config) : [],
    problems: sortProblems(place(findings)),
    usedSecrets: usedSecrets(uses),
    envUses: uses,
    redactions: redactions(raw),
    place,
  };
}

function parseOrReport(text: string, path: string): { table: TomlTable } | { problem: Problem } {
  try {
    return { table: parseToml(text) };
  } catch (error) {
    if (!(error instanceof TomlSyntaxError)) throw error;
    return { problem: syntaxProblem(error, text, path) };
  }
}

function interpret(
  raw: TomlTable,
  env: Env,
  uses: readonly EnvUse[],
  options: LoadOptions,
): { config: Config | undefined; findings: Finding[] } {
  const crossed = crossCheck(raw, {
    agents: [...KNOWN_AGENT_TYPES, ...(options.moreTypes?.agents ?? [])],
    platforms: [...KNOWN_PLATFORM_TYPES, ...(options.moreTypes?.platforms ?? [])],
    rules: options.moreTypes?.rules ?? [],
  });
  const faults = [...crossed, ...namelessUsers(raw, uses)];
  const excised = excise(
    raw,
    faults.map((fault) => fault.path),
  );
  const config = excised.config && complete(excised.config, env, options);
  const findings: Finding[] = [
    ...faults.map((fault) => fault.finding),
    ...excised.findings,
    ...unknownKeys(configSchema, raw).map((unknown) =>
      unknownFinding(unknown.path, unknown.suggestion, scopeOf(raw, unknown.path)),
    ),
    ...warnings(raw, uses, config),
  ];
  if (config && config.projects.length > 0) return { config, findings };
  const some = Array.isArray(raw.projects) && raw.projects.length > 0;
  findings.push({
    severity: 'error',
    key: some ? 'projects' : '',
    message: some ? 'has no usable entry' : 'no [[projects]] section',
    expected: 'at least one [[projects]] with a name and an agent',
    scope: 'file',
  });
  return { config: undefined, findings };
}

/** Fills in what depends on the machine: home folder, environment, absolute paths. */
function complete(config: Config, env: Env, options: LoadOptions): Config {
  const cwd = options.cwd ?? process.cwd();
  const limit = Number(env.CC_MAX_ATTACHMENT_SIZE_MB);
  return {
    ...config,
    data_dir: resolveDataDir(config.data_dir, env, cwd),
    max_attachment_size_mb: Number.isInteger(limit) && limit > 0 ? limit : config.max_attachment_size_mb,
    projects: config.projects.map((project) => ({
      ...project,
      base_dir: project.base_dir === '' ? '' : resolve(cwd, project.base_dir),
      agents: [...project.agents, ...project.agent_types],
      agent_types: [],
    })),
  };
}
