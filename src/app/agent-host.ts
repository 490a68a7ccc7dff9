import type { LoadedConfig } from '../config/load.ts';
import { agentName, agentsOf, routedAgents } from '../config/project-agents.ts';
import { activeProvider } from '../config/providers.ts';
import { agentFingerprint } from '../config/reload.ts';
import type { AgentConfig, Config, ProjectConfig } from '../config/schema/root.ts';
import type { Agent, AgentDefinition } from '../core/agent.ts';
import { AppError, describeError } from '../core/errors.ts';
import type { Log } from '../core/platform.ts';
import { AgentRoster, type RosterMember } from '../engine/agent-roster.ts';
import type { HostDeps } from './host-deps.ts';
import { makeAgent, surroundingsOf } from './surroundings.ts';

/** The agents of one project, made from the config; a reload makes anew only those that differ. */
export class AgentHost {
  roster: AgentRoster;
  private readonly deps: HostDeps;
  private readonly log: Log;
  /** What each was made from, by name. */
  private made: ReadonlyMap<string, string>;

  private constructor(deps: HostDeps, log: Log, roster: AgentRoster, made: ReadonlyMap<string, string>) {
    this.deps = deps;
    this.log = log;
    this.roster = roster;
    this.made = made;
  }

  /** An agent that cannot be made is reported and left out of use. Throws `agent_unusable` when none can. */
  static async create(deps: HostDeps, config: Config, project: ProjectConfig, log: Log): Promise<AgentHost> {
    const members = await Promise.all(
      all(project).map((agent) => makeMember(deps, config, project, agent, log)),
    );
    return new AgentHost(deps, log, new AgentRoster(members), fingerprints(config, project));
  }

  /** Follows the config. Agents that are what they were stay the same objects. Throws like `create`, changing nothing. */
  async renew(config: Config, project: ProjectConfig): Promise<void> {
    const now = fingerprints(config, project);
    const members = await Promise.all(
      all(project).map((agent) => {
        const name = agentName(agent);
        const old = this.roster.named(name);
        const same = old?.agent && now.get(name) === this.made.get(name);
        return same ? old : makeMember(this.deps, config, project, agent, this.log);
      }),
    );
    this.roster = new AgentRoster(members);
    this.made = now;
  }
}

/** Those of the config, and those that a model route asks for with another provider. */
function all(project: ProjectConfig): AgentConfig[] {
  return [...agentsOf(project), ...routedAgents(project)];
}

function fingerprints(config: Config, project: ProjectConfig): ReadonlyMap<string, string> {
  // The words people may use depend on the other agents, too.
  const words = JSON.stringify(agentsOf(project).map((agent) => [agent.name, agent.type, agent.aliases]));
  return new Map(
    all(project).map((agent) => [agentName(agent), `${agentFingerprint(config, project, agent)}${words}`]),
  );
}

async function makeMember(
  deps: HostDeps,
  config: Config,
  project: ProjectConfig,
  configured: AgentConfig,
  log: Log,
): Promise<RosterMember> {
  const name = agentName(configured);
  const provider = activeProvider(config, configured)?.name;
  const base = { name, type: configured.type, provider };
  let definition: AgentDefinition | undefined;
  try {
    definition = await deps.adapters.agent(configured.type);
    if (isRouted(configured) && provider === undefined)
      throw new AppError('provider_unknown', `it has no provider "${configured.options.provider}"`, {
        kind: 'validation',
        advice: `see ${configured.at}`,
      });
    const agent = makeAgent(surroundingsOf(deps), definition, config, project, configured, log);
    const words = wordsOf(project, configured, definition.binaries);
    const { label } = agent;
    const baseEnv = agentEnvironment(deps.loaded, agent);
    return { ...base, label, words, agent, problem: undefined, baseEnv };
  } catch (error) {
    const problem = describeError(error);
    log.error({ agent: name, error: problem }, 'agent cannot be used');
    const words = wordsOf(project, configured, definition?.binaries ?? []);
    return { ...base, label: name, words, agent: undefined, problem };
  }
}

/** Configured agents cannot have such a name. */
function isRouted(agent: AgentConfig): boolean {
  return agentName(agent).includes('/');
}

/** The name, its aliases, and the type and programs where they mean no other agent of the project. */
function wordsOf(project: ProjectConfig, own: AgentConfig, programs: readonly string[]): string[] {
  if (isRouted(own)) return [agentName(own).toLowerCase()];
  const taken = agentsOf(project)
    .filter((one) => one !== own)
    .flatMap((one) => [agentName(one), one.type, ...one.aliases])
    .map((word) => word.toLowerCase());
  const implied = [own.type, ...programs].map((word) => word.toLowerCase());
  const words = [agentName(own), ...own.aliases].map((word) => word.toLowerCase());
  return [...new Set([...words, ...implied.filter((word) => !taken.includes(word))])];
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
