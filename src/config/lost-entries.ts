import { formatKey } from './keypath.ts';
import { platformSchema } from './schema/project.ts';
import type { Config, PlatformConfig } from './schema/root.ts';
import { isTable, type TomlTable } from './toml.ts';

/** A `[[projects.platforms]]` that is left out because it, or its project, has errors. */
export interface LostEntry {
  readonly project: string;
  /** Place of the project among those that are used; a fraction lies between two. */
  readonly order: number;
  readonly platform: PlatformConfig;
}

/** What the file has of platforms besides `config`, as far as it can be read: their bots and what they claim of them. */
export function lostEntries(raw: TomlTable, config: Config): LostEntry[] {
  const used = new Set(
    config.projects.flatMap(({ at, platforms }) => [at, ...platforms.map((one) => one.at)]),
  );
  const found: LostEntry[] = [];
  let order = -0.5;
  (Array.isArray(raw.projects) ? raw.projects : []).forEach((project, index) => {
    const path = ['projects', index];
    if (used.has(formatKey(path))) order += 1;
    if (!isTable(project) || typeof project.name !== 'string' || !Array.isArray(project.platforms)) return;
    for (const [at, entry] of project.platforms.entries()) {
      const place = formatKey([...path, 'platforms', at]);
      if (used.has(place) || !isTable(entry)) continue;
      const read = platformSchema.safeParse({ ...entry, at: place });
      if (read.success) found.push({ project: project.name, order, platform: read.data });
    }
  });
  return found;
}
