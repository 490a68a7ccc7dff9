import type { ModelInfo } from '../../core/agent-event.ts';
import type { Button, Card } from '../../core/card.ts';
import type { CommandCall, CommandPlace, CommandSpec } from '../../engine/command.ts';
import { agentForModel } from '../../engine/model-routes.ts';
import { inlineCode } from '../../engine/tool-format.ts';
import { agentTexts } from '../../i18n/texts/commands/agents.ts';
import { settingTexts as texts } from '../../i18n/texts/commands/settings.ts';
import { currentModel } from './agent-settings.ts';
import { ownAgent, ownMember } from './own-agent.ts';
import { refusalOf, switchTo } from './switch-agent.ts';

const listDeadlineMs = 10_000;
const buttonsPerRow = 3;
/** Bytes of a model's name that fit into a button beside the command. */
const buttonNameBytes = 44;

export const modelCommand: CommandSpec = {
  name: 'model',
  when: (args) => (args.length > 0 ? 'ordered' : 'immediate'),
  choosesAgent: true,
  group: 'agent',
  summary: texts.modelSummary,
  usage: '[number | name | default]',
  async suggest(place) {
    const now = currentModel(place);
    const models = (await modelsOf(place)).map(({ id, label }) => ({
      value: id,
      label: `${id === now ? '▶ ' : ''}${label && label !== id ? `${label} (${id})` : id}`,
    }));
    return [...models, { value: 'default', label: `default: ${place.say(texts.agentDefault)}` }];
  },
  async run(call) {
    const models = await modelsOf(call);
    const wanted = call.rest.replace(/^switch(\s+|$)/i, '').trim();
    if (!wanted) return modelCard(call, models);
    const model = isDefault(wanted) ? null : modelNamed(models, wanted);
    const routed = model === null ? undefined : await goToServing(call, model);
    if (routed?.refusal) return routed.refusal;
    await change(call, model);
    if (routed) return call.say(agentTexts.modelRouted, { model: model ?? '', agent: routed.agent });
    const shown = model ?? ownAgent(call).defaultModel ?? call.say(texts.agentDefault);
    return call.say(texts.modelChanged, { model: shown });
  },
};

/** The configured models, else those the running agent offers. */
async function modelsOf(call: CommandPlace): Promise<readonly ModelInfo[]> {
  const { configuredModels } = ownAgent(call);
  const live = call.actor.liveOf(call.actor.sessions.active(call.address).id);
  if (configuredModels.length > 0 || !live?.alive) return configuredModels;
  return (await live.port.models?.(AbortSignal.timeout(listDeadlineMs))) ?? [];
}

/** Where another agent serves this model the chat goes on with that one; undefined: the own agent does. */
async function goToServing(
  call: CommandCall,
  model: string,
): Promise<{ readonly agent: string; readonly refusal?: string } | undefined> {
  const { context } = call;
  const name = agentForModel(context.settings.modelRoutes, model);
  const member = name === undefined ? undefined : context.agents.named(name);
  if (!member || member.name === ownMember(call).name) return undefined;
  const refusal = refusalOf(call, member);
  if (refusal === undefined) await switchTo(call, member);
  return { agent: member.name, ...(refusal === undefined ? {} : { refusal }) };
}

function isDefault(word: string): boolean {
  return ['default', 'reset', 'none', '-'].includes(word.toLowerCase());
}

/** By number, id or label; a name that is not listed is taken as it is. */
export function modelNamed(models: readonly ModelInfo[], wanted: string): string {
  const word = wanted.toLowerCase();
  const numbered = /^\d+$/.test(word) ? models[Number(word) - 1] : undefined;
  const named = models.find(({ id, label }) => id.toLowerCase() === word || label?.toLowerCase() === word);
  return (numbered ?? named)?.id ?? wanted;
}

/** Kept with the conversation, which goes on: live where the agent can, else by its next process. */
async function change(call: CommandCall, model: string | null): Promise<void> {
  const { actor } = call;
  const row = await actor.sessions.stored(call.address);
  const running = actor.liveOf(row.id);
  const live = running?.alive ? running : undefined;
  const taken =
    live === undefined || (live.member.agent.capabilities.liveModel && (await live.set({ model })));
  await actor.sessions.change(row.id, { model, updatedAt: row.updatedAt });
  if (live && taken) live.model = model ?? live.member.agent.defaultModel;
  if (!taken) actor.renewAgent(live);
}

function modelCard(call: CommandCall, models: readonly ModelInfo[]): Card {
  const current = currentModel(call);
  const now = call.say(texts.modelNow, { model: `**${current ?? call.say(texts.agentDefault)}**` });
  const lines = models.map(({ id, label, description }, at) => {
    const mark = id === current ? '▶' : '•';
    const name = label && label !== id ? `${label} \`${id}\`` : `\`${id}\``;
    return `${mark} ${at + 1}. ${name}${description ? ` — ${description}` : ''}`;
  });
  const buttons: Button[] = models.flatMap(({ id, label }) =>
    Buffer.byteLength(id) > buttonNameBytes
      ? []
      : [{ label: label ?? id, data: `act:/model ${id}`, style: id === current ? 'primary' : 'default' }],
  );
  const own = ownMember(call).name;
  const others = call.context.settings.modelRoutes.filter(({ agent }) => agent !== own);
  const routes = others
    .map(({ match, agent }) => `${match.map(inlineCode).join(', ')} → ${agent}`)
    .join('; ');
  if (routes) lines.push('', call.say(agentTexts.modelRoutes, { routes }));
  const rows: Button[][] = [];
  for (let at = 0; at < buttons.length; at += buttonsPerRow) rows.push(buttons.slice(at, at + buttonsPerRow));
  return {
    title: call.say(texts.modelTitle),
    tone: 'indigo',
    blocks: [
      { kind: 'text', markdown: [now, ...lines].join('\n') },
      ...(rows.length > 0 ? [{ kind: 'buttons' as const, rows }] : []),
      { kind: 'note', text: call.say(models.length > 0 ? texts.modelHint : texts.modelNone) },
    ],
  };
}
