import { dirname, join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { activeProvider } from '../config/providers.ts';
import type { Config, PlatformConfig, ProjectConfig } from '../config/schema/root.ts';
import type { Agent, AgentDefinition } from '../core/agent.ts';
import { AppError, describeError } from '../core/errors.ts';
import { type AccountId, asId, type ProjectName } from '../core/ids.ts';
import type { Log, Platform, PlatformContext } from '../core/platform.ts';
import type { AgentSlots } from '../engine/agent-slots.ts';
import type { CommandTable } from '../engine/command-table.ts';
import { Delivery } from '../engine/delivery.ts';
import { displayModeNamed, displayModePreference, withDisplayMode } from '../engine/display-mode.ts';
import { Languages } from '../engine/language.ts';
import { commandDirOf } from '../engine/live-agent.ts';
import { OpenPreviews } from '../engine/preview.ts';
import { Project } from '../engine/project.ts';
import type { PlatformLink, ProjectContext } from '../engine/project-context.ts';
import type { ProjectSettings } from '../engine/settings.ts';
import { TokenBucket } from '../kit/token-bucket.ts';
import { TerminalPlatform } from '../platforms/terminal/terminal-platform.ts';
import type { Queries } from '../store/queries.ts';
import type { Store } from '../store/store.ts';
import type { AdapterRegistry } from './adapters.ts';
import { engineSettings } from './engine-settings.ts';
import { PlatformHost } from './platform-host.ts';

export interface HostDeps {
  readonly store: Store;
  readonly queries: Queries;
  readonly slots: AgentSlots;
  readonly table: CommandTable;
  readonly adapters: AdapterRegistry;
  readonly log: Log;
  readonly dataDir: string;
  readonly startedAt: number;
  /** Replaced on reload. */
  loaded: LoadedConfig;
}

interface HostedPlatform {
  readonly at: PlatformConfig;
  readonly account: AccountId;
  readonly host: PlatformHost;
}

/** One project of the config, running: its agent, its platforms, and the changes a reload brings. */
export class ProjectHost {
  readonly project: Project;
  readonly terminal: TerminalPlatform;
  readonly problems: string[] = [];
  private readonly deps: HostDeps;
  private readonly hosted: HostedPlatform[] = [];
  private readonly log: Log;

  private constructor(deps: HostDeps, project: Project, terminal: TerminalPlatform, log: Log) {
    this.deps = deps;
    this.project = project;
    this.terminal = terminal;
    this.log = log;
  }

  /** Builds the project; platforms that cannot be built are reported, not fatal. Throws when the agent cannot be. */
  static async create(deps: HostDeps, config: Config, project: ProjectConfig): Promise<ProjectHost> {
    const log = deps.log.child({ project: project.name });
    const agent = await makeAgent(deps, config, project, log);
    const links = new Map<AccountId, PlatformLink>();
    const previews = new OpenPreviews();
    const name = asId<ProjectName>(project.name);
    const { store, queries } = deps;
    const ring: { project?: Project } = {};
    const delivery = new Delivery({
      store,
      queries,
      log,
      previews,
      platformOf: (account) => links.get(account)?.platform,
      pace: (account) => links.get(account)?.outgoing,
      shown: (row) => ring.project?.desk.shown(row),
    });
    const context: ProjectContext = {
      name,
      settings: withPreferences(engineSettings(config, project), queries),
      store,
      queries,
      agent,
      slots: deps.slots,
      links,
      delivery,
      previews,
      log,
      dataDir: deps.dataDir,
      baseEnv: agentEnvironment(deps.loaded, agent),
      commandDir: commandDirOf(deps.dataDir),
      allowedTools: [],
      nativeCommands: new Set(),
      languages: new Languages({ store, queries, log }, name),
      startedAt: deps.startedAt,
    };
    const built = new Project(context, deps.table);
    ring.project = built;
    const terminal = new TerminalPlatform(contextFor(deps, project, log), { agentLabel: agent.label });
    const host = new ProjectHost(deps, built, terminal, log);
    host.link(
      terminal,
      () => terminal,
      { allowFrom: '*', progressStyle: 'legacy', trusted: true },
      undefined,
    );
    for (const platform of project.platforms) await host.addPlatform(config, project, platform);
    return host;
  }

  /** Recovery first, so that nothing new overtakes what was promised; then the platforms connect. */
  async start(): Promise<void> {
    await this.project.recover();
    await Promise.all(this.hosted.map(({ host }) => host.start()));
    this.publishMenus();
  }

  async stop(): Promise<void> {
    this.project.context.delivery.stop();
    await Promise.all([this.project.stop(), ...this.hosted.map(({ host }) => host.stop())]);
  }

  applySettings(config: Config, project: ProjectConfig): void {
    this.project.context.settings = withPreferences(engineSettings(config, project), this.deps.queries);
  }

  /** New turns use the new agent; a running one ends with the old. */
  async replaceAgent(config: Config, project: ProjectConfig): Promise<void> {
    const { context } = this.project;
    const agent = await makeAgent(this.deps, config, project, this.log);
    context.agent = agent;
    context.baseEnv = agentEnvironment(this.deps.loaded, agent);
    for (const actor of this.project.liveActors) actor.renewAgent();
  }

  async addPlatform(whole: Config, project: ProjectConfig, config: PlatformConfig): Promise<void> {
    try {
      const entry = await this.deps.adapters.platform(config.type);
      const { allow_from: allowFrom = '', progress_style: style, ...rest } = config.options;
      const make = () =>
        entry.create({ ...rest, progress_style: style }, contextFor(this.deps, project, this.log));
      const progressStyle = style === 'compact' || style === 'card' ? style : 'legacy';
      this.link(
        make(),
        make,
        {
          allowFrom: String(allowFrom),
          progressStyle,
          trusted: false,
          outgoing: outgoingBucket(whole, config.type),
        },
        config,
      );
    } catch (error) {
      const problem = `${config.at} (${config.type}): ${describeError(error)}`;
      this.problems.push(problem);
      this.log.error({ platform: config.at, error: describeError(error) }, 'platform cannot be used');
    }
  }

  async startPlatform(config: PlatformConfig): Promise<void> {
    await this.hosted.find(({ at }) => at === config)?.host.start();
    this.publishMenus();
  }

  async removePlatform(matches: (config: PlatformConfig) => boolean): Promise<void> {
    for (const one of this.hosted.filter(({ at }) => at !== undefined && matches(at))) {
      this.hosted.splice(this.hosted.indexOf(one), 1);
      this.project.context.links.delete(one.account);
      await one.host.stop();
    }
  }

  private link(
    platform: Platform,
    make: () => Platform,
    how: Pick<PlatformLink, 'allowFrom' | 'progressStyle' | 'trusted' | 'outgoing'>,
    config: PlatformConfig | undefined,
  ): void {
    const { links } = this.project.context;
    if (links.has(platform.account)) {
      throw new AppError(
        'account_twice',
        `the bot ${platform.account} is configured twice in project ${this.project.context.name}`,
        { kind: 'validation', advice: 'keep one of them' },
      );
    }
    const link: PlatformLink = { platform, ...how, state: { is: 'starting', since: Date.now() } };
    links.set(platform.account, link);
    const host = new PlatformHost(make, link, this.project.sinkFor(platform.account), this.log);
    this.hosted.push({ at: config ?? terminalConfig, account: platform.account, host });
  }

  /** The command menu of each platform that has one; failures are no reason to be silent or to stop. */
  private publishMenus(): void {
    const entries = this.deps.table.all.map(({ name, summary }) => ({
      name,
      description: summary[this.project.context.settings.language ?? 'en'],
    }));
    for (const { platform } of this.project.context.links.values()) {
      platform.menu
        ?.publish(entries, AbortSignal.timeout(30_000))
        .catch((error: unknown) =>
          this.log.warn(
            { account: platform.account, error: describeError(error) },
            'command menu not published',
          ),
        );
    }
  }
}

/** Stands for the terminal chat, which no config names. */
const terminalConfig = { at: '', type: 'terminal', options: {} } as PlatformConfig;

async function makeAgent(deps: HostDeps, config: Config, project: ProjectConfig, log: Log): Promise<Agent> {
  const definition: AgentDefinition = await deps.adapters.agent(project.agent.type);
  const provider = activeProvider(config, project.agent);
  return definition.create(project.agent.options, {
    log,
    cacheDir: join(deps.dataDir, 'agents', project.name.replaceAll(/[^\w.-]/g, '_')),
    provider: provider && {
      name: provider.name,
      apiKey: provider.api_key || undefined,
      baseUrl: provider.base_url || undefined,
      model: provider.model || undefined,
      models: provider.models,
      env: provider.env,
    },
    baseDir: dirname(deps.loaded.path),
  });
}

function contextFor(deps: HostDeps, project: ProjectConfig, log: Log): PlatformContext {
  return { log, cacheDir: join(deps.dataDir, 'platforms'), project: project.name };
}

/** Ours, minus the secrets used for platforms and servers and what would make the agent think it is nested. */
function agentEnvironment(loaded: LoadedConfig, agent: Agent): Record<string, string> {
  const hidden = new Set([
    ...loaded.usedSecrets,
    ...agent.capabilities.nestingVariables,
    'CC_CONNECT_OWNER',
    'CC_CONNECT_FAILPOINT',
  ]);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && !hidden.has(name)) env[name] = value;
  return env;
}

/** What was chosen in a chat (`/quiet`) wins over the file. */
function withPreferences(settings: ProjectSettings, queries: Queries): ProjectSettings {
  const { scope, name } = displayModePreference;
  const mode = displayModeNamed(queries.preference(settings.name, scope, name) ?? '');
  return mode ? withDisplayMode(settings, mode) : settings;
}

/** How many messages per second a platform may send, if the config limits it. */
function outgoingBucket(config: Config, type: string): TokenBucket | undefined {
  const shared = config.outgoing_rate_limit;
  const own = shared.platforms[type];
  const perSecond = own?.max_per_second ?? shared.max_per_second ?? 0;
  if (perSecond <= 0) return undefined;
  return new TokenBucket({
    perSecond,
    capacity: own?.burst ?? shared.burst ?? Math.max(1, Math.ceil(perSecond)),
  });
}
