import type { CommandPlace } from '../../engine/command.ts';
import { settingTexts } from '../../i18n/texts/commands/settings.ts';
import { ownMember } from './own-agent.ts';

/** Mode and model of the active conversation, as the running agent has them or its next start will. */
export function agentSettings(call: CommandPlace): { readonly mode: string; readonly model: string } {
  const mode = currentMode(call);
  const shown = ownMember(call).agent?.modes.find(({ id }) => id === mode)?.label ?? mode;
  return { mode: shown ?? '–', model: currentModel(call) ?? call.say(settingTexts.agentDefault) };
}

export function currentMode(call: CommandPlace): string | undefined {
  const { actor, address } = call;
  const row = actor.sessions.active(address);
  const live = actor.liveOf(row.id);
  return (live?.alive ? live.mode : undefined) ?? row.mode ?? ownMember(call).agent?.defaultMode;
}

export function currentModel(call: CommandPlace): string | undefined {
  const { actor, address } = call;
  const row = actor.sessions.active(address);
  const live = actor.liveOf(row.id);
  return (live?.alive ? live.model : undefined) ?? row.model ?? ownMember(call).agent?.defaultModel;
}
