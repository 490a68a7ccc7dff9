import { AppError } from '../core/errors.ts';
import { type CommandEntry, commandTable, later } from './command-table.ts';
import type { Io } from './io.ts';

/**
 * Runs one command line (without program and script) and resolves with the exit code: 0 done, 1 failed, 2 used wrongly.
 * Looks at the first word only and imports nothing but the command it names, so that client commands start fast.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    return report(error, io);
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [first = '', ...rest] = argv;
  if (first === '--version' || first === '-v' || first === 'version')
    return (await import('./version.ts')).printVersion(io);
  if (first === '--help' || first === '-h' || first === 'help')
    return (await import('./root-help.ts')).printRootHelp(io);
  if (first === '' || first.startsWith('-')) return (await import('./run.ts')).run(argv, io);
  const entry = Object.hasOwn(commandTable, first) ? commandTable[first] : undefined;
  if (!entry) throw await unknownCommand(first, io);
  return runEntry(entry, rest, io);
}

async function runEntry(entry: CommandEntry, rest: readonly string[], io: Io): Promise<number> {
  const command = await entry.load();
  return command(rest, io);
}

async function unknownCommand(word: string, io: Io): Promise<AppError> {
  if (later.includes(word))
    return new AppError('not_active', `"${word}" is not active yet in this version`, {
      kind: 'missing',
      advice: 'see "cc-connect --help" for what is',
    });
  const { nearest } = await import('../config/nearest.ts');
  const visible = Object.keys(commandTable).filter((name) => !name.startsWith('_'));
  const near = nearest(word, visible);
  io.err(`Usage: cc-connect [command] [flags]; commands: ${visible.join(', ')}`);
  return new AppError('unknown_command', `unknown command "${word}"`, {
    kind: 'validation',
    advice: near ? `did you mean "cc-connect ${near}"?` : 'see "cc-connect --help"',
  });
}

function report(error: unknown, io: Io): number {
  if (error instanceof AppError) {
    io.err(`Error: ${error.message}`);
    if (error.advice) io.err(`  ${error.advice}`);
    return error.code === 'usage' ? 2 : 1;
  }
  io.err(`Error: ${error instanceof Error ? error.message : String(error)}`);
  if (io.env.CC_DEBUG && error instanceof Error && error.stack) io.err(error.stack);
  return 1;
}
