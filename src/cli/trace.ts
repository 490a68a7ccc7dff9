import type { Trace } from '../servers/local/backend.ts';
import { callDaemon, withQuery } from './client.ts';
import { clientDataDir } from './data-dir.ts';
import type { Io } from './io.ts';
import { Command, type DaemonFlags, forDaemon, parse } from './parse.ts';
import { oneLine } from './table.ts';

/** `cc-connect trace <id>`. */
export async function trace(argv: readonly string[], io: Io): Promise<number> {
  const command = new Command('trace')
    .description('Shows everything that happened to one message, from input to the last part sent.')
    .argument('<id>', 'id of an input, a turn or a part, or message id of the platform')
    .option('--json', 'as JSON')
    .action(async (id: string, flags: DaemonFlags & { json?: boolean }) => {
      const dataDir = await clientDataDir(flags, io);
      const found = (await callDaemon(dataDir, 'GET', withQuery('/trace', { id }))) as Trace;
      if (flags.json) return io.out(JSON.stringify(found, undefined, 2));
      const start = found.entries[0]?.at ?? 0;
      for (const entry of found.entries) {
        const time = new Date(entry.at).toISOString();
        const since = `+${((entry.at - start) / 1000).toFixed(3)}s`;
        io.out(`${time}  ${since.padStart(10)}  ${entry.what.padEnd(10)}  ${oneLine(entry.detail)}`);
      }
    });
  return (await parse(forDaemon(command), argv, io)) ?? 0;
}
