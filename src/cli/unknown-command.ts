import { nearest } from '../config/nearest.ts';
import { AppError } from '../core/errors.ts';
import type { Io } from './io.ts';

/** The error for a word that is no command, with the `known` one that was probably meant. */
export function unknownCommand(word: string, known: readonly string[], io: Io): AppError {
  const near = nearest(word, known);
  io.err(`Usage: cc-connect [command] [flags]; commands: ${known.join(', ')}`);
  return new AppError('unknown_command', `unknown command "${word}"`, {
    kind: 'validation',
    advice: near ? `did you mean "cc-connect ${near}"?` : 'see "cc-connect --help"',
  });
}

/** The error for a word of the Go cc-connect whose feature is not here yet. */
export function notActive(word: string): AppError {
  return new AppError('not_active', `"${word}" is not active yet in this version`, {
    kind: 'missing',
    advice: 'see "cc-connect --help" for what is',
  });
}
