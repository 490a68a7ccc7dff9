import { join } from 'node:path';
import { AppError } from '../../core/errors.ts';
import type { Finding, PlatformDefinition } from '../../core/platform.ts';
import { silentLog } from '../../kit/silent-log.ts';
import { platformTypes } from '../../platforms/registry.ts';
import type { Io } from '../io.ts';
import { recordedMemory } from '../recorded-memory.ts';
import type { Place } from './place.ts';

const deadlineMs = 30_000;

export async function definitionOf(type: string): Promise<PlatformDefinition> {
  const found = await platformTypes.find((one) => one.type === type)?.load();
  if (found) return found;
  throw new AppError('platform_unknown', `this version has no platform "${type}"`, { kind: 'missing' });
}

/** What the service says about these options, without connecting for messages. Throws `options_invalid`. */
export async function examine(
  type: string,
  options: Readonly<Record<string, unknown>>,
  place: Place,
): Promise<readonly Finding[]> {
  const definition = await definitionOf(type);
  const { allow_from: _ofTheEngine, ...own } = options;
  const platform = definition.create(own, {
    log: silentLog,
    cacheDir: join(place.dataDir, 'platforms'),
    memory: (account) => recordedMemory(place.dataDir, account),
    project: place.project,
  });
  try {
    return (await platform.check?.(AbortSignal.timeout(deadlineMs))) ?? [];
  } finally {
    await platform.stop();
  }
}

/** Prints findings; true when the credentials are good, whatever else is missing. */
export function tell(findings: readonly Finding[], io: Io): boolean {
  for (const { level, what, fix } of findings) {
    io.out(`  ${level === 'ok' ? 'ok     ' : level === 'warning' ? 'warning' : 'MISSING'}  ${what}`);
    if (fix && level !== 'ok') io.out(`           fix: ${fix}`);
  }
  return !findings.some(({ unconfirmed }) => unconfirmed);
}
