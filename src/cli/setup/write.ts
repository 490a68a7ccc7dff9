import { chmod, realpath, stat } from 'node:fs/promises';
import { createConfigFile } from '../../config/config-file.ts';
import { editConfig, type Writable } from '../../config/edit.ts';
import { editToml, type Mutate } from '../../config/edit-text.ts';
import { starterConfig } from '../../config/starter.ts';
import { isTable, newTable, type TomlTable, type TomlValue } from '../../config/toml.ts';
import { agentForNewProject } from '../first-start.ts';
import type { Io } from '../io.ts';
import type { Place } from './place.ts';

export interface Wanted {
  readonly type: string;
  /** Options to set; the others stay. */
  readonly options: Readonly<Record<string, Writable>>;
  /** Owner of a project that has none. */
  readonly adminFrom?: string | undefined;
}

/** Writes the platform at its place; comments and everything else stay. The file is then its owner's alone. */
export async function writePlatform(place: Place, wanted: Wanted, io: Io): Promise<void> {
  const agent = place.newProject ? await agentForNewProject(io) : undefined;
  const mutate: Mutate = (draft) => {
    const project = projectOf(draft, place, agent);
    const platform = platformOf(project, place.at);
    platform.type = wanted.type;
    const options = isTable(platform.options) ? platform.options : newTable();
    for (const [key, value] of Object.entries(wanted.options))
      if (value !== undefined) options[key] = value as TomlValue;
    platform.options = options;
    if (wanted.adminFrom && !project.admin_from) project.admin_from = wanted.adminFrom;
  };
  if (place.newFile && agent) {
    const text = starterConfig({ agentType: agent.type, workDir: agent.workDir, projectName: place.project });
    await createConfigFile(place.file, editToml(text, mutate));
    io.out(`Wrote ${place.file} with the project "${place.project}" (agent: ${agent.type}).`);
    return;
  }
  const changed = await editConfig(place.file, mutate);
  await closeToOthers(place.file, io);
  if (!changed) return io.out(`${place.file} says so already.`);
  io.out(`Wrote ${place.file}; the file as it was is ${place.file}.bak.`);
  if (agent) io.out(`Added the project "${place.project}" (agent: ${agent.type}).`);
}

function projectOf(
  draft: TomlTable,
  place: Place,
  agent: { readonly type: string; readonly workDir: string } | undefined,
): TomlTable {
  const projects = (Array.isArray(draft.projects) ? draft.projects : []) as TomlValue[];
  const known = projects.find((project) => isTable(project) && project.name === place.project);
  if (isTable(known)) return known;
  const project = newTable();
  project.name = place.project;
  const options = newTable();
  options.work_dir = agent?.workDir ?? '';
  const made = newTable();
  made.type = agent?.type ?? '';
  made.options = options;
  project.agent = made;
  draft.projects = [...projects, project];
  return project;
}

function platformOf(project: TomlTable, at: number | undefined): TomlTable {
  const platforms = (Array.isArray(project.platforms) ? project.platforms : []) as TomlValue[];
  const known = at === undefined ? undefined : platforms.filter(isTable)[at];
  if (known) return known;
  const platform = newTable();
  project.platforms = [...platforms, platform];
  return platform;
}

/** It holds secrets now. */
async function closeToOthers(path: string, io: Io): Promise<void> {
  if (process.platform === 'win32') return;
  const file = await realpath(path);
  if (((await stat(file)).mode & 0o077) === 0) return;
  await chmod(file, 0o600);
  await chmod(`${file}.bak`, 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  io.out(`${path} could be read by others; now it is yours alone (mode 600).`);
}
