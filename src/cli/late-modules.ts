import type { StartDaemon } from '../servers/local/daemon.ts';

export interface AgentType {
  readonly type: string;
  readonly binaries: readonly string[];
}

/** The composition root. */
export async function loadStartDaemon(): Promise<StartDaemon> {
  const path = '../app.ts';
  return ((await import(path)) as { startDaemon: StartDaemon }).startDaemon;
}

/** Agent types by preference, with the programs that reveal them. */
export async function loadAgentTypes(): Promise<readonly AgentType[]> {
  const path = '../agents/registry.ts';
  return ((await import(path)) as { agentTypes: readonly AgentType[] }).agentTypes;
}
