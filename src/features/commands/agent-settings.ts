import type { CommandCall } from '../../engine/command.ts';
import { settingTexts } from '../../i18n/texts/commands/settings.ts';

/** Mode and model of the active conversation, as the running agent has them or its next start will. */
export function agentSettings(call: CommandCall): { readonly mode: string; readonly model: string } {
  const mode = currentMode(call);
  const shown = call.context.agent.modes.find(({ id }) => id === mode)?.label ?? mode;
  return { mode: shown ?? '–', model: currentModel(call) ?? call.say(settingTexts.agentDefault) };
}

export function currentMode({ actor, context, address }: CommandCall): string | undefined {
  const row = actor.sessions.active(address);
  const live = actor.live?.alive && actor.live.sessionId === row.id ? actor.live.mode : undefined;
  return live ?? row.mode ?? context.agent.defaultMode;
}

export function currentModel({ actor, context, address }: CommandCall): string | undefined {
  const row = actor.sessions.active(address);
  const live = actor.live?.alive && actor.live.sessionId === row.id ? actor.live.model : undefined;
  return live ?? row.model ?? context.agent.defaultModel;
}
