import type { BotBook } from '../app/route-report.ts';
import { AppError } from '../core/errors.ts';
import { asId, type ProjectName } from '../core/ids.ts';
import type { RoutesQuery, RoutesReport } from '../servers/local/backend.ts';
import { printable } from './chat/printable.ts';
import { callDaemon, withQuery } from './client.ts';
import { clientDataDir } from './data-dir.ts';
import type { Io } from './io.ts';
import { Command, forDaemon, parse } from './parse.ts';
import { table } from './table.ts';

interface Flags extends RoutesQuery {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

type Account = RoutesReport['accounts'][number];

/** `cc-connect routes`: which project gets what, and why. */
export async function routes(argv: readonly string[], io: Io): Promise<number> {
  const command = new Command('routes')
    .description('Shows which project gets the messages of each bot; for a chat or a person, which and why.')
    .option('--platform <type>', 'only bots of this platform, or one bot by its account')
    .option('--chat <id>', 'what happens in this chat')
    .option('--thread <id>', 'in this thread of the chat')
    .option('--user <id>', 'to this person')
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      const report = await find(flags, io);
      if (flags.json) return io.out(JSON.stringify(report, undefined, 2));
      for (const line of render(report, flags)) io.out(printable(line));
    });
  return (await parse(forDaemon(command), argv, io)) ?? 0;
}

async function find(flags: Flags, io: Io): Promise<RoutesReport> {
  const { platform, chat, thread, user } = flags;
  if (thread !== undefined && chat === undefined)
    throw new AppError('chat_unnamed', '--thread needs the chat it is in', {
      kind: 'validation',
      advice: 'add --chat; /whoami in the thread shows both ids',
    });
  try {
    const dataDir = await clientDataDir(flags, io);
    const path = withQuery('/routes', { platform, chat, thread, user });
    return (await callDaemon(dataDir, 'GET', path)) as RoutesReport;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_running') throw error;
    return fromFile(flags, io);
  }
}

/** What the file says, for when nobody runs who knows more. */
async function fromFile(flags: Flags, io: Io): Promise<RoutesReport> {
  const { loadConfig } = await import('../config/load.ts');
  const { configFile } = await import('./config.ts');
  const { botEntries } = await import('../app/option-problems.ts');
  const { dryRun } = await import('../app/surroundings.ts');
  const { surroundingsOfFile } = await import('./surroundings.ts');
  const { routesReport } = await import('../app/route-report.ts');
  const { listed } = await import('../engine/access.ts');
  const file = await configFile(flags.config, io);
  const { config } = await loadConfig(file, io.env, { cwd: io.cwd });
  const entries = config ? await botEntries(config, dryRun(surroundingsOfFile(config, io.cwd), config)) : [];
  const books = [...new Set(entries.map(({ account }) => account))].map((account): BotBook => {
    const mine = entries.filter((entry) => entry.account === account);
    return {
      account: asId(account),
      type: mine[0]?.config.type ?? '',
      members: mine.map((entry) => ({
        project: asId<ProjectName>(entry.project),
        config: entry.config,
        allows: (sender) => listed(String(entry.config.options.allow_from ?? ''), sender),
      })),
      choices: [],
      choicesAt: () => [],
      formerChats: () => [],
    };
  });
  return { live: false, accounts: routesReport(books, flags) };
}

function render(report: RoutesReport, query: RoutesQuery): string[] {
  const lines = report.accounts.flatMap((account) => ['', ...renderAccount(account, query)]).slice(1);
  if (lines.length === 0) lines.push('No bot is configured here.');
  if (!report.live)
    lines.push(
      '',
      'cc-connect is not running: this is what the configuration says; choices made with /project and paired',
      'people are not known.',
    );
  return lines;
}

function renderAccount(account: Account, query: RoutesQuery): string[] {
  const shared = account.projects.length > 1 ? `, shared by ${account.projects.length} projects` : '';
  return [
    `${account.account}${shared}`,
    ...account.projects.map((project) => {
      const closed = project.problem === undefined ? '' : `; not running: ${project.problem}`;
      return `  ${project.name} (${project.at}): ${rulesOf(project)}${closed}`;
    }),
    ...account.choices.map(
      ({ chat, thread, project }) =>
        `  /project chose ${project} for chat ${chat}${thread === undefined ? '' : ` thread ${thread}`}`,
    ),
    ...(account.answer ? ['', ...renderAnswer(account.answer, query)] : []),
  ];
}

function rulesOf({ threads, chats, users, default: fallback }: Account['projects'][number]): string {
  const rules = [
    threads.length > 0 ? `threads ${threads.join(', ')}` : '',
    chats.length > 0 ? `chats ${chats.join(', ')}` : '',
    users.length > 0 ? `users ${users.join(', ')}` : '',
    fallback ? 'default' : '',
  ].filter(Boolean);
  return rules.join('; ') || 'no rule of its own';
}

function renderAnswer(answer: NonNullable<Account['answer']>, query: RoutesQuery): string[] {
  const where = [
    query.chat === undefined ? '' : `chat ${query.chat}`,
    query.thread === undefined ? '' : `thread ${query.thread}`,
    query.user === undefined ? '' : `user ${query.user}`,
  ].filter(Boolean);
  const denied = answer.allowed === false ? '; access denied there: the message is refused' : '';
  const access = answer.reserved
    ? '; it is not running: the message is refused, and no other gets it'
    : denied;
  return [
    `  ${where.join(', ')}: project ${answer.project}, by ${wordsFor(answer.level)}${access}`,
    ...table(
      ['Level', 'Project', 'Rule', 'Result'],
      answer.steps.map(({ level, project, by, outcome }) => [
        level,
        project ?? '-',
        by ?? '-',
        outcomes[outcome],
      ]),
    )
      .split('\n')
      .map((line) => `    ${line}`),
  ];
}

const outcomes = {
  wins: 'wins',
  overruled: 'overruled',
  not_allowed: 'does not let this person in',
  none: '-',
} as const;

function wordsFor(level: NonNullable<Account['answer']>['level']): string {
  switch (level) {
    case 'choice':
      return 'a choice made with /project';
    case 'default':
      return 'being the default';
    case 'first':
      return 'being the first in the file that lets them in';
    default:
      return `a rule for the ${level}`;
  }
}
