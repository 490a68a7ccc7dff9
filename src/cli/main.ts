import { type CommandEntry, commandTable, later } from './command-table.ts';
import { helpAtOnce } from './help-at-once.ts';
import type { Io } from './io.ts';
import { printRootHelp } from './root-help.ts';
import { printVersion } from './version.ts';

/**
 * Runs one command line (without program and script) and resolves with the exit code: 0 done, 1 failed, 2 used wrongly.
 * Looks at the first word only and imports nothing but the command it names. What is imported here without being waited
 * for belongs to no other part of the program, so that the build puts it all into one file: each further file is read
 * in another thread and costs a client command a millisecond.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    return (await import('./report.ts')).report(error, io);
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [first = '', ...rest] = argv;
  if (first === '--version' || first === '-v' || first === 'version') return printVersion(io);
  if (first === '--help' || first === '-h' || first === 'help') return printRootHelp(io);
  if (first === '' || first.startsWith('-')) return (await import('./run.ts')).run(argv, io);
  const help = helpAtOnce(argv, io);
  if (help !== undefined) {
    io.out(help);
    return 0;
  }
  const entry = Object.hasOwn(commandTable, first) ? commandTable[first] : undefined;
  if (!entry) throw await noCommand(first, io);
  return runEntry(entry, rest, io);
}

async function runEntry(entry: CommandEntry, rest: readonly string[], io: Io): Promise<number> {
  const command = await entry.load();
  return command(rest, io);
}

async function noCommand(word: string, io: Io): Promise<Error> {
  const { notActive, unknownCommand } = await import('./unknown-command.ts');
  if (later.includes(word)) return notActive(word);
  const visible = Object.keys(commandTable).filter((name) => commandTable[name]?.summary !== '');
  return unknownCommand(word, visible, io);
}
