import type { Finding } from '../config/problem.ts';
import type { PlatformConfig } from '../config/schema/root.ts';
import { differingOptions } from './shared-options.ts';

/** One `[[projects.platforms]]` and the bot it is. */
export interface BotEntry {
  readonly account: string;
  readonly project: string;
  readonly config: PlatformConfig;
}

/** What does not fit together where projects share a bot, in the order of the file. */
export function routeFindings(entries: readonly BotEntry[]): Finding[] {
  const bots = new Map<string, BotEntry[]>();
  for (const entry of entries) bots.set(entry.account, [...(bots.get(entry.account) ?? []), entry]);
  return [...bots.values()].flatMap((all) => {
    const [first, ...rest] = all;
    if (!first) return [];
    return rest.length === 0
      ? idleRoutes(first)
      : [...options(first, rest), ...claims(all), ...silence(first, rest)];
  });
}

function finding(
  entry: BotEntry,
  key: string,
  severity: Finding['severity'],
  message: string,
  expected?: string,
): Finding {
  const scope = { project: entry.project, platform: entry.config.type };
  return { severity, key: `${entry.config.at}${key}`, message, scope, ...(expected && { expected }) };
}

/** Routes of a bot that nobody shares. */
function idleRoutes(only: BotEntry): Finding[] {
  const { chats, threads, users, default: fallback } = only.config.routes;
  if (chats.length + threads.length + users.length === 0 && !fallback) return [];
  return [
    finding(
      only,
      '.routes',
      'warning',
      `has no effect: ${only.account} belongs to project ${only.project} alone, which gets everything`,
    ),
  ];
}

function options(first: BotEntry, rest: readonly BotEntry[]): Finding[] {
  return rest.flatMap((entry) => {
    const { credentials, others } = differingOptions(first.config, entry.config);
    return [
      ...credentials.map((name) =>
        finding(
          entry,
          `.options.${name}`,
          'error',
          `differs from ${first.config.at}, which is the same bot ${first.account}; it is not connected twice`,
          'the same credentials in both places',
        ),
      ),
      ...others.map((name) =>
        finding(
          entry,
          `.options.${name}`,
          'warning',
          `is ignored: ${first.account} is connected once, with the options of ${first.config.at}`,
        ),
      ),
    ];
  });
}

/** Two projects that want the same. */
function claims(all: readonly BotEntry[]): Finding[] {
  const found: Finding[] = [];
  for (const what of ['threads', 'chats', 'users'] as const) {
    const owners = new Map<string, BotEntry>();
    for (const entry of all)
      entry.config.routes[what].forEach((id, at) => {
        const name = what === 'users' ? id.replace(/^@/, '').toLowerCase() : id;
        const owner = owners.get(name);
        if (!owner) owners.set(name, entry);
        else if (owner.project !== entry.project)
          found.push(
            finding(
              entry,
              `.routes.${what}[${at}]`,
              'error',
              `"${id}" belongs to project ${owner.project} already (${owner.config.at}), which gets it`,
              `each of the ${what} of a bot in one project`,
            ),
          );
      });
  }
  const [first, ...others] = all.filter(({ config }) => config.routes.default);
  for (const entry of first ? others : [])
    found.push(
      finding(
        entry,
        '.routes.default',
        'error',
        `project ${first?.project} is the default of this bot already (${first?.config.at})`,
        'one default for each bot',
      ),
    );
  return found;
}

/** Nothing says who gets what, so it is said here. */
function silence(first: BotEntry, rest: readonly BotEntry[]): Finding[] {
  const all = [first, ...rest];
  const silent = all.every(({ config: { routes } }) => {
    const { chats, threads, users } = routes;
    return chats.length + threads.length + users.length === 0 && !routes.default;
  });
  if (!silent) return [];
  const names = all.map(({ project }) => project).join(', ');
  const message =
    `serves several projects (${names}) without routes: each person gets the first of them that lets them in, ` +
    `so mostly ${first.project}, until /project chooses another for the chat`;
  return [finding(first, '', 'warning', `${first.account} ${message}`)];
}
