import type { Config } from '../config/schema/root.ts';
import { AppError } from '../core/errors.ts';
import { silentLog } from '../kit/silent-log.ts';
import { makeAgent } from './agent-host.ts';
import type { HostDeps } from './host-deps.ts';
import type { DryRun } from './option-problems.ts';
import { platformMaker } from './project-platforms.ts';

/** Adapters as the daemon would make them from this config; nothing of it is used. */
export function dryRun(
  deps: Pick<HostDeps, 'dataDir' | 'loaded' | 'store' | 'queries' | 'adapters'>,
  config: Config,
): DryRun {
  return {
    agent: async (agent, project) => {
      const definition = await ifActive(deps.adapters.agent(agent.type));
      return definition && makeAgent(deps, definition, config, project, agent, silentLog);
    },
    platform: async (platform, project) =>
      (await ifActive(platformMaker(deps, project.name, platform, silentLog)))?.(),
  };
}

/** A type that this version does not have is told of as such, and is no fault of the file. */
async function ifActive<T>(adapter: Promise<T>): Promise<T | undefined> {
  try {
    return await adapter;
  } catch (error) {
    if (error instanceof AppError && error.code.endsWith('_inactive')) return undefined;
    throw error;
  }
}
