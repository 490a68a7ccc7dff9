import type { CommandCall } from '../../engine/command.ts';
import { controlTexts as texts } from '../../i18n/texts/commands/control.ts';

/** Closes the agent's process; what it was started to do in the background ends with it and is named first. */
export async function endAgent({ actor, context, address, say }: CommandCall): Promise<void> {
  nameBackground({ actor, context, address, say });
  await actor.closeAgent({ of: actor.sessions.active(address).id });
}

export function nameBackground({
  actor,
  context,
  address,
  say,
}: Pick<CommandCall, 'actor' | 'context' | 'address' | 'say'>): void {
  const tasks = actor.live?.alive ? actor.live.background : [];
  if (tasks.length > 0)
    context.delivery.progress(address, say(texts.backgroundEnds, { tasks: tasks.join(', ') }));
}
