import { AppError } from '../../core/errors.ts';
import type { Credential } from '../../core/platform.ts';
import type { Io } from '../io.ts';
import { ask, isInteractive, linesOfStdin } from './ask.ts';
import type { Place } from './place.ts';

/** A credential as it is used now, and what is to stand in the config: the same, a `${VAR}`, or what stands there. */
export interface Given {
  readonly value: string;
  readonly written: string;
}

export interface Sources {
  /** By option name. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** One line each on stdin, in the order of the credentials. */
  readonly stdin: boolean;
}

/**
 * Collects the credentials: from flags, stdin, the config, the environment, else by asking. Throws `usage` naming the
 * first that is missing when nobody can be asked.
 */
export async function gather(
  credentials: readonly Credential[],
  place: Place,
  sources: Sources,
  io: Io,
): Promise<Readonly<Record<string, Given>>> {
  const lines = sources.stdin ? await linesOfStdin(io) : [];
  const missing = credentials.filter(({ option }) => sources.flags[option] === undefined);
  if (sources.stdin && lines.length < missing.length)
    throw new AppError('usage', `stdin has ${lines.length} of ${missing.length} lines`, {
      kind: 'validation',
      advice: `it takes one line each: ${missing.map(({ option }) => option).join(', ')}`,
    });
  const piped = new Map(missing.map(({ option }, at) => [option, lines[at]]));
  const given: Record<string, Given> = {};
  for (const credential of credentials) {
    const flag = sources.flags[credential.option]?.trim();
    if (flag) {
      io.err(
        `Note: other people on this machine can see --${flagOf(credential)} in the list of processes; ` +
          `next time leave it out and be asked, or use $${credential.env} or --stdin.`,
      );
    }
    const direct = flag || piped.get(credential.option);
    given[credential.option] = direct
      ? asWritten(credential, direct, place)
      : await fromElsewhere(credential, place, io);
  }
  return given;
}

export function flagOf({ option }: Pick<Credential, 'option'>): string {
  return option.replaceAll('_', '-');
}

/** A placeholder that stands for this very value stays. */
function asWritten({ option }: Credential, value: string, place: Place): Given {
  const written = place.written[option];
  return { value, written: place.options[option] === value && typeof written === 'string' ? written : value };
}

async function fromElsewhere(credential: Credential, place: Place, io: Io): Promise<Given> {
  const { option, env, what } = credential;
  const there = place.options[option];
  if (typeof there === 'string' && there !== '') {
    const typed = isInteractive(io)
      ? await ask(`${what} (Enter keeps the one in the config)`, { secret: true }, io)
      : '';
    return asWritten(credential, typed || there, place);
  }
  const value = io.env[env]?.trim();
  if (value) {
    io.out(`Using $${env} for ${option}.`);
    return { value, written: `\${${env}}` };
  }
  if (isInteractive(io)) {
    const typed = await ask(what, { secret: true }, io);
    if (typed) return { value: typed, written: typed };
  }
  throw new AppError('usage', `${option} is missing`, {
    kind: 'validation',
    advice: `run this on a terminal to be asked, set $${env}, or pipe it in with --stdin`,
  });
}
