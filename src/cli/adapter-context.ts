import { join } from 'node:path';
import { agentTypes } from '../agents/registry.ts';
import { adapterRegistry } from '../app/adapters.ts';
import type { DryRun } from '../app/option-problems.ts';
import { activeProvider, providerForAdapter } from '../config/providers.ts';
import type { AgentConfig, Config, PlatformConfig, ProjectConfig } from '../config/schema/root.ts';
import type { Agent, AgentContext } from '../core/agent.ts';
import type { Platform, PlatformContext } from '../core/platform.ts';
import { silentLog } from '../kit/silent-log.ts';
import { platformTypes } from '../platforms/registry.ts';
import { recordedMemory } from './recorded-memory.ts';

export interface Surroundings {
  readonly config: Config;
  /** What relative paths are relative to. */
  readonly cwd: string;
}

/** Adapters as a daemon would make them from this file. */
export function dryRun(surroundings: Surroundings): DryRun {
  return {
    adapters: adapterRegistry(),
    agent: (definition, agent, project) =>
      definition.create(agent.options, agentContext(agent, project, surroundings)),
    platform: (definition, platform, project) =>
      definition.create(optionsOf(platform), platformContext(project, surroundings)),
  };
}

/** The agent as a daemon would make it; undefined when this version has no such type. Throws `OptionsError`. */
export async function makeAgent(
  agent: AgentConfig,
  project: ProjectConfig,
  surroundings: Surroundings,
): Promise<Agent | undefined> {
  const definition = await agentTypes.find(({ type }) => type === agent.type)?.load();
  return definition?.create(agent.options, agentContext(agent, project.name, surroundings));
}

/** The platform as a daemon would make it, not connected; undefined when this version has no such type. */
export async function makePlatform(
  platform: PlatformConfig,
  project: ProjectConfig,
  surroundings: Surroundings,
): Promise<Platform | undefined> {
  const definition = await platformTypes.find(({ type }) => type === platform.type)?.load();
  return definition?.create(optionsOf(platform), platformContext(project.name, surroundings));
}

function agentContext(agent: AgentConfig, project: string, { config, cwd }: Surroundings): AgentContext {
  const provider = activeProvider(config, agent);
  return {
    log: silentLog,
    cacheDir: join(config.data_dir, 'agents', project.replaceAll(/[^\w.-]/g, '_')),
    baseDir: cwd,
    ...(provider && { provider: providerForAdapter(provider) }),
  };
}

function platformContext(project: string, { config }: Surroundings): PlatformContext {
  return {
    log: silentLog,
    cacheDir: join(config.data_dir, 'platforms'),
    memory: (account) => recordedMemory(config.data_dir, account),
    project,
  };
}

function optionsOf({ options }: PlatformConfig): Readonly<Record<string, unknown>> {
  const { allow_from: _checkedByTheEngine, agent: _chosenByTheEngine, ...own } = options;
  return own;
}
