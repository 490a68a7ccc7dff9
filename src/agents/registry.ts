import type { AgentDefinition } from '../core/agent.ts';

export interface AgentEntry {
  readonly type: string;
  /** Programs on PATH that reveal it, for a first start without a config. */
  readonly binaries: readonly string[];
  load(): Promise<AgentDefinition>;
}

/** Every agent adapter: one folder and one line each, loaded only when a project uses it. In order of preference. */
export const agentTypes: readonly AgentEntry[] = [
  {
    type: 'claudecode',
    binaries: ['claude'],
    load: async () => (await import('./claudecode/index.ts')).definition,
  },
  { type: 'codex', binaries: ['codex'], load: async () => (await import('./codex/index.ts')).definition },
  { type: 'pi', binaries: ['pi'], load: async () => (await import('./pi/index.ts')).definition },
  {
    type: 'cursor',
    binaries: ['cursor-agent'],
    load: async () => (await import('./cursor/index.ts')).definition,
  },
  {
    type: 'antigravity',
    binaries: ['agy'],
    load: async () => (await import('./antigravity/index.ts')).definition,
  },
  { type: 'iflow', binaries: ['iflow'], load: async () => (await import('./iflow/index.ts')).definition },
  { type: 'tmux', binaries: [], load: async () => (await import('./tmux/index.ts')).definition },
  {
    type: 'copilot',
    binaries: ['copilot'],
    load: async () => (await import('./copilot/index.ts')).definition,
  },
  { type: 'gemini', binaries: ['gemini'], load: async () => (await import('./gemini/index.ts')).definition },
  { type: 'kimi', binaries: ['kimi'], load: async () => (await import('./kimi/index.ts')).definition },
  {
    type: 'opencode',
    binaries: ['opencode'],
    load: async () => (await import('./opencode/index.ts')).definition,
  },
  { type: 'crush', binaries: ['crush'], load: async () => (await import('./crush/index.ts')).definition },
  { type: 'qoder', binaries: ['qodercli'], load: async () => (await import('./qoder/index.ts')).definition },
  { type: 'acp', binaries: [], load: async () => (await import('./acp/index.ts')).definition },
  { type: 'devin', binaries: ['devin'], load: async () => (await import('./devin/index.ts')).definition },
  { type: 'demo', binaries: [], load: async () => (await import('./demo/index.ts')).definition },
];
