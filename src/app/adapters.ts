import { agentTypes } from '../agents/registry.ts';
import type { AgentDefinition, CatalogueEntry } from '../core/agent.ts';
import { AppError } from '../core/errors.ts';
import type { PlatformDefinition } from '../core/platform.ts';
import { platformTypes } from '../platforms/registry.ts';

/** Adapters by type, loaded on first use. */
export interface AdapterRegistry {
  agent(type: string): Promise<AgentDefinition>;
  platform(type: string): Promise<PlatformDefinition>;
  /** What the agent adapters could run, each program once; loads all of them. */
  catalogue(): Promise<readonly CatalogueEntry[]>;
}

/** The registries, with what a caller brings along (benches and tests run scripted agents). */
export function adapterRegistry(
  extra: {
    readonly agents?: readonly AgentDefinition[];
    readonly platforms?: readonly PlatformDefinition[];
  } = {},
): AdapterRegistry {
  return {
    async agent(type) {
      const brought = extra.agents?.find((one) => one.type === type);
      const entry = agentTypes.find((one) => one.type === type);
      if (!brought && !entry) throw inactive('agent', type, agentTypes);
      return brought ?? (await load(entry));
    },
    async platform(type) {
      const brought = extra.platforms?.find((one) => one.type === type);
      const entry = platformTypes.find((one) => one.type === type);
      if (!brought && !entry) throw inactive('platform', type, platformTypes);
      return brought ?? (await load(entry));
    },
    async catalogue() {
      const all = [...(extra.agents ?? []), ...(await Promise.all(agentTypes.map((one) => one.load())))];
      return (await Promise.all(all.map((one) => one.catalogue?.() ?? []))).flat();
    },
  };
}

function load<T>(entry: { load(): Promise<T> } | undefined): Promise<T> {
  if (!entry) throw new AppError('adapter_missing', 'no such adapter');
  return entry.load();
}

function inactive(what: string, type: string, known: readonly { readonly type: string }[]): AppError {
  return new AppError(`${what}_inactive`, `the ${what} type "${type}" is not active in this version`, {
    kind: 'validation',
    advice: `available: ${known.map((one) => one.type).join(', ')}`,
  });
}
