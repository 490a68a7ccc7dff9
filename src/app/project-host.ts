import { dirname, join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { activeProvider } from '../config/providers.ts';
import type { Config, ProjectConfig } from '../config/schema/root.ts';
import type { Agent, AgentDefinition } from '../core/agent.ts';
import { type AccountId, asId, type ProjectName } from '../core/ids.ts';
import type { Log } from '../core/platform.ts';
import { languageAt } from '../engine/chat-language.ts';
import { Delivery } from '../engine/delivery.ts';
import { displayModeNamed, displayModePreference, withDisplayMode } from '../engine/display-mode.ts';
import { Languages } from '../engine/language.ts';
import { commandDirOf } from '../engine/live-agent.ts';
import { OpenPreviews } from '../engine/preview.ts';
import { Project } from '../engine/project.ts';
import type { PlatformLink, ProjectContext } from '../engine/project-context.ts';
import type { ProjectSettings } from '../engine/settings.ts';
import { TerminalPlatform } from '../platforms/terminal/terminal-platform.ts';
import type { Queries } from '../store/queries.ts';
import { engineSettings } from './engine-settings.ts';
import type { HostDeps } from './host-deps.ts';
import { ProjectPlatforms, platformContext } from './project-platforms.ts';

/** One project of the config, running: its agent, its platforms, and the changes a reload brings. */
export class ProjectHost {
  readonly project: Project;
  readonly terminal: TerminalPlatform;
  readonly platforms: ProjectPlatforms;
  private readonly deps: HostDeps;
  private readonly log: Log;

  private constructor(deps: HostDeps, project: Project, terminal: TerminalPlatform, log: Log) {
    this.deps = deps;
    this.project = project;
    this.terminal = terminal;
    this.platforms = new ProjectPlatforms(deps, project, log);
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
      languageAt: (address) => (ring.project ? languageAt(ring.project.context, address) : 'en'),
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
    const terminal = new TerminalPlatform(platformContext(deps, name, log), { agentLabel: agent.label });
    const host = new ProjectHost(deps, built, terminal, log);
    host.platforms.addTrusted(terminal);
    for (const platform of project.platforms) await host.platforms.add(config, project, platform);
    return host;
  }

  /** Recovery first, so that nothing new overtakes what was promised; then the platforms connect. */
  async start(): Promise<void> {
    await this.project.recover();
    await this.platforms.start();
  }

  async stop(): Promise<void> {
    this.project.context.delivery.stop();
    await Promise.all([this.project.stop(), this.platforms.stop()]);
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
}

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
