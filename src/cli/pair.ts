import type { Pairing } from '../servers/local/backend.ts';
import { callDaemon } from './client.ts';
import { clientDataDir } from './data-dir.ts';
import type { Io } from './io.ts';
import { Command, type DaemonFlags, forDaemon, parse } from './parse.ts';
import { oneLine, table, when } from './table.ts';

interface Flags extends DaemonFlags {
  readonly json?: boolean;
}

/** `cc-connect pair approve|list|revoke`. */
export async function pair(argv: readonly string[], io: Io): Promise<number> {
  const command = new Command('pair').description('Decides who may write to the bots.');
  command
    .command('approve')
    .description('let the person in who was shown this code, or back in whose access was taken back')
    .argument('<code|id>', 'the 8 characters, or an id as listed')
    .action(async (code: string, flags: Flags) => {
      const pairing = await change('/pair/approve', { code }, flags, io);
      io.out(`Approved ${person(pairing)} for ${pairing.project} on ${pairing.platform}.`);
    });
  command
    .command('list', { isDefault: true })
    .description('who asked and who is in')
    .option('--json', 'as JSON')
    .action((flags: Flags) => list(flags, io));
  command
    .command('revoke')
    .description('take the access back')
    .argument('<id>', 'as listed, or a user id or name that only one has of all who are in or wait')
    .action(async (id: string, flags: Flags) => {
      const pairing = await change('/pair/revoke', { id }, flags, io);
      io.out(`Revoked ${person(pairing)} for ${pairing.project} on ${pairing.platform}.`);
    });
  return (await parse(forDaemon(command), argv, io)) ?? 0;
}

async function change(path: string, body: object, flags: Flags, io: Io): Promise<Pairing> {
  return (await callDaemon(await clientDataDir(flags, io), 'POST', path, body)) as Pairing;
}

async function list(flags: Flags, io: Io): Promise<void> {
  const found = (await callDaemon(await clientDataDir(flags, io), 'GET', '/pair')) as readonly Pairing[];
  if (flags.json) return io.out(JSON.stringify(found, undefined, 2));
  if (found.length === 0) return io.out('Nobody has asked and nobody is paired.');
  io.out(
    table(
      ['Id', 'Project', 'Platform', 'Person', 'State', 'Code', 'Since'],
      found.map((pairing) => [
        pairing.id,
        pairing.project,
        pairing.platform,
        person(pairing),
        pairing.state,
        pairing.code ?? '-',
        when(pairing.since),
      ]),
    ),
  );
}

function person(pairing: Pairing): string {
  return oneLine(pairing.userName ? `${pairing.userName} (${pairing.userId})` : pairing.userId);
}
