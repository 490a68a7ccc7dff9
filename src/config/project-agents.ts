/** The agents of one project, in the order they are configured. */
import type { AgentConfig, ProjectConfig } from './schema/root.ts';

type WithAgents = Pick<ProjectConfig, 'agent' | 'agents' | 'model_routes'>;

/** `[projects.agent]`, then `[[projects.agents]]`. */
export function agentsOf(project: Pick<ProjectConfig, 'agent' | 'agents'>): AgentConfig[] {
  return [project.agent, ...project.agents];
}

/** What an agent is called: its name, else its type. */
export function agentName(agent: Pick<AgentConfig, 'name' | 'type'>): string {
  return agent.name ?? agent.type;
}

/** The agent a word means: by name, else by alias, else by type. */
export function agentCalled(project: WithAgents, word: string): AgentConfig | undefined {
  const wanted = word.toLowerCase();
  const agents = agentsOf(project);
  return (
    agents.find((agent) => agentName(agent).toLowerCase() === wanted) ??
    agents.find(({ aliases }) => aliases.some((alias) => alias.toLowerCase() === wanted)) ??
    agents.find(({ type }) => type.toLowerCase() === wanted)
  );
}

/** Whom a route leads to: the agent itself, or the same one with another provider, under a name of its own. */
export function routeAgent(project: WithAgents, route: ProjectConfig['model_routes'][number]): string {
  const agent = agentCalled(project, route.agent);
  if (!agent) return route.agent;
  const own = agent.options.provider ?? '';
  return route.provider === '' || route.provider === own
    ? agentName(agent)
    : `${agentName(agent)}/${route.provider}`;
}

/** Agents that exist only because a route names another provider: same agent, conversations of their own. */
export function routedAgents(project: WithAgents): AgentConfig[] {
  const found = new Map<string, AgentConfig>();
  for (const route of project.model_routes) {
    const agent = agentCalled(project, route.agent);
    const name = routeAgent(project, route);
    if (!agent || name === agentName(agent)) continue;
    const options = { ...agent.options, provider: route.provider };
    found.set(name, { ...agent, at: route.at, name, aliases: [], options });
  }
  return [...found.values()];
}
