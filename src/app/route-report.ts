import type { PlatformConfig } from '../config/schema/root.ts';
import type { AccountId, ProjectName } from '../core/ids.ts';
import type { Sender } from '../core/inbound.ts';
import { decideRoute, type RouteCandidate, type RouteChoice } from '../engine/routing/rules.ts';
import type { RoutesQuery, RoutesReport } from '../servers/local/backend.ts';

/** A bot and what is known about it, live or from the file alone. */
export interface BotBook {
  readonly account: AccountId;
  readonly type: string;
  readonly members: readonly {
    readonly project: ProjectName;
    readonly config: PlatformConfig;
    /** Why it does not run. */
    readonly problem?: string;
    allows(sender: Sender): boolean;
  }[];
  readonly choices: RoutesReport['accounts'][number]['choices'];
  choicesAt(chat: string, thread: string | undefined): readonly RouteChoice[];
  formerChats(chat: string): readonly string[];
}

/** Which project gets what at each bot, and for a named place or person what would happen and why. */
export function routesReport(bots: readonly BotBook[], query: RoutesQuery): RoutesReport['accounts'] {
  const { platform } = query;
  return bots
    .filter(({ account, type }) => !platform || platform === type || platform === account)
    .map((bot) => ({
      account: bot.account,
      type: bot.type,
      projects: bot.members.map(({ project, config, problem }) => ({
        name: project,
        at: config.at,
        ...config.routes,
        ...(problem !== undefined && { problem }),
      })),
      choices: bot.choices,
      ...answerFor(bot, query),
    }));
}

function answerFor(bot: BotBook, { chat, thread, user }: RoutesQuery) {
  if (chat === undefined && user === undefined) return {};
  // Without a person only the rules count.
  const sender: Sender = user === undefined ? { id: '' } : { id: user, username: user };
  const [first, ...rest] = bot.members.map(
    ({ project, config, problem, allows }): RouteCandidate => ({
      project,
      rules: config.routes,
      ...(problem !== undefined && { reserved: true }),
      allows: user === undefined ? () => true : allows,
    }),
  );
  if (!first) return {};
  const place = { chat: chat ?? '', thread, formerChats: chat ? bot.formerChats(chat) : [] };
  const choices = chat ? bot.choicesAt(chat, thread) : [];
  const { allowed, ...decision } = decideRoute({ ...place, sender }, [first, ...rest], choices);
  return { answer: { ...decision, ...(user !== undefined && { allowed }) } };
}
