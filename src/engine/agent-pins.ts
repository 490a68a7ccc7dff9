import type { Address } from '../core/address.ts';
import type { RosterMember } from './agent-roster.ts';
import { linkOf, type ProjectContext } from './project-context.ts';

/** A place of the config whose conversations are held with one agent. */
export interface AgentPin {
  /** A platform's type or one bot account; empty: any. */
  readonly platform: string;
  /** Empty: every chat there. */
  readonly chat: string;
  /** Empty: the whole chat. */
  readonly thread: string;
  /** Name of the agent. */
  readonly agent: string;
}

/** The agent a place is bound to: by its thread, its chat, a platform's pin, or the platform's own option. */
export function pinnedAt(context: ProjectContext, address: Address): RosterMember | undefined {
  const link = linkOf(context, address);
  const here = context.settings.pins.filter(
    ({ platform, chat, thread }) =>
      (platform === '' || platform === address.account || platform === link?.platform.type) &&
      (chat === '' || chat === address.chat) &&
      (thread === '' || thread === address.thread),
  );
  const narrow = here.sort((a, b) => narrowness(b) - narrowness(a))[0]?.agent ?? link?.agent;
  return narrow === undefined ? undefined : context.agents.called(narrow);
}

function narrowness({ platform, chat, thread }: AgentPin): number {
  return (thread ? 4 : 0) + (chat ? 2 : 0) + (platform ? 1 : 0);
}
