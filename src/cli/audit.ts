import type { AuditLine } from '../servers/local/backend.ts';
import { callDaemon, withQuery } from './client.ts';
import { clientDataDir } from './data-dir.ts';
import type { Io } from './io.ts';
import { Command, type DaemonFlags, forDaemon, parse, positive } from './parse.ts';
import { table } from './table.ts';

interface Flags extends DaemonFlags {
  readonly project?: string;
  readonly actor?: string;
  readonly n: number;
  readonly json?: boolean;
}

/** `cc-connect audit`. */
export async function audit(argv: readonly string[], io: Io): Promise<number> {
  const command = new Command('audit')
    .description('Shows who was let in, refused or turned out, and who answered what the agent asked.')
    .option('-p, --project <name>', 'only this project')
    .option('--actor <id>', "only this person, by the platform's id; the owner is operator")
    .option('-n <count>', 'entries to show, the newest', positive, 50)
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      const path = withQuery('/audit', { project: flags.project, actor: flags.actor, last: flags.n });
      const found = (await callDaemon(await clientDataDir(flags, io), 'GET', path)) as readonly AuditLine[];
      if (flags.json) return io.out(JSON.stringify(found, undefined, 2));
      if (found.length === 0) return io.out('Nothing is noted.');
      const rows = found.map((line) => [
        new Date(line.at).toISOString(),
        line.project,
        line.actor,
        line.action,
        line.detail,
      ]);
      io.out(table(['Time', 'Project', 'Who', 'What', 'Detail'], rows));
    });
  return (await parse(forDaemon(command), argv, io)) ?? 0;
}
