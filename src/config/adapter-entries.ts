import { agentTables } from './agent-names.ts';
import { formatKey, type KeyPath } from './keypath.ts';
import { agentSchema } from './schema/agent.ts';
import { platformSchema } from './schema/project.ts';
import type { AgentConfig, PlatformConfig } from './schema/root.ts';
import { isTable, plain, type TomlTable } from './toml.ts';

/** Everything in the file that an adapter reads, also where its project is left out. */
export interface AdapterEntries {
  readonly agents: readonly AdapterEntry<AgentConfig>[];
  readonly platforms: readonly AdapterEntry<PlatformConfig>[];
}

export interface AdapterEntry<T> {
  /** Name of the project, or its place in the file. */
  readonly project: string;
  readonly config: T;
}

/** The agents and platforms of a file, as far as they have a type and options. */
export function adapterEntries(raw: TomlTable): AdapterEntries {
  const agents: AdapterEntry<AgentConfig>[] = [];
  const platforms: AdapterEntry<PlatformConfig>[] = [];
  const { projects } = plain(raw) as TomlTable;
  (Array.isArray(projects) ? projects : []).forEach((project, index) => {
    if (!isTable(project)) return;
    const path: KeyPath = ['projects', index];
    const name = typeof project.name === 'string' && project.name ? project.name.trim() : formatKey(path);
    for (const { agent, path: at } of agentTables(project, path)) {
      const config = read(agentSchema, agent, at);
      if (config) agents.push({ project: name, config });
    }
    (Array.isArray(project.platforms) ? project.platforms : []).forEach((platform, at) => {
      const config = isTable(platform)
        ? read(platformSchema, platform, [...path, 'platforms', at])
        : undefined;
      if (config) platforms.push({ project: name, config });
    });
  });
  return { agents, platforms };
}

/** An entry, or what can be said of it without the part that is wrong. */
function read<T>(
  schema: { safeParse(value: unknown): { readonly data?: T | undefined } },
  entry: TomlTable,
  path: KeyPath,
): T | undefined {
  const at = formatKey(path);
  const { type, options } = entry;
  return schema.safeParse({ ...entry, at }).data ?? schema.safeParse({ type, options, at }).data;
}
