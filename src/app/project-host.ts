import type { Config, ProjectConfig } from '../config/schema/root.ts';
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
import { AgentHost } from './agent-host.ts';
import { engineSettings } from './engine-settings.ts';
import type { HostDeps } from './host-deps.ts';
import { ProjectPlatforms } from './project-platforms.ts';
import { platformContext, surroundingsOf } from './surroundings.ts';

interface MadeFrom {
  readonly config: Config;
  readonly project: ProjectConfig;
}

/** One project of the config, running: its agents, its platforms, and the changes a reload brings. */
export class ProjectHost {
  readonly project: Project;
  readonly terminal: TerminalPlatform;
  readonly platforms: ProjectPlatforms;
  private readonly deps: HostDeps;
  private readonly agents: AgentHost;
  private made: MadeFrom;

  private constructor(
    deps: HostDeps,
    project: Project,
    agents: AgentHost,
    terminal: TerminalPlatform,
    log: Log,
    made: MadeFrom,
  ) {
    this.made = made;
    this.deps = deps;
    this.agents = agents;
    this.project = project;
    this.terminal = terminal;
    this.platforms = new ProjectPlatforms(deps, project, log);
  }

  /** Builds the project; platforms that cannot be built are reported, not fatal. Throws when no agent can be. */
  static async create(deps: HostDeps, config: Config, project: ProjectConfig): Promise<ProjectHost> {
    const log = deps.log.child({ project: project.name });
    const agents = await AgentHost.create(deps, config, project, log);
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
      agents: agents.roster,
      slots: deps.slots,
      modelSwitch: deps.modelSwitch,
      links,
      delivery,
      previews,
      log,
      dataDir: deps.dataDir,
      commandDir: commandDirOf(deps.dataDir),
      allowedTools: [],
      nativeCommands: new Map(),
      usageLimits: new Map(),
      catalogue: () => deps.adapters.catalogue(),
      languages: new Languages({ store, queries, log }, name),
      startedAt: deps.startedAt,
    };
    const built = new Project(context, deps.table);
    ring.project = built;
    const agentLabel = agents.roster.first.label;
    const terminal = new TerminalPlatform(platformContext(surroundingsOf(deps), name, log), { agentLabel });
    const host = new ProjectHost(deps, built, agents, terminal, log, { config, project });
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

  /** What of the config is in force here, which is not all of it after a reload that failed midway. */
  get inForce(): MadeFrom {
    const { config, project } = this.made;
    return { config, project: { ...project, platforms: [...this.platforms.entries] } };
  }

  /** The settings and the agents are those of this config now. */
  follows(config: Config, project: ProjectConfig): void {
    this.made = { config, project };
    this.project.context.settings = withPreferences(engineSettings(config, project), this.deps.queries);
  }

  /** New turns use the agents as they are now; a running one ends with the old. */
  async renewAgents(config: Config, project: ProjectConfig): Promise<void> {
    const { context } = this.project;
    await this.agents.renew(config, project);
    const { roster } = this.agents;
    context.agents = roster;
    for (const actor of this.project.liveActors)
      actor.renewChanged(({ member }) => roster.named(member.name)?.agent === member.agent);
  }
}

/** What was chosen in a chat (`/quiet`) wins over the file. */
function withPreferences(settings: ProjectSettings, queries: Queries): ProjectSettings {
  const { scope, name } = displayModePreference;
  const mode = displayModeNamed(queries.preference(settings.name, scope, name) ?? '');
  return mode ? withDisplayMode(settings, mode) : settings;
}
