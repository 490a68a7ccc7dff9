import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { diffConfig, diffProject, type ProjectDiff, same } from '../config/reload.ts';
import type { Config, ProjectConfig } from '../config/schema/root.ts';
import { AppError, describeError } from '../core/errors.ts';
import { asId, type ProjectName } from '../core/ids.ts';
import type { Log } from '../core/platform.ts';
import type { Redactor } from '../kit/redact.ts';
import type { ReloadResult } from '../servers/local/backend.ts';
import type { DaemonOptions } from '../servers/local/daemon.ts';
import type { HostDeps } from './host-deps.ts';
import { outgoingRate } from './outgoing-rate.ts';
import { ProjectHost } from './project-host.ts';
import { checked } from './reload-checks.ts';
import { reservations } from './reservations.ts';

export interface ReloadDeps {
  readonly options: DaemonOptions;
  readonly deps: HostDeps;
  readonly hosts: Map<string, ProjectHost>;
  readonly failed: Map<string, string>;
  readonly redactor: Redactor;
  readonly state: { config: Config };
  readonly log: Log;
  setLevel(level: Config['log']['level']): void;
}

/** What is left to do once the routes have changed. */
interface Turnover {
  readonly starts: (() => Promise<void>)[];
  readonly ends: (() => Promise<void>)[];
}

let running: Promise<unknown> = Promise.resolve();

/** Applies a changed config without touching running turns; any error in it keeps the old one. One at a time. */
export function applyReload(reload: ReloadDeps): Promise<ReloadResult> {
  const next = running.then(() => apply(reload));
  running = next.catch(() => undefined);
  return next;
}

async function apply({
  options,
  deps,
  hosts,
  failed,
  redactor,
  state,
  log,
  setLevel,
}: ReloadDeps): Promise<ReloadResult> {
  const loaded = await loadConfig(options.configFile, process.env);
  const { config, warnings } = await checked(loaded, deps, hosts);
  const diff = diffConfig(state.config, config);
  const applied: string[] = [];
  const notes: string[] = warnings.map(formatProblem);
  redactor.add(loaded.redactions);
  deps.loaded = loaded;
  if (diff.live.length > 0) applied.push(`settings: ${diff.live.join(', ')}`);
  for (const key of diff.restart) notes.push(`${key} takes effect after a restart`);
  deps.slots.setMax(config.max_live_agents);
  deps.accounts.limit((type) => outgoingRate(config, type));
  setLevel(config.log.level);
  // Built beside what runs; then all routes change at one moment, and what starts or ends does so behind them.
  const turnover: Turnover = { starts: [], ends: [] };
  /** Projects that stay as they were, and why; the others get what is new. */
  const failures = new Map<string, string>();
  deps.accounts.holdRoutes();
  try {
    // Not from the config before: a reload that failed midway may have brought others.
    for (const name of new Set([...hosts.keys(), ...failed.keys()]))
      if (!config.projects.some((project) => project.name === name)) remove(name);
    for (const project of config.projects)
      try {
        const host = hosts.get(project.name);
        if (host) await change(host, project);
        else await add(project);
      } catch (error) {
        failures.set(project.name, describeError(error));
      }
    // Only now: what makes room for an entry may stand behind it in the file, in another project.
    for (const project of config.projects) if (!failures.has(project.name)) await connect(project);
    await reserve();
  } finally {
    deps.accounts.releaseRoutes(config.projects.map(({ name }) => name));
    // Also when something went wrong: what has left the routes must not go on running unseen.
    for (const start of turnover.starts) await start();
    for (const end of turnover.ends) await end();
  }
  await deps.accounts.settle();
  if (failures.size > 0) {
    log.warn({ applied, notes }, 'config reloaded in part');
    throw incomplete(failures);
  }
  // Only now: what a reload that failed midway left undone must still differ for the next one.
  state.config = config;
  notes.push(...loaded.place(deps.accounts.findings()).map(formatProblem));
  log.info({ applied, notes }, 'config reloaded');
  return { applied, notes };

  async function reserve(): Promise<void> {
    deps.accounts.reservations = await reservations(deps, config, hosts, failed);
  }

  function remove(name: string): void {
    const host = hosts.get(name);
    deps.accounts.part(asId<ProjectName>(name));
    hosts.delete(name);
    failed.delete(name);
    applied.push(`project ${name} removed`);
    turnover.ends.push(async () => host?.stop());
  }

  async function change(host: ProjectHost, project: ProjectConfig): Promise<void> {
    const { inForce } = host;
    const found = diffProject(inForce.config, inForce.project, config, project);
    if (found) await applyProject(host, config, found, turnover, applied);
    else host.follows(config, project);
  }

  async function connect(project: ProjectConfig): Promise<void> {
    const { name } = project;
    const platforms = hosts.get(name)?.platforms;
    for (const { platform, problem } of (await platforms?.addMissing(config, project)) ?? [])
      if (problem === undefined) {
        turnover.starts.push(async () => platforms?.startOne(platform));
        applied.push(`${name}: ${platform.type} connected`);
      } else notes.push(`${name}: ${platform.type} cannot be used: ${problem}`);
  }

  async function add(project: ProjectConfig): Promise<void> {
    const { name } = project;
    try {
      const host = await ProjectHost.create(deps, config, project);
      hosts.set(name, host);
      failed.delete(name);
      turnover.starts.push(() => start(name, host));
    } catch (error) {
      couldNot(name, error);
    }
  }

  async function start(name: string, host: ProjectHost): Promise<void> {
    try {
      await host.start();
      applied.push(`project ${name} added`);
    } catch (error) {
      // Its chats are closed before it leaves them to others.
      couldNot(name, error);
      await reserve();
      await host.stop();
      hosts.delete(name);
    }
  }

  function couldNot(name: string, error: unknown): void {
    failed.set(name, describeError(error));
    notes.push(`project ${name} cannot be started: ${describeError(error)}`);
  }
}

