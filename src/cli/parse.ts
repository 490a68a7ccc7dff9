import { Command, CommanderError, Option } from 'commander';
import { AppError } from '../core/errors.ts';
import type { Io } from './io.ts';

export { Command, Option };

/**
 * Parses with commander. Resolves with the exit code when the command line was answered by itself (help), undefined
 * when an action ran or the caller goes on. Throws `usage` (exit 2) for a wrong flag.
 */
export async function parse(command: Command, argv: readonly string[], io: Io): Promise<number | undefined> {
  if (!command.name().startsWith('cc-connect')) command.name(`cc-connect ${command.name()}`);
  quiet(command, io);
  try {
    await command.parseAsync([...argv], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return 2;
    throw new AppError('usage', error.message.replace(/^error: /, ''), {
      kind: 'validation',
      advice: `see "${command.name()} --help"`,
    });
  }
}

/** Errors are thrown instead of printed; help goes where results go. */
function quiet(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.out(text.replace(/\n$/, '')),
    writeErr: (text) => io.err(text.replace(/\n$/, '')),
    outputError: () => {},
    // Commander would make Node's stream to ask it, which takes longer than all of the help.
    getOutHelpWidth: () => io.columns,
    getOutHasColors: () => false,
  });
  command.helpCommand(false);
  for (const child of command.commands) quiet(child, io);
}

/** How a command is told which daemon it is for. */
export interface DaemonFlags {
  readonly dataDir?: string;
  readonly config?: string;
}

/** Adds them to a command, or to each of its words. */
export function forDaemon(command: Command): Command {
  if (command.commands.length > 0) {
    for (const word of command.commands) forDaemon(word);
    return command;
  }
  return command
    .option('--data-dir <dir>', 'data directory of the daemon (default: CC_DATA_DIR, then as configured)')
    .option('--config <file>', 'its configuration, which names the directory');
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** A whole number of at least one. */
export function positive(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) {
    throw new AppError('usage', `"${value}" is not a number of at least 1`, { kind: 'validation' });
  }
  return Number(value);
}
