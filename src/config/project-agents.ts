/** The agents of one project, in the order they are configured. */
import type { AgentConfig, ProjectConfig } from './schema/root.ts';

/** `[projects.agent]`, then `[[projects.agents]]`. */
export function agentsOf(project: Pick<ProjectConfig, 'agent' | 'agents'>): AgentConfig[] {
  return [project.agent, ...project.agents];
}

/** What an agent is called: its name, else its type. */
export function agentName(agent: Pick<AgentConfig, 'name' | 'type'>): string {
  return agent.name ?? agent.type;
}
