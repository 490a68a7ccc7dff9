import type { ReloadResult } from '../servers/local/backend.ts';
import { callDaemon } from './client.ts';
import { clientDataDir } from './data-dir.ts';
import type { Io } from './io.ts';
import { Command, type DaemonFlags, forDaemon, parse } from './parse.ts';

/** `cc-connect reload`. */
export async function reload(argv: readonly string[], io: Io): Promise<number> {
  const command = new Command('reload')
    .description('Applies the changed configuration without touching a running turn.')
    .action(async (flags: DaemonFlags) => {
      const dataDir = await clientDataDir(flags, io);
      const result = (await callDaemon(dataDir, 'POST', '/reload')) as ReloadResult;
      io.out(
        result.applied.length > 0 ? 'Configuration reloaded:' : 'Configuration reloaded; nothing changed.',
      );
      for (const line of result.applied) io.out(`  ${line}`);
      for (const note of result.notes) io.out(`  note: ${note}`);
    });
  return (await parse(forDaemon(command), argv, io)) ?? 0;
}
