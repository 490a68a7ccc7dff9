import { join } from 'node:path';
import { Accounts } from './app/accounts.ts';
import { activeTypes } from './app/active-types.ts';
import { adapterRegistry } from './app/adapters.ts';
import { Backend } from './app/backend.ts';
import { writeCommandDir } from './app/command-dir.ts';
import type { HostDeps } from './app/host-deps.ts';
import { type DaemonLog, openLog } from './app/log.ts';
import { optionWarnings } from './app/option-problems.ts';
import { ProjectHost } from './app/project-host.ts';
import { applyReload } from './app/reload.ts';
import { reservations } from './app/reservations.ts';
import { sweepStore } from './app/retention.ts';
import { inactiveFeatures } from './config/inactive.ts';
import { type LoadedConfig, loadConfig } from './config/load.ts';
import { formatProblem } from './config/problem.ts';
import type { Config } from './config/schema/root.ts';
import type { AgentDefinition } from './core/agent.ts';
import { AppError, describeError } from './core/errors.ts';
import type { Log, PlatformDefinition } from './core/platform.ts';
import { AgentSlots } from './engine/agent-slots.ts';
import { CommandTable } from './engine/command-table.ts';
import { commandDirOf } from './engine/live-agent.ts';
import { ModelSwitch } from './engine/model-switch.ts';
import { coreCommands } from './features/commands/table.ts';
import { Redactor } from './kit/redact.ts';
import type { DaemonOptions, RunningDaemon } from './servers/local/daemon.ts';
import { LocalServer } from './servers/local/local-server.ts';
import { failpointOf } from './store/failpoint.ts';
import { acquireLock, configLockPath, dataLockPath, type HeldLock } from './store/lock.ts';
import { Queries } from './store/queries.ts';
import { Store } from './store/store.ts';

/** What tests and benches bring along. */
export interface Extras {
  readonly agents?: readonly AgentDefinition[];
  readonly platforms?: readonly PlatformDefinition[];
}

const stopDeadlineMs = 9_000;
const sweepEveryMs = 3_600_000;
/** Late enough for the first messages not to wait, and soon enough for a daemon that is often started anew. */
const firstSweepMs = 300_000;

