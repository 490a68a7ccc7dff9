import { stat } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { BoundedMap } from './bounded-map.ts';
import { askProgram, type CliSpec } from './cli-check.ts';
import { findProgram } from './find-program.ts';

/** The flags a program knows, such as `--model` and `-m`. */
export type Flags = ReadonlySet<string>;

const known = new BoundedMap<string, Promise<Flags | undefined>>(64);

/**
 * The flags that a program's help names; asked once per binary (its path, size and time of change), so that an update
 * is noticed. Undefined when it gives no help: then nothing is known, and callers use the flags they were tested with.
 */
export async function cliFlags(
  cli: CliSpec,
  helpArgs: readonly string[],
  signal: AbortSignal,
): Promise<Flags | undefined> {
  const key = await binaryKey(cli, helpArgs);
  if (key === undefined) return undefined;
  const asked = known.get(key) ?? askFlags(cli, helpArgs, signal);
  known.set(key, asked);
  const flags = await asked.catch((error: unknown) => {
    known.delete(key);
    throw error;
  });
  // The program may have been busy or broken for a moment.
  if (flags === undefined) known.delete(key);
  return flags;
}

/** The first of these flags that the program knows; the first of all when nothing is known about it. */
export function firstKnown(flags: Flags | undefined, ...wanted: readonly string[]): string | undefined {
  return flags === undefined ? wanted[0] : wanted.find((flag) => flags.has(flag));
}

/** The flags named in a help text. */
export function flagsOf(help: string): Flags {
  const plain = stripVTControlCharacters(help);
  return new Set([...plain.matchAll(/(?<![\w/.-])--?[a-zA-Z][\w-]*/g)].map(([flag]) => flag));
}

async function askFlags(
  cli: CliSpec,
  helpArgs: readonly string[],
  signal: AbortSignal,
): Promise<Flags | undefined> {
  // Some print their help to stderr, and some end with 1 after it.
  const told = await askProgram(cli, helpArgs, signal);
  const flags = flagsOf(`${told.stdout}\n${told.stderrTail}`);
  return flags.size < 2 ? undefined : flags;
}

/** A script run by an interpreter is a binary too: all paths among the leading arguments count. */
async function binaryKey(cli: CliSpec, helpArgs: readonly string[]): Promise<string | undefined> {
  const program = await findProgram(cli.command, process.cwd(), cli.env);
  if (program === undefined) return undefined;
  const stamps = await Promise.all(
    [program, ...cli.args].map(async (path) => {
      const file = await stat(path).catch(() => undefined);
      return file === undefined ? path : `${path}:${file.size}:${file.mtimeMs}`;
    }),
  );
  return JSON.stringify([stamps, helpArgs]);
}
