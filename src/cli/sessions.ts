import type { SessionDetail, SessionSummary } from '../servers/local/backend.ts';
import { printable } from './chat/printable.ts';
import { callDaemon, withQuery } from './client.ts';
import { clientDataDir } from './data-dir.ts';
import type { Io } from './io.ts';
import { Command, type DaemonFlags, forDaemon, parse, positive } from './parse.ts';
import { oneLine, table, when } from './table.ts';
import { notActive } from './unknown-command.ts';

interface ListFlags extends DaemonFlags {
  readonly project?: string;
  readonly json?: boolean;
}

/** `cc-connect sessions [list|show]`. */
export async function sessions(argv: readonly string[], io: Io): Promise<number> {
  if (argv[0] === 'prune') throw notActive('sessions prune');
  const command = new Command('sessions').description('Conversations the running cc-connect knows.');
  command
    .command('list', { isDefault: true })
    .description('list them, last active first')
    .option('-p, --project <name>', 'only this project')
    .option('--json', 'as JSON')
    .action((flags: ListFlags) => list(flags, io));
  command
    .command('show')
    .description('show one with its last messages')
    .argument('<id>', 'session id, project:id or session key')
    .option('-n <count>', 'messages to show', positive, 20)
    .option('--json', 'as JSON')
    .action((id: string, flags: ListFlags & { n: number }) => show(id, flags, io));
  return (await parse(forDaemon(command), argv, io)) ?? 0;
}

async function list(flags: ListFlags, io: Io): Promise<void> {
  const dataDir = await clientDataDir(flags, io);
  const path = withQuery('/sessions', { project: flags.project });
  const found = (await callDaemon(dataDir, 'GET', path)) as readonly SessionSummary[];
  if (flags.json) return io.out(JSON.stringify(found, undefined, 2));
  if (found.length === 0) return io.out('No sessions yet.');
  io.out(
    table(
      ['#', 'Id', 'Project', 'Platform', 'User', 'Group/Chat', 'Msgs', 'Last activity', ''],
      found.map((session, index) => [
        String(index + 1),
        session.id,
        session.project,
        session.platform,
        session.userName ?? session.user ?? '-',
        session.chatName ?? session.chat ?? session.sessionKey,
        String(session.messages),
        when(session.lastActivity),
        [session.active ? 'active' : '', session.busy ? 'busy' : ''].filter(Boolean).join(', '),
      ]),
    ),
  );
}

async function show(id: string, flags: ListFlags & { n: number }, io: Io): Promise<void> {
  const dataDir = await clientDataDir(flags, io);
  const path = withQuery('/sessions/show', { id, last: flags.n });
  const session = (await callDaemon(dataDir, 'GET', path)) as SessionDetail;
  if (flags.json) return io.out(JSON.stringify(session, undefined, 2));
  const heading = [
    `Session:   ${session.id}${session.name ? ` (${session.name})` : ''}`,
    `Project:   ${session.project}`,
    `Key:       ${session.sessionKey}`,
    `Agent:     ${session.agent}${session.nativeId ? ` ${session.nativeId}` : ''}`,
    `Folder:    ${session.workDir}`,
    `Messages:  ${session.messages}, last ${when(session.lastActivity)}`,
  ];
  io.out(heading.map(oneLine).join('\n'));
  for (const entry of session.history)
    io.out(`\n[${when(entry.at)}] ${entry.role}\n${printable(entry.text)}`);
}
