import { describeError } from '../core/errors.ts';
import type { RosterMember } from '../engine/agent-roster.ts';
import type { DaemonStatus, DoctorFinding } from '../servers/local/backend.ts';
import type { Accounts } from './accounts.ts';
import type { BotAccount } from './bot-account.ts';
import type { ProjectHost } from './project-host.ts';

/** How a project and its bots are. */
export function projectStatus(
  name: string,
  host: ProjectHost,
  accounts: Accounts,
): DaemonStatus['projects'][number] {
  const { context } = host.project;
  const platforms = [...context.links].map(([account, link]) => {
    const bot = accounts.get(account);
    return {
      type: link.platform.type,
      account,
      state: link.state.is,
      ...(link.state.detail !== undefined && { detail: link.state.detail }),
      replaced: bot?.host.replaced ?? 0,
      sharedWith: (bot?.all ?? []).map(({ sharer }) => sharer.project).filter((one) => one !== name),
    };
  });
  const problem = [...host.platforms.problems.values()].join('; ');
  return {
    name,
    agent: context.agents.members.map(memberLine).join(', '),
    platforms,
    ...(problem && { problem }),
  };
}

/** `Claude Code`, or `codex (Codex)` for one of several under a name of its own. */
function memberLine(member: RosterMember): string {
  const { name, type, label, problem } = member;
  const shown = name === type || name === label ? label : `${name} (${label})`;
  return problem === undefined ? shown : `${shown}: cannot be used`;
}

/** What the platform itself says of the bot, once for all projects, and how often its connection went silent. */
export async function accountFindings(
  account: BotAccount,
  signal: AbortSignal,
): Promise<readonly DoctorFinding[]> {
  const { host, id } = account;
  const area = `platform ${id}`;
  const found = host.platform.check ? await guarded(area, host.platform.check(signal)) : [];
  if (host.replaced === 0) return found;
  const silent: DoctorFinding = {
    area,
    level: 'warning',
    what: `its connection went silent and was replaced ${host.replaced} times since the start`,
    fix: 'see the log around "platform is deaf"; look at the network, proxy and firewall on the way',
  };
  return [...found, silent];
}

/** A check that itself fails is a finding. */
export async function guarded(
  area: string,
  check: Promise<readonly { level: DoctorFinding['level']; what: string; fix?: string }[]>,
): Promise<DoctorFinding[]> {
  try {
    return (await check).map((finding) => ({ area, ...finding }));
  } catch (error) {
    return [{ area, level: 'error', what: describeError(error) }];
  }
}
