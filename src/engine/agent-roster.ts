import type { Agent } from '../core/agent.ts';
import { AppError } from '../core/errors.ts';

interface MemberBase {
  /** Unique in its project; what its conversations are stored under. */
  readonly name: string;
  readonly type: string;
  /** For people. */
  readonly label: string;
  /** Lower-case words that mean it, its name first. */
  readonly words: readonly string[];
  /** Name of the model provider it uses, if one is configured. */
  readonly provider: string | undefined;
}

/** An agent that can be started. */
export interface UsableMember extends MemberBase {
  readonly agent: Agent;
  readonly problem: undefined;
  /** What its process inherits: ours, minus secrets and what would make it believe to be nested. */
  readonly baseEnv: Readonly<Record<string, string>>;
}

/** One that is configured and cannot be made: the others work without it. */
export interface BrokenMember extends MemberBase {
  readonly agent: undefined;
  readonly problem: string;
}

export type RosterMember = UsableMember | BrokenMember;

/** Whose conversation a stored row is. */
interface Owned {
  readonly agent: string;
  readonly agentType: string;
}

/** The agents of one project, in the order of the config; replaced as a whole on reload. */
export class AgentRoster {
  readonly members: readonly RosterMember[];
  /** New conversations are held with it. */
  readonly first: UsableMember;

  /** Throws `agent_unusable` when not one can be used. */
  constructor(members: readonly RosterMember[]) {
    const first = members.find((one) => one.agent !== undefined);
    if (!first)
      throw new AppError('agent_unusable', members.map(({ problem }) => problem ?? '').join('; '), {
        kind: 'validation',
      });
    this.members = members;
    this.first = first;
  }

  /** By the exact name. */
  named(name: string): RosterMember | undefined {
    return this.members.find((one) => one.name === name);
  }

  /** By name or alias, whatever its case. A name counts before any alias. */
  called(word: string): RosterMember | undefined {
    const wanted = word.toLowerCase();
    return (
      this.members.find((one) => one.words[0] === wanted) ??
      this.members.find((one) => one.words.includes(wanted))
    );
  }

  /**
   * Whose conversation this is; undefined when that agent is not configured any more. One that was held before its
   * agent had a name of its own is found by the type.
   */
  of(row: Owned): RosterMember | undefined {
    const own = this.members.find(({ name, type }) => name === row.agent && type === row.agentType);
    if (own || row.agent !== row.agentType) return own;
    return this.members.find(({ type }) => type === row.agentType);
  }

  /** The folder its agent works in unless the conversation has one of its own. */
  workDirOf(row: Owned): string {
    return (this.of(row)?.agent ?? this.first.agent).workDir;
  }

  /** The agent to hold this conversation with. Throws `agent_gone` or `agent_broken`. */
  usable(row: Owned): UsableMember {
    const member = this.of(row);
    if (member?.agent) return member;
    if (member)
      throw new AppError('agent_broken', `the agent ${member.name} cannot be used: ${member.problem}`, {
        kind: 'validation',
        advice: '/agent shows the others',
      });
    throw new AppError('agent_gone', `there is no agent ${row.agent} here any more`, {
      kind: 'not_found',
      advice: '/agent shows those there are',
    });
  }
}
