import type { Config } from '../config/schema/root.ts';
import { silentLog } from '../kit/silent-log.ts';
import { agentContext } from './agent-host.ts';
import type { HostDeps } from './host-deps.ts';
import type { DryRun } from './option-problems.ts';
import { makePlatform } from './project-platforms.ts';

/** Adapters as the daemon would make them from this config; nothing of it is used. */
export function dryRun(
  deps: Pick<HostDeps, 'dataDir' | 'loaded' | 'store' | 'queries' | 'adapters'>,
  config: Config,
): DryRun {
  return {
    adapters: deps.adapters,
    agent: (definition, agent, project) =>
      definition.create(agent.options, agentContext(deps, config, agent, project, silentLog)),
    platform: (definition, platform, project) => makePlatform(deps, definition, project, platform, silentLog),
  };
}
