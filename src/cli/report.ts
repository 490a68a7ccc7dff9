import { AppError } from '../core/errors.ts';
import { printable } from './chat/printable.ts';
import type { Io } from './io.ts';

/** Says what went wrong and what helps; returns the exit code: 2 for a command that was used wrongly, else 1. */
export function report(error: unknown, io: Io): number {
  if (error instanceof AppError) {
    io.err(`Error: ${printable(error.message)}`);
    if (error.advice) io.err(`  ${printable(error.advice)}`);
    return error.code === 'usage' ? 2 : 1;
  }
  io.err(`Error: ${printable(error instanceof Error ? error.message : String(error))}`);
  if (io.env.CC_DEBUG && error instanceof Error && error.stack) io.err(error.stack);
  return 1;
}