function incomplete(failures: ReadonlyMap<string, string>): AppError {
  const lines = [...failures].map(([name, problem]) => `project ${name}: ${problem}`);
  return new AppError('reload_incomplete', `not everything could be changed:\n${lines.join('\n')}`, {
    advice: 'the rest of the config is in force; mend it, then reload again',
  });
}

/** The bots that go and those that pass to another entry; what is to be connected is left to `addMissing`. */
async function applyProject(
  host: ProjectHost,
  config: Config,
  change: ProjectDiff,
  turnover: Turnover,
  applied: string[],
): Promise<void> {
  const { name, after } = change;
  // First, because it may fail, and then changes nothing.
  if (change.agentChanged) {
    await host.renewAgents(config, after);
    applied.push(
      `${name}: agents changed; the running turn ends as it began, new ones use them and their conversations go on`,
    );
  }
  host.follows(config, after);
  const added = change.platformsAdded.map(({ platform }) => platform);
  const missing = host.platforms.missing(after.platforms);
  const kept = after.platforms.filter((platform) => !missing.includes(platform));
  const gone = [
    ...change.platformsAdded.flatMap(({ replaces }) => replaces ?? []),
    ...change.platformsRemoved,
  ];
  // What could not be used may have the bot of an entry that is gone; what is new in the file comes first.
  for (const platform of [...added, ...missing.filter((one) => !added.includes(one))]) {
    const before = await host.platforms.change(platform, kept);
    if (!before) continue;
    kept.push(platform);
    const at = gone.findIndex((one) => same(one, before));
    if (at >= 0) gone.splice(at, 1);
    applied.push(`${name}: ${platform.type} changed`);
  }
  for (const platform of gone) {
    const end = host.platforms.part(platform);
    if (end) turnover.ends.push(end);
    applied.push(`${name}: ${platform.type} ${end ? 'disconnected' : 'removed'}`);
  }
  if (change.settings.length + change.other.length > 0)
    applied.push(`${name}: ${[...change.settings, ...change.other].join(', ')}`);
}
