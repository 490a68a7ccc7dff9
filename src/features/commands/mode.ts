import type { AgentMode } from '../../core/agent.ts';
import type { Button, Card } from '../../core/card.ts';
import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { settingTexts as texts } from '../../i18n/texts/commands/settings.ts';
import { currentMode } from './agent-settings.ts';
import { ownAgent } from './own-agent.ts';

export const modeCommand: CommandSpec = {
  name: 'mode',
  when: (args, agent) => (args.length > 0 && !agent.liveMode ? 'ordered' : 'immediate'),
  group: 'agent',
  summary: texts.modeSummary,
  usage: '[mode]',
  suggest(place) {
    const now = currentMode(place);
    return ownAgent(place).modes.map(({ id, label, description }) => ({
      value: id,
      label: `${id === now ? '▶ ' : ''}${label} — ${description}`,
    }));
  },
  async run(call) {
    const { modes } = ownAgent(call);
    if (modes.length === 0) return call.say(texts.modeNone);
    const wanted = call.rest;
    if (!wanted) return modeCard(call, modes, undefined);
    const mode = modeNamed(modes, wanted);
    if (!mode) return call.say(texts.modeUnknown, { wanted, modes: modes.map(({ id }) => id).join(', ') });
    const now = await change(call, mode);
    const told = call.say(now ? texts.modeChanged : texts.modeAfterTurn, { mode: mode.label });
    return call.input.kind === 'action' ? modeCard(call, modes, told) : told;
  },
};

/** False: it waits for the end of the running turn. */
async function change(call: CommandCall, mode: AgentMode): Promise<boolean> {
  const { actor } = call;
  const row = await actor.sessions.stored(call.address);
  const running = actor.liveOf(row.id);
  const live = running?.alive ? running : undefined;
  const taken =
    live === undefined || (live.member.agent.capabilities.liveMode && (await live.set({ mode: mode.id })));
  await actor.sessions.change(row.id, { mode: mode.id, updatedAt: row.updatedAt });
  if (live && taken) live.mode = mode.id;
  if (taken) return true;
  actor.renewAgent(live);
  return actor.turn?.sessionId !== row.id;
}

/** By number, id, label or alias; case, dashes and underscores aside. */
export function modeNamed(modes: readonly AgentMode[], wanted: string): AgentMode | undefined {
  const word = bare(wanted);
  const numbered = /^\d+$/.test(word) ? modes[Number(word) - 1] : undefined;
  return (
    numbered ??
    modes.find((mode) => [mode.id, mode.label, ...mode.aliases].some((name) => bare(name) === word))
  );
}

function bare(text: string): string {
  return text.toLowerCase().replace(/[\s_-]/g, '');
}

function modeCard(call: CommandCall, modes: readonly AgentMode[], told: string | undefined): Card {
  const current = call.actor.sessions.active(call.address).mode ?? currentMode(call);
  const lines = modes.map(
    ({ id, label, description }) => `${id === current ? '▶' : '•'} **${label}** \`${id}\` — ${description}`,
  );
  const buttons: Button[] = modes.map(({ id, label, bypass }) => ({
    label,
    data: `act:/mode ${id}`,
    style: id === current ? 'primary' : bypass ? 'danger' : 'default',
  }));
  const rows: Button[][] = [];
  for (let at = 0; at < buttons.length; at += 2) rows.push(buttons.slice(at, at + 2));
  return {
    title: call.say(texts.modeTitle),
    tone: 'violet',
    blocks: [
      { kind: 'text', markdown: lines.join('\n') },
      { kind: 'buttons', rows },
      ...(told ? [{ kind: 'note' as const, text: told }] : []),
    ],
  };
}
