/** What a changed config means for a running daemon. Pure. */
import { agentsOf, routedAgents } from './project-agents.ts';
import { agentProviders } from './providers.ts';
import { type ProjectSettings, resolveProject } from './resolve.ts';
import type { AgentConfig, Config, PlatformConfig, ProjectConfig } from './schema/root.ts';

export interface PlatformChange {
  readonly platform: PlatformConfig;
  /** The connection it replaces, when only its options changed. */
  readonly replaces?: PlatformConfig;
}

export interface ProjectDiff {
  readonly name: string;
  readonly before: ProjectConfig;
  readonly after: ProjectConfig;
  /** To connect; those with `replaces` take the place of a connection to close. */
  readonly platformsAdded: readonly PlatformChange[];
  readonly platformsRemoved: readonly PlatformConfig[];
  /** The agent, its options or its providers differ: new turns use the new one, running turns end with the old one. */
  readonly agentChanged: boolean;
  /** Names of `ProjectSettings` that differ; `display`, for example. */
  readonly settings: readonly (keyof ProjectSettings)[];
  /** Other keys of the project that differ and can change live, such as `users`. */
  readonly other: readonly string[];
}

export interface ConfigDiff {
  readonly added: readonly ProjectConfig[];
  readonly removed: readonly ProjectConfig[];
  readonly changed: readonly ProjectDiff[];
  /** Global keys that differ and can change live. */
  readonly live: readonly string[];
  /** Global keys that differ and take effect after a restart only. */
  readonly restart: readonly string[];
  /** Nothing at all differs. */
  readonly empty: boolean;
}

/** Read once at start. */
const RESTART_KEYS: ReadonlySet<string> = new Set([
  'data_dir',
  'durability',
  'webhook',
  'bridge',
  'management',
  'audit',
  'restart',
]);
/** Handled by their own part of the diff, or places that mean nothing. */
const NOT_OTHER: ReadonlySet<string> = new Set(['at', 'name', 'platforms', 'agent', 'agents', 'agent_types']);

/** Compares two loaded configs. Order and place in the file do not count. */
export function diffConfig(before: Config, after: Config): ConfigDiff {
  const old = new Map(before.projects.map((project) => [project.name, project]));
  const now = new Map(after.projects.map((project) => [project.name, project]));
  const added = after.projects.filter((project) => !old.has(project.name));
  const removed = before.projects.filter((project) => !now.has(project.name));
  const changed = after.projects.flatMap((project) => {
    const previous = old.get(project.name);
    const diff = previous && diffProject(before, previous, after, project);
    return diff ? [diff] : [];
  });
  const keys = (Object.keys(after) as (keyof Config)[]).filter(
    (key) => key !== 'projects' && !same(before[key], after[key]),
  );
  const restart = keys.filter((key) => RESTART_KEYS.has(key));
  const live = keys.filter((key) => !RESTART_KEYS.has(key));
  const empty = added.length + removed.length + changed.length + keys.length === 0;
  return { added, removed, changed, live, restart, empty };
}

/** Compares one project, each time with the config around it; undefined when nothing differs for it. */
export function diffProject(
  oldConfig: Config,
  before: ProjectConfig,
  newConfig: Config,
  after: ProjectConfig,
): ProjectDiff | undefined {
  const oldSettings = resolveProject(oldConfig, before);
  const newSettings = resolveProject(newConfig, after);
  const settings = (Object.keys(newSettings) as (keyof ProjectSettings)[]).filter(
    (key) => !same(oldSettings[key], newSettings[key]),
  );
  const other = (Object.keys(after) as (keyof ProjectConfig)[]).filter(
    (key) => !NOT_OTHER.has(key) && !(key in newSettings) && !same(before[key], after[key]),
  );
  const agentChanged = !same(allAgents(oldConfig, before), allAgents(newConfig, after));
  const platforms = diffPlatforms(before.platforms, after.platforms);
  const quiet = settings.length + other.length + platforms.added.length + platforms.removed.length === 0;
  if (quiet && !agentChanged) return undefined;
  return {
    name: after.name,
    before,
    after,
    platformsAdded: platforms.added,
    platformsRemoved: platforms.removed,
    agentChanged,
    settings,
    other,
  };
}

/** Everything an agent process is started from, as text: equal means that nothing changed for it. */
export function agentFingerprint(config: Config, project: ProjectConfig, agent: AgentConfig): string {
  return stable([
    [agent.type, agent.name, agent.aliases, agent.options, agentProviders(config, agent)],
    [project.run_as_user, project.run_as_env, project.mode, project.base_dir],
  ]);
}

function allAgents(config: Config, project: ProjectConfig): string[] {
  return [...agentsOf(project), ...routedAgents(project)].map((agent) =>
    agentFingerprint(config, project, agent),
  );
}

/** Equal platforms are matched first; then leftovers of the same type, in order, count as changed. */
function diffPlatforms(
  before: readonly PlatformConfig[],
  after: readonly PlatformConfig[],
): { added: PlatformChange[]; removed: PlatformConfig[] } {
  const gone = [...before];
  const fresh = after.filter((platform) => {
    const match = gone.findIndex((old) => same(old, platform));
    if (match >= 0) gone.splice(match, 1);
    return match < 0;
  });
  const added = fresh.map((platform): PlatformChange => {
    const match = gone.findIndex((old) => old.type === platform.type);
    const replaces = match < 0 ? undefined : gone.splice(match, 1)[0];
    return replaces ? { platform, replaces } : { platform };
  });
  return { added, removed: gone };
}

/** Deep equality without regard to key order and to `at`. */
export function same(a: unknown, b: unknown): boolean {
  return stable(a) === stable(b);
}

function stable(value: unknown): string {
  return (
    JSON.stringify(value, (_, item: unknown) => {
      if (typeof item === 'bigint') return `${item}n`;
      if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
      const entries = Object.entries(item).filter(([key]) => key !== 'at');
      return Object.fromEntries(
        entries.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
      );
    }) ?? 'undefined'
  );
}
