import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { diffConfig, type ProjectDiff } from '../config/reload.ts';
import type { Config, PlatformConfig, ProjectConfig } from '../config/schema/root.ts';
import { AppError, describeError } from '../core/errors.ts';
import { asId, type ProjectName } from '../core/ids.ts';
import type { Log } from '../core/platform.ts';
import type { Redactor } from '../kit/redact.ts';
import type { ReloadResult } from '../servers/local/backend.ts';
import type { DaemonOptions } from '../servers/local/daemon.ts';
import type { HostDeps } from './host-deps.ts';
import { ProjectHost } from './project-host.ts';
import { reservations } from './reservations.ts';

export interface ReloadDeps {
  readonly options: DaemonOptions;
  readonly deps: HostDeps;
  readonly hosts: Map<string, ProjectHost>;
  readonly failed: Map<string, string>;
  readonly redactor: Redactor;
  readonly state: { config: Config };
  readonly log: Log;
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
}: ReloadDeps): Promise<ReloadResult> {
  const loaded = await loadConfig(options.configFile, process.env);
  const config = faultless(loaded);
  const diff = diffConfig(state.config, config);
  const applied: string[] = [];
  const notes: string[] = loaded.problems.map(formatProblem);
  redactor.add(loaded.redactions);
  deps.loaded = loaded;
  state.config = config;
  if (diff.live.length > 0) applied.push(`settings: ${diff.live.join(', ')}`);
  for (const key of diff.restart) notes.push(`${key} takes effect after a restart`);
  deps.slots.setMax(config.max_live_agents);
  // Built beside what runs; then all routes change at one moment, and what starts or ends does so behind them.
  const turnover: Turnover = { starts: [], ends: [] };
  deps.accounts.holdRoutes();
  try {
    for (const { name } of diff.removed) remove(name);
    for (const project of config.projects) {
      const host = hosts.get(project.name);
      const change = diff.changed.find(({ name }) => name === project.name);
      host?.applySettings(config, project);
      if (host && change) applied.push(...(await applyProject(host, config, change, turnover)));
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
): Promise<string[]> {
  const lines: string[] = [];
  const fresh: PlatformConfig[] = [];
  const gone = [
    ...change.platformsAdded.flatMap(({ replaces }) => replaces ?? []),
    ...change.platformsRemoved,
  ];
  for (const { platform, replaces } of change.platformsAdded) {
    const kept = await changed(host, replaces ? [replaces, ...gone] : gone, platform);
    if (kept) {
      gone.splice(gone.indexOf(kept), 1);
      lines.push(`${change.name}: ${platform.type} changed`);
    } else fresh.push(platform);
  }
  for (const platform of gone) {
    turnover.ends.push(host.platforms.part(platform));
    lines.push(`${change.name}: ${platform.type} disconnected`);
  }
  for (const platform of fresh) {
    await host.platforms.add(config, change.after, platform);
    turnover.starts.push(() => host.platforms.startOne(platform));
    lines.push(`${change.name}: ${platform.type} connected`);
  }
  if (change.agentChanged) {
    await host.renewAgents(config, change.after);
    lines.push(
      `${change.name}: agents changed; the running turn ends as it began, new ones use them and their conversations go on`,
    );
  }
  if (change.settings.length + change.other.length > 0)
    lines.push(`${change.name}: ${[...change.settings, ...change.other].join(', ')}`);
  return lines;
}

/** The old entry whose bot this is, with the settings of the new one from now on. */
async function changed(
  host: ProjectHost,
  before: readonly PlatformConfig[],
  after: PlatformConfig,
): Promise<PlatformConfig | undefined> {
  for (const old of before)
    if (old.type === after.type && (await host.platforms.change(old, after))) return old;
  return undefined;
}

function faultless(loaded: LoadedConfig): Config {
  const errors = loaded.problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  if (loaded.config && errors.length === 0) return loaded.config;
  throw new AppError('config_invalid', `the config has errors, so the old one stays:\n${errors.join('\n')}`, {
    kind: 'validation',
    advice: 'mend them, then reload again',
  });
}
