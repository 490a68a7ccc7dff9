import type { Writable } from '../../config/edit.ts';
import { AppError } from '../../core/errors.ts';
import type { SetupGuide } from '../../core/platform.ts';
import type { Io } from '../io.ts';
import { ownName } from '../own-name.ts';
import { applyChange } from './apply.ts';
import { examine, tell } from './confirm.ts';
import type { Given } from './credentials.ts';
import type { Place } from './place.ts';
import { writePlatform } from './write.ts';

export interface Found {
  readonly type: string;
  readonly setup: SetupGuide;
  readonly place: Place;
  readonly credentials: Readonly<Record<string, Given>>;
  /** Further options. */
  readonly more: Readonly<Record<string, Writable>>;
  /** Owner of a project that has none. */
  readonly adminFrom?: string | undefined;
  readonly flags: { readonly skipVerify?: boolean; readonly reload: boolean };
}

/** Asks the service, tells what is missing, writes the config, lets a running daemon take it up. Exit code 1: something is missing. */
export async function finish(found: Found, io: Io): Promise<number> {
  const { type, setup, place, credentials, more, flags } = found;
  const values = Object.entries(credentials).map(([option, { value }]) => [option, value] as const);
  const options = { ...place.options, ...Object.fromEntries(values), ...more };
  let complete = true;
  if (!flags.skipVerify) {
    io.out(`Asking ${setup.name} …`);
    const findings = await examine(type, options, place);
    if (!tell(findings, io))
      throw new AppError(
        'not_confirmed',
        `${setup.name} did not confirm the credentials; nothing was written`,
        {
          kind: 'auth',
          advice: 'mend what is told above and try again, or write them all the same with --skip-verify',
        },
      );
    complete = !findings.some(({ level }) => level === 'error');
  }
  for (const [option, { written }] of Object.entries(credentials)) {
    const before = place.written[option];
    if (typeof before === 'string' && before.includes('${') && before !== written)
      io.out(`${option} was ${before}; the new value stands in the file itself now.`);
  }
  const written = Object.entries(credentials).map(([option, one]) => [option, one.written] as const);
  const { adminFrom } = found;
  await writePlatform(place, { type, options: { ...Object.fromEntries(written), ...more }, adminFrom }, io);
  if (flags.reload) await applyChange(place, type, io);
  const allowed = more.allow_from ?? place.options.allow_from;
  const steps = [
    ...setup.after,
    ...(allowed
      ? []
      : [`The bot answers with a code; approve yourself with: ${ownName(io)} pair approve CODE`]),
  ];
  io.out('Next:');
  for (const step of steps) io.out(`  - ${step}`);
  if (!complete)
    io.err(`Something is missing on the side of ${setup.name}: see above. "cc-connect doctor" checks again.`);
  return complete ? 0 : 1;
}
