import type { ProjectName } from '../../core/ids.ts';
import type { Sender } from '../../core/inbound.ts';

/** What a project claims of a bot it shares with others: `[projects.platforms.routes]`. */
export interface RouteRules {
  readonly chats: readonly string[];
  /** A thread's id, or `<chat>:<thread>` where thread ids repeat from chat to chat. */
  readonly threads: readonly string[];
  /** Ids or user names. */
  readonly users: readonly string[];
  /** Gets what nobody claims. */
  readonly default: boolean;
}

export const noRules: RouteRules = { chats: [], threads: [], users: [], default: false };

/** From the most specific to the last resort; the first that gives a project decides. */
export const routeLevels = ['thread', 'chat', 'user', 'choice', 'default', 'first'] as const;
export type RouteLevel = (typeof routeLevels)[number];
/** Levels of the config that hold for everyone they name, whether the project lets them in or not. */
export const pinning: ReadonlySet<RouteLevel> = new Set(['thread', 'chat', 'user']);

/** Where somebody wrote, and who. */
export interface RouteQuestion {
  readonly chat: string;
  /** Ids the chat had before the platform gave it a new one. */
  readonly formerChats: readonly string[];
  readonly thread?: string | undefined;
  readonly sender: Sender;
}

/** A project behind the bot, in the order of the file. */
export interface RouteCandidate {
  readonly project: ProjectName;
  readonly rules: RouteRules;
  /** It does not run: what the config or a choice gives it is turned away, and falls to no other project. */
  readonly reserved?: true;
  allows(sender: Sender): boolean;
}

export interface RouteStep {
  readonly level: RouteLevel;
  /** Whom this level would give the message to. */
  readonly project?: ProjectName;
  /** The rule or choice as it is written. */
  readonly by?: string;
  /** `none`: nobody is named here. `not_allowed`: the project named does not let this person in. */
  readonly outcome: 'wins' | 'overruled' | 'not_allowed' | 'none';
}

export interface RouteDecision {
  readonly project: ProjectName;
  readonly level: RouteLevel;
  readonly by?: string | undefined;
  /** The project lets this person in. */
  readonly allowed: boolean;
  /** The project does not run: nobody gets the message. */
  readonly reserved?: true;
  readonly steps: readonly RouteStep[];
}

/** What `/project` chose here: for the thread first, then for the chat. */
export interface RouteChoice {
  readonly project: string;
  readonly scope: 'thread' | 'chat';
}

/** Gives a message to exactly one of the projects. Pure; at least one candidate. */
export function decideRoute<C extends RouteCandidate>(
  question: RouteQuestion,
  candidates: readonly [C, ...C[]],
  choices: readonly RouteChoice[],
): RouteDecision {
  const claims = claimsOf(question, candidates, choices);
  const winner = claims.findIndex((claim) => claim.candidate && claim.counts);
  const steps = claims.map(({ level, candidate, by, counts }, at): RouteStep => {
    if (!candidate) return { level, outcome: 'none' };
    const outcome = at === winner ? 'wins' : !counts ? 'not_allowed' : 'overruled';
    return { level, project: candidate.project, ...(by !== undefined && { by }), outcome };
  });
  const won = claims[winner];
  // Nobody lets this person in: the default project tells them so.
  const running = candidates.filter(({ reserved }) => !reserved);
  const last = running.find(({ rules }) => rules.default) ?? running[0] ?? candidates[0];
  const candidate = won?.candidate ?? last;
  const level = won?.level ?? (last.rules.default ? 'default' : 'first');
  return {
    project: candidate.project,
    level,
    by: won?.by,
    allowed: candidate.allows(question.sender),
    ...(candidate.reserved && { reserved: true }),
    steps,
  };
}

interface Claim {
  readonly level: RouteLevel;
  readonly candidate?: RouteCandidate | undefined;
  readonly by?: string | undefined;
  readonly counts: boolean;
}

function claimsOf(
  question: RouteQuestion,
  candidates: readonly [RouteCandidate, ...RouteCandidate[]],
  choices: readonly RouteChoice[],
): Claim[] {
  const { sender } = question;
  const chats = [question.chat, ...question.formerChats];
  const threads = question.thread
    ? [question.thread, ...chats.map((chat) => `${chat}:${question.thread}`)]
    : [];
  const pinned = (level: RouteLevel, listOf: (rules: RouteRules) => string | undefined): Claim => {
    for (const candidate of candidates) {
      const by = listOf(candidate.rules);
      if (by !== undefined) return { level, candidate, by, counts: true };
    }
    return { level, counts: false };
  };
  const open = (level: RouteLevel, candidate: RouteCandidate | undefined, by?: string): Claim => ({
    level,
    candidate,
    by,
    counts: candidate?.allows(sender) === true,
  });
  const chosen = choices.flatMap((choice) => {
    const candidate = candidates.find(({ project }) => project === choice.project);
    return candidate ? [{ candidate, choice }] : [];
  });
  const running = candidates.filter(({ reserved }) => !reserved);
  const choice = chosen.find(({ candidate }) => candidate.allows(sender)) ?? chosen[0];
  return [
    pinned('thread', (rules) => rules.threads.find((rule) => threads.includes(rule))),
    pinned('chat', (rules) => rules.chats.find((rule) => chats.includes(rule))),
    pinned('user', (rules) => rules.users.find((rule) => isUser(rule, sender))),
    open('choice', choice?.candidate, choice && `/project, for this ${choice.choice.scope}`),
    open(
      'default',
      candidates.find(({ rules }) => rules.default),
    ),
    open('first', running.find((candidate) => candidate.allows(sender)) ?? running[0]),
  ];
}

function isUser(rule: string, sender: Sender): boolean {
  const name = rule.trim().replace(/^@/, '').toLowerCase();
  return name !== '' && [sender.id, sender.username].some((one) => one?.toLowerCase() === name);
}
