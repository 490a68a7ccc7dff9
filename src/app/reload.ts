import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { diffConfig, type ProjectDiff } from '../config/reload.ts';
import type { Config, PlatformConfig } from '../config/schema/root.ts';
import { AppError, describeError } from '../core/errors.ts';
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
  for (const { name } of diff.removed) {
    await hosts.get(name)?.stop();
    hosts.delete(name);
    failed.delete(name);
    applied.push(`project ${name} removed`);
  }
  for (const project of config.projects) {
    const host = hosts.get(project.name);
    const change = diff.changed.find(({ name }) => name === project.name);
    host?.applySettings(config, project);
    if (host && change) applied.push(...(await applyProject(host, config, change)));
    if (!host) await add(project.name);
  }
  await reserve();
  await deps.accounts.settle(config.projects.map(({ name }) => name));
  notes.push(...loaded.place(deps.accounts.findings()).map(formatProblem));
  log.info({ applied, notes }, 'config reloaded');
  return { applied, notes };

  async function reserve(): Promise<void> {
    deps.accounts.reservations = await reservations(deps, config, hosts, failed);
  }

  async function add(name: string): Promise<void> {
    const project = config.projects.find((one) => one.name === name);
    if (!project) return;
    try {
      const host = await ProjectHost.create(deps, config, project);
      hosts.set(name, host);
      failed.delete(name);
      await host.start();
      applied.push(`project ${name} added`);
    } catch (error) {
      // Its chats are closed before it leaves them to others.
      failed.set(name, describeError(error));
      await reserve();
      await hosts.get(name)?.stop();
      hosts.delete(name);
      notes.push(`project ${name} cannot be started: ${describeError(error)}`);
    }
  }
}

async function applyProject(host: ProjectHost, config: Config, change: ProjectDiff): Promise<string[]> {
  const lines: string[] = [];
  const fresh: PlatformConfig[] = [];
  const gone = [...change.platformsRemoved];
  for (const { platform, replaces } of change.platformsAdded) {
    if (replaces && (await host.platforms.change(replaces, platform)))
      lines.push(`${change.name}: ${platform.type} changed`);
    else {
      fresh.push(platform);
      if (replaces) gone.push(replaces);
    }
  }
  for (const platform of gone) {
    await host.platforms.remove(platform);
    lines.push(`${change.name}: ${platform.type} disconnected`);
  }
  for (const platform of fresh) {
    await host.platforms.add(config, change.after, platform);
    await host.platforms.startOne(platform);
    lines.push(`${change.name}: ${platform.type} connected`);
  }
  if (change.agentChanged) {
    await host.renewAgents(config, change.after);
    lines.push(`${change.name}: agents changed; new turns use them`);
  }
  if (change.settings.length + change.other.length > 0)
    lines.push(`${change.name}: ${[...change.settings, ...change.other].join(', ')}`);
  return lines;
}

function faultless(loaded: LoadedConfig): Config {
  const errors = loaded.problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  if (loaded.config && errors.length === 0) return loaded.config;
  throw new AppError('config_invalid', `the config has errors, so the old one stays:\n${errors.join('\n')}`, {
    kind: 'validation',
    advice: 'mend them, then reload again',
  });
}