/** The composition root: opens everything in order, and closes it in the opposite one. */
export async function startDaemon(options: DaemonOptions, extras: Extras = {}): Promise<RunningDaemon> {
  const loaded = await loadConfig(options.configFile, process.env);
  const config = usable(loaded);
  const redactor = new Redactor(loaded.redactions);
  const daemonLog = openLog(
    options.log,
    config.log.level,
    redactor,
    join(config.data_dir, 'logs', 'cc-connect.log'),
  );
  const undo: (() => Promise<void> | void)[] = [daemonLog.close, surviveRejections(daemonLog.log)];
  try {
    const daemon = await open(options, extras, loaded, config, daemonLog, redactor, undo);
    return daemon;
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/** SDKs drop promises whose failure nobody can catch; that is logged and must not end the daemon. */
function surviveRejections(log: Log): () => void {
  const note = (reason: unknown) =>
    log.error({ error: describeError(reason) }, 'a promise failed that nobody waits for');
  process.on('unhandledRejection', note);
  return () => {
    process.off('unhandledRejection', note);
  };
}

async function open(
  options: DaemonOptions,
  extras: Extras,
  loaded: LoadedConfig,
  config: Config,
  { log, setLevel }: DaemonLog,
  redactor: Redactor,
  undo: (() => Promise<void> | void)[],
): Promise<RunningDaemon> {
  const dataDir = config.data_dir;
  for (const lock of await locks(options.configFile, dataDir)) undo.push(() => lock.release());
  let failure: Error | undefined;
  let stop: (reason: string) => Promise<void> = () => Promise.resolve();
  const giveUp = (error: Error, reason: string) => {
    failure ??= error;
    log.error({ error: describeError(error) }, reason);
    void stop(reason);
  };
  const store = await Store.open({
    path: join(dataDir, 'state.db'),
    durability: config.durability,
    failpoint: failpointOf(process.env),
    trouble: (message) =>
      log.warn({ error: message }, 'the log of the store grows: it cannot be folded back into the file'),
    // Without it every message is refused: who keeps the daemon running starts it again.
    lost: (error) => giveUp(error, 'the store was lost'),
  });
  undo.push(() => store.close());
  const queries = new Queries(store.read);
  await writeCommandDir(commandDirOf(dataDir));
  for (const problem of loaded.problems)
    log[problem.severity === 'error' ? 'error' : 'warn']({}, formatProblem(problem));
  const deps: HostDeps = {
    store,
    queries,
    slots: new AgentSlots(config.max_live_agents),
    modelSwitch: new ModelSwitch(),
    table: new CommandTable(coreCommands),
    adapters: adapterRegistry(extras),
    accounts: new Accounts({ store, queries, log }),
    log,
    dataDir,
    startedAt: Date.now(),
    loaded,
  };
  const hosts = new Map<string, ProjectHost>();
  const failed = new Map<string, string>();
  const active = activeTypes(extras.agents);
  const inactive = () => inactiveFeatures(state.config, active);
  const state = { config };
  for (const line of inactive()) log.warn({ feature: line }, 'configured, but not active in this version');
  await createHosts(deps, config, hosts, failed);
  deps.accounts.reservations = await reservations(deps, config, hosts, failed);
  const findings = [...deps.accounts.findings(), ...(await optionWarnings(loaded, deps.adapters))];
  for (const problem of loaded.place(findings)) log.warn({}, formatProblem(problem));
  if (hosts.size === 0)
    throw new AppError(
      'no_project',
      `no project could be started: ${[...failed.values()].join('; ') || 'none is configured'}`,
      { advice: 'run "cc-connect config check"' },
    );

  let ending: Promise<void> | undefined;
  let ended: () => void = () => {};
  const end = new Promise<Error | undefined>((resolve) => {
    ended = () => resolve(failure);
  });
  stop = (reason) => {
    ending ??= (async () => {
      log.info({ reason }, 'stopping');
      for (const sweeper of sweepers) clearTimeout(sweeper);
      await withDeadline(
        Promise.all([server.stop(), ...[...hosts.values()].map((host) => host.stop())]),
        log,
      );
      for (const step of undo.reverse()) await step();
      ended();
    })();
    return ending;
  };
  const reload = () => applyReload({ options, deps, hosts, failed, redactor, state, log, setLevel });
  const backend = new Backend({
    hosts,
    failed,
    queries,
    accounts: deps.accounts,
    configFile: options.configFile,
    dataDir,
    startedAt: deps.startedAt,
    inactive,
    reload,
    shutdown: (reason) => void stop(reason),
  });
  const maxFileBytes = () =>
    (Number(process.env.CC_MAX_ATTACHMENT_SIZE_MB) || state.config.max_attachment_size_mb) * 1024 * 1024;
  const server = new LocalServer({ backend, dataDir, log, maxFileBytes });
  await server.start();
  const sweep = () => void sweepStore(store, state.config, log);
  const sweepers = [setTimeout(sweep, firstSweepMs).unref(), setInterval(sweep, sweepEveryMs).unref()];
  const ready = Promise.all([...hosts.values()].map((host) => host.start())).then(() => {
    log.info({ ms: Math.round(performance.now()), projects: hosts.size }, 'ready');
  });
  ready.catch((error: unknown) =>
    giveUp(error instanceof Error ? error : new Error(String(error)), 'recovery failed'),
  );
  if (failure) void stop('it cannot go on');
  return { dataDir, socketPath: server.path, backend, ready, ended: end, stop: (reason) => stop(reason) };
}

/** Both the config and the data folder belong to one instance at a time. */
async function locks(configFile: string, dataDir: string): Promise<HeldLock[]> {
  const data = await acquireLock(dataLockPath(dataDir), dataDir);
  try {
    return [data, await acquireLock(configLockPath(configFile), configFile)];
  } catch (error) {
    data.release();
    throw error;
  }
}

async function createHosts(
  deps: HostDeps,
  config: Config,
  hosts: Map<string, ProjectHost>,
  failed: Map<string, string>,
): Promise<void> {
  for (const project of config.projects) {
    try {
      hosts.set(project.name, await ProjectHost.create(deps, config, project));
    } catch (error) {
      failed.set(project.name, describeError(error));
      deps.log.error({ project: project.name, error: describeError(error) }, 'project cannot be started');
    }
  }
}

function usable(loaded: LoadedConfig): Config {
  if (loaded.config) return loaded.config;
  const lines = loaded.problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  throw new AppError('config_unusable', `nothing of ${loaded.path} can be used:\n${lines.join('\n')}`, {
    kind: 'validation',
    advice: 'mend it, then check with "cc-connect config check"',
  });
}

async function withDeadline(work: Promise<unknown>, log: Log): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), stopDeadlineMs);
  });
  const done = work.catch((error: unknown) =>
    log.error({ error: describeError(error) }, 'not everything stopped cleanly'),
  );
  if ((await Promise.race([done, late])) === 'late') log.warn({}, 'not everything stopped in time');
  clearTimeout(timer);
}
