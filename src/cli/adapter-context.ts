import { dirname, join } from 'node:path';
import { agentTypes } from '../agents/registry.ts';
import type { DryRun } from '../app/option-problems.ts';
import { activeProvider, providerForAdapter } from '../config/providers.ts';
import type { AgentConfig, Config, PlatformConfig, ProjectConfig } from '../config/schema/root.ts';
import type { Agent } from '../core/agent.ts';
import type { Platform } from '../core/platform.ts';
import { silentLog } from '../kit/silent-log.ts';
import { platformTypes } from '../platforms/registry.ts';
import { recordedMemory } from './recorded-memory.ts';

export interface Surroundings {
  readonly config: Config;
  readonly configFile: string;
}

/** Adapters as a daemon would make them from this file. */
export function dryRun(surroundings: Surroundings): DryRun {
  return {
    agent: (agent, project) => makeAgent(agent, project, surroundings),
    platform: (platform, project) => makePlatform(platform, project, surroundings),
  };
}

/** The agent as a daemon would make it; undefined when this version has no such type. Throws `options_invalid`. */
export async function makeAgent(
  agent: AgentConfig,
  project: ProjectConfig,
  { config, configFile }: Surroundings,
): Promise<Agent | undefined> {
  const definition = await agentTypes.find(({ type }) => type === agent.type)?.load();
  const provider = activeProvider(config, agent);
  return definition?.create(agent.options, {
    log: silentLog,
    cacheDir: join(config.data_dir, 'agents', project.name.replaceAll(/[^\w.-]/g, '_')),
    baseDir: dirname(configFile),
    ...(provider && { provider: providerForAdapter(provider) }),
  });
}

/** The platform as a daemon would make it, not connected; undefined when this version has no such type. */
export async function makePlatform(
  platform: PlatformConfig,
  project: ProjectConfig,
  { config }: Surroundings,
): Promise<Platform | undefined> {
  const definition = await platformTypes.find(({ type }) => type === platform.type)?.load();
  const { allow_from: _checkedByTheEngine, agent: _chosenByTheEngine, ...options } = platform.options;
  return definition?.create(options, {
    log: silentLog,
    cacheDir: join(config.data_dir, 'platforms'),
    memory: (account) => recordedMemory(config.data_dir, account),
    project: project.name,
  });
}
