import type { Config, PlatformConfig } from '../config/schema/root.ts';
import { describeError } from '../core/errors.ts';
import { type AccountId, asId, type ProjectName } from '../core/ids.ts';
import { listed } from '../engine/access.ts';
import type { Reserved } from '../engine/routing/sharer.ts';
import type { Queries } from '../store/queries.ts';
import type { Reservation } from './bot-account.ts';
import type { HostDeps } from './host-deps.ts';
import type { ProjectHost } from './project-host.ts';
import { platformMaker } from './project-platforms.ts';

/**
 * What the projects and entries that cannot be used claim of the bots of others: their chats are turned away, for they
 * must not fall to an agent they were not meant for. An entry of which even the bot cannot be told claims nothing.
 */
export async function reservations(
  deps: HostDeps,
  config: Config,
  hosts: ReadonlyMap<string, ProjectHost>,
  failed: ReadonlyMap<string, string>,
): Promise<readonly Reservation[]> {
  const found: Reservation[] = [];
  for (const [order, project] of config.projects.entries())
    for (const entry of project.platforms) {
      const problem = failed.get(project.name) ?? hosts.get(project.name)?.platforms.problemOf(entry);
      if (problem === undefined) continue;
      const account = await accountOf(deps, project.name, entry);
      if (account)
        found.push({
          account,
          order,
          config: entry,
          problem,
          candidate: reserved(deps, project.name, entry, account),
        });
    }
  const problem = 'its entry in the config has errors';
  for (const { project, order, platform } of deps.loaded.lost) {
    const account = await accountOf(deps, project, platform);
    const candidate = account && reserved(deps, project, platform, account);
    if (candidate) found.push({ account, order, config: platform, problem, candidate });
  }
  return found;
}

async function accountOf(
  deps: HostDeps,
  project: string,
  entry: PlatformConfig,
): Promise<AccountId | undefined> {
  const log = deps.log.child({ project });
  try {
    const make = await platformMaker(deps, project, entry, log);
    return make().account;
  } catch (error) {
    log.warn({ platform: entry.at, error: describeError(error) }, 'claims nothing: its bot is not known');
    return undefined;
  }
}

function reserved(
  { queries }: { readonly queries: Queries },
  project: string,
  entry: PlatformConfig,
  account: AccountId,
): Reserved {
  const name = asId<ProjectName>(project);
  const allowFrom = String(entry.options.allow_from ?? '');
  return {
    project: name,
    rules: entry.routes,
    reserved: true,
    allows: (sender) =>
      listed(allowFrom, sender) ||
      queries
        .pairings(name)
        .some((row) => row.state === 'approved' && row.account === account && row.userId === sender.id),
  };
}
