import { join } from 'node:path';
import { agentName } from '../config/project-agents.ts';
import { activeProvider, providerForAdapter } from '../config/providers.ts';
import type { AgentConfig, Config, PlatformConfig, ProjectConfig } from '../config/schema/root.ts';
import type { Agent, AgentContext, AgentDefinition } from '../core/agent.ts';
import type { AccountId } from '../core/ids.ts';
import type { Log, Platform, PlatformContext, PlatformDefinition, PlatformMemory } from '../core/platform.ts';
import { silentLog } from '../kit/silent-log.ts';
import { StoreMemory } from '../store/memory.ts';
import type { AdapterRegistry } from './adapters.ts';
import type { HostDeps } from './host-deps.ts';
import type { DryRun } from './option-problems.ts';

/** What adapters are made in: by the daemon, and by commands that only look. */
export interface Surroundings {
  readonly adapters: AdapterRegistry;
  readonly dataDir: string;
  /** What relative paths in the config are relative to. */
  readonly baseDir: string;
  memory(account: AccountId): PlatformMemory;
}

/** Those of a running daemon. */
export function surroundingsOf(
  deps: Pick<HostDeps, 'adapters' | 'dataDir' | 'loaded' | 'store' | 'queries'>,
): Surroundings {
  return {
    adapters: deps.adapters,
    dataDir: deps.dataDir,
    baseDir: deps.loaded.folder,
    memory: (account) => new StoreMemory(deps.store, deps.queries, account),
  };
}

/** An agent of a project, not started. Throws `OptionsError`. */
export function makeAgent(
  around: Surroundings,
  definition: AgentDefinition,
  config: Config,
  project: ProjectConfig,
  agent: AgentConfig,
  log: Log,
): Agent {
  const own = agent === project.agent ? '' : `@${agentName(agent)}`;
  return definition.create(agent.options, agentContext(around, config, agent, `${project.name}${own}`, log));
}

/** A connection of an entry, not opened. Throws `OptionsError`. */
export function makePlatform(
  around: Surroundings,
  definition: PlatformDefinition,
  project: string,
  { options }: PlatformConfig,
  log: Log,
): Platform {
  const { allow_from: _checkedByTheEngine, agent: _chosenByTheEngine, ...own } = options;
  return definition.create(own, platformContext(around, project, log));
}

/** Adapters as the daemon would make them from this config; nothing of it is used. */
export function dryRun(around: Surroundings, config: Config): DryRun {
  return {
    adapters: around.adapters,
    agent: (definition, agent, project) =>
      definition.create(agent.options, agentContext(around, config, agent, project, silentLog)),
    platform: (definition, platform, project) =>
      makePlatform(around, definition, project, platform, silentLog),
  };
}

/** What a platform gets from us. */
export function platformContext(around: Surroundings, project: string, log: Log): PlatformContext {
  return {
    log,
    cacheDir: join(around.dataDir, 'platforms'),
    memory: (account) => around.memory(account),
    project,
  };
}

/** What an agent gets from us; files of its own go to a folder named like `owner`. */
function agentContext(
  around: Surroundings,
  config: Config,
  agent: AgentConfig,
  owner: string,
  log: Log,
): AgentContext {
  const provider = activeProvider(config, agent);
  return {
    log,
    cacheDir: join(around.dataDir, 'agents', owner.replaceAll(/[^\w.@-]/g, '_')),
    baseDir: around.baseDir,
    ...(provider && { provider: providerForAdapter(provider) }),
  };
}
