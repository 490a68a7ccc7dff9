import type { CatalogueEntry } from '../../core/agent.ts';
import { acpPresets } from '../../kit/acp/known-agents.ts';
import type { AcpPreset } from '../../kit/acp/preset.ts';

/** One agent of the bundled registry: started from its package or by its program. */
export interface RegistryAgent {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly repository?: string;
  /** Package of npm. */
  readonly npx?: string;
  /** Program of its archive, as it is called once installed. */
  readonly program?: string;
  readonly args: readonly string[];
}

/** What could be run over ACP: the presets, then what the registry knows beside them. */
export async function acpCatalogue(): Promise<readonly CatalogueEntry[]> {
  const { registryAgents } = await import('./registry-snapshot.ts');
  const covered = new Set(acpPresets.flatMap(({ name, registryIds = [] }) => [name, ...registryIds]));
  return [
    ...acpPresets.map((preset) => presetEntry(preset, registryAgents)),
    ...registryAgents.filter(({ id }) => !covered.has(id)).map(registryEntry),
  ];
}

function presetEntry(preset: AcpPreset, listed: readonly RegistryAgent[]): CatalogueEntry {
  const ids = [preset.name, ...(preset.registryIds ?? [])];
  const description = listed.find(({ id }) => ids.includes(id))?.description ?? preset.label;
  return {
    id: preset.name,
    name: preset.label,
    description,
    command: [preset.command, ...preset.args],
  };
}

function registryEntry({ id, name, description, npx, program, args }: RegistryAgent): CatalogueEntry {
  const start = npx === undefined ? [program ?? id] : ['npx', '-y', npx];
  return { id, name, description, command: [...start, ...args] };
}
