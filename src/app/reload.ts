import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { formatProblem, type Problem, sortProblems } from '../config/problem.ts';
import { diffConfig, type ProjectDiff } from '../config/reload.ts';
import type { Config, PlatformConfig, ProjectConfig } from '../config/schema/root.ts';
import { AppError, describeError } from '../core/errors.ts';
import { asId, type ProjectName } from '../core/ids.ts';
import type { Log } from '../core/platform.ts';
import type { Redactor } from '../kit/redact.ts';
import type { ReloadResult } from '../servers/local/backend.ts';
import type { DaemonOptions } from '../servers/local/daemon.ts';
import { dryRun } from './dry-run.ts';
import type { HostDeps } from './host-deps.ts';
import { optionProblems, sharedBotProblems } from './option-problems.ts';
import { outgoingRate } from './outgoing-rate.ts';
import { ProjectHost } from './project-host.ts';
import { alike } from './project-platforms.ts';
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
  const { config, warnings } = await checked(loaded, deps);
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
  deps.accounts.holdRoutes();
  try {
    for (const { name } of diff.removed) remove(name);
    for (const project of config.projects) {
      const host = hosts.get(project.name);
      const change = diff.changed.find(({ name }) => name === project.name);
      host?.applySettings(config, project);
      if (host && change) await applyProject(host, config, change, turnover, { applied, notes });
      if (!host) await add(project);
    }
    await reserve();
  } finally {
    deps.accounts.releaseRoutes(config.projects.map(({ name }) => name));
    // Also when something went wrong: what has left the routes must not go on running unseen.
    for (const start of turnover.starts) await start();
    for (const end of turnover.ends) await end();
  }
  await deps.accounts.settle();
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

async function applyProject(
  host: ProjectHost,
  config: Config,
  change: ProjectDiff,
  turnover: Turnover,
  told: { readonly applied: string[]; readonly notes: string[] },
): Promise<void> {
  const { name } = change;
  const added = change.platformsAdded.map(({ platform }) => platform);
  const kept = change.after.platforms.filter((platform) => !added.includes(platform));
  const fresh: PlatformConfig[] = [];
  let gone = [...change.platformsAdded.flatMap(({ replaces }) => replaces ?? []), ...change.platformsRemoved];
  for (const platform of added) {
    const before = await host.platforms.change(platform, kept);
    if (before) {
      gone = gone.filter((one) => !alike(one, before));
      told.applied.push(`${name}: ${platform.type} changed`);
    } else fresh.push(platform);
  }
  for (const platform of gone) {
    turnover.ends.push(host.platforms.part(platform));
    told.applied.push(`${name}: ${platform.type} disconnected`);
  }
  for (const platform of fresh) {
    const problem = await host.platforms.add(config, change.after, platform);
    if (problem === undefined) {
      turnover.starts.push(() => host.platforms.startOne(platform));
      told.applied.push(`${name}: ${platform.type} connected`);
    } else told.notes.push(`${name}: ${platform.type} cannot be used: ${problem}`);
  }
  if (change.agentChanged) {
    await host.renewAgents(config, change.after);
    told.applied.push(
      `${name}: agents changed; the running turn ends as it began, new ones use them and their conversations go on`,
    );
  }
  if (change.settings.length + change.other.length > 0)
    told.applied.push(`${name}: ${[...change.settings, ...change.other].join(', ')}`);
}

/** Adapters are tried before anything changes: what they refuse is as wrong as what the schema refuses. */
async function checked(
  loaded: LoadedConfig,
  deps: HostDeps,
): Promise<{ readonly config: Config; readonly warnings: readonly Problem[] }> {
  const { config, entries, settings } = loaded;
  const dry = dryRun({ ...deps, loaded }, settings);
  const problems = [...loaded.problems, ...loaded.place(await optionProblems(entries, dry))];
  const shared = loaded.place(config ? await sharedBotProblems(config, dry) : []);
  const errors = sortProblems([...problems, ...shared]).filter(({ severity }) => severity === 'error');
  if (config && errors.length === 0) return { config, warnings: problems };
  throw new AppError(
    'config_invalid',
    `the config has errors, so the old one stays:\n${errors.map(formatProblem).join('\n')}`,
    {
      kind: 'validation',
      advice: 'mend them, then reload again',
    },
  );
}
