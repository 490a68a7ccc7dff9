import type { SessionKey } from '../core/ids.ts';
import type { Sender } from '../core/inbound.ts';
import type { InputRow } from '../store/rows.ts';
import type { ProjectSettings, Role } from './settings.ts';
import type { SlidingWindow } from './sliding-window.ts';

/** A person's role: the first that lists them, else the default one, else the one for everybody (`*`). */
export function roleOf({ roles, defaultRole }: ProjectSettings, sender: Sender): Role | undefined {
  const id = sender.id.toLowerCase();
  const listing = roles.find(({ userIds }) => userIds.some((one) => one.toLowerCase() === id));
  return (
    listing ??
    roles.find(({ name }) => name === defaultRole) ??
    roles.find(({ userIds }) => userIds.includes('*'))
  );
}

/** Commands this person may not use. */
export function disabledFor(settings: ProjectSettings, sender: Sender): readonly string[] {
  return roleOf(settings, sender)?.disabledCommands ?? settings.disabledCommands;
}

/** The limit a message goes beyond: the one of the person's role first, then the conversation's. Counts the message. */
export function exceededLimit(
  rates: SlidingWindow,
  settings: ProjectSettings,
  key: SessionKey,
  row: InputRow,
): ProjectSettings['rateLimit'] | undefined {
  const { sender } = row.body;
  const limits = [
    { counted: `role|${row.account}|${sender.id}`, limit: roleOf(settings, sender)?.rateLimit },
    { counted: key, limit: settings.rateLimit },
  ];
  return limits.find(
    ({ counted, limit }) => limit && limit.max > 0 && !rates.take(counted, limit.max, limit.windowMs),
  )?.limit;
}
