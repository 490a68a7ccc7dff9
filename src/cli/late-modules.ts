import type { StartDaemon } from '../servers/local/daemon.ts';

export interface AgentType {
  readonly type: string;
  readonly binaries: readonly string[];
}

/** The composition root. */
export async function loadStartDaemon(): Promise<StartDaemon> {
  return (await import('../app.ts')).startDaemon;
}

/** Agent types by preference, with the programs that reveal them. */
export async function loadAgentTypes(): Promise<readonly AgentType[]> {
  return (await import('../agents/registry.ts')).agentTypes;
}
