import { AppError } from '../core/errors.ts';
import type { Io } from './io.ts';
import { Command, parse } from './parse.ts';

/** `cc-connect import go`. */
export async function importCommand(argv: readonly string[], io: Io): Promise<number> {
  const command = new Command('import').description('Takes over the state of another version.');
  command
    .command('go')
    .description("read the Go version's sessions from the same data directory, without changing them")
    .option('--data-dir <dir>', 'data directory')
    .action(async () => {
      throw new AppError('not_active', '"import go" is not active yet in this version', { kind: 'missing' });
    });
  return (await parse(command, argv, io)) ?? 0;
}
