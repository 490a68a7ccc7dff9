import type { Card } from '../../core/card.ts';
import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { contextShare, formatCost, formatTokens, shortDir } from '../../engine/footer.ts';
import { textOf } from '../../engine/input-text.ts';
import type { PlatformLink } from '../../engine/project-context.ts';
import { shorten } from '../../engine/tool-format.ts';
import { formatDuration } from '../../engine/turn-ending.ts';
import { settingTexts } from '../../i18n/texts/commands/settings.ts';
import { statusTexts as texts } from '../../i18n/texts/commands/status.ts';
import { agentSettings } from './agent-settings.ts';
import { titleOf } from './conversations.ts';
import { fateOf } from './fate.ts';
import { shortMoment } from './moments.ts';
import { ownMember } from './own-agent.ts';
import { projectHere } from './project-here.ts';

/** Messages whose fate is told, and how many rows are looked at to find them. */
const messagesShown = 5;
const rowsRead = 25;

export const statusCommand: CommandSpec = {
  name: 'status',
  when: 'immediate',
  group: 'system',
  summary: texts.summary,
  run: (call) => statusCard(call),
};

function statusCard(call: CommandCall): Card {
  const { say } = call;
  const messages = lastMessages(call);
  return {
    title: say(texts.title),
    tone: 'green',
    blocks: [
      { kind: 'fields', fields: [...standing(call), ...work(call)] },
      ...(messages.length > 0
        ? [
            { kind: 'divider' as const },
            { kind: 'text' as const, markdown: [`**${say(texts.lastMessages)}**`, ...messages].join('\n') },
            { kind: 'note' as const, text: say(texts.traceHint) },
          ]
        : []),
    ],
  };
}

/** What was set up: project, agent, platforms, settings. */
function standing(call: CommandCall) {
  const { context, actor, language, say } = call;
  const row = actor.sessions.active(call.address);
  const { mode, model } = agentSettings(call);
  const platforms = [...context.links.values()].map((link) => platformLine(call, link));
  return [
    { label: say(texts.project), value: projectHere(call) },
    { label: say(texts.agent), value: agentLine(call) },
    { label: say(texts.workDir), value: shortDir(row.workDir ?? ownMember(call).agent?.workDir ?? '–') },
    { label: say(texts.platforms), value: platforms.join('\n') },
    { label: say(texts.uptime), value: formatDuration(Date.now() - context.startedAt) },
    { label: say(settingTexts.langTitle), value: language },
    { label: say(texts.mode), value: mode },
    { label: say(settingTexts.modelTitle), value: model },
    { label: say(texts.display), value: context.settings.display.mode },
    { label: say(texts.session), value: titleOf(call, row) },
  ];
}

/** The conversation's own agent, and those of the project that cannot be used. */
function agentLine(call: CommandCall): string {
  const { members } = call.context.agents;
  const own = ownMember(call);
  const broken = members.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`🔴 ${name}: ${shorten(problem, 120)}`],
  );
  const named = own.label.toLowerCase() === own.name || members.length === 1 ? '' : ` (${own.name})`;
  return [`${own.label}${named}`, ...broken].join('\n');
}

function platformLine(call: CommandCall, { platform, state }: PlatformLink): string {
  const mark = { ready: '🟢', starting: '🟡', down: '🔴', denied: '⛔' }[state.is];
  const detail = state.detail ? ` (${shorten(state.detail, 120)})` : '';
  return `${mark} ${platform.account}: ${call.say(texts[state.is])}${detail}`;
}

/** What goes on right now. */
function work(call: CommandCall) {
  const { context, actor, parts, say } = call;
  const { turn } = actor;
  const waiting = String(actor.waiting.length);
  const running = turn
    ? say(texts.runningFor, { duration: formatDuration(Date.now() - turn.startedAt) })
    : (actor.live?.background ?? []).join(', ') || say(texts.nothing);
  const approvals = parts.desk.openFor(actor.key).length;
  const usage = usageLine(call);
  return [
    { label: say(texts.running), value: running },
    { label: say(texts.queue), value: actor.isHeld ? say(texts.onHold, { count: waiting }) : waiting },
    ...(approvals > 0 ? [{ label: say(texts.approvals), value: String(approvals) }] : []),
    { label: say(texts.liveAgents), value: String(context.slots.size) },
    { label: say(texts.outgoing), value: String(context.queries.openParts(context.name).length) },
    ...(usage ? [{ label: say(texts.usage), value: usage }] : []),
  ];
}

function usageLine({ actor }: CommandCall): string | undefined {
  const { last, costUsd } = actor.spent;
  const usage = actor.turn?.usage ?? last;
  const facts: string[] = [];
  if (usage?.inputTokens !== undefined) facts.push(`in ${formatTokens(usage.inputTokens)}`);
  if (usage?.outputTokens !== undefined) facts.push(`out ${formatTokens(usage.outputTokens)}`);
  const share = contextShare(usage);
  if (share !== undefined) facts.push(`ctx ${share}%`);
  if (costUsd > 0) facts.push(`Σ ${formatCost(costUsd)}`);
  return facts.length > 0 ? facts.join(' · ') : undefined;
}

function lastMessages(call: CommandCall): string[] {
  const { context, actor, input } = call;
  return context.queries
    .recentInputs(context.name, actor.key, rowsRead)
    .filter(({ id, kind }) => kind === 'message' && id !== input.id)
    .slice(0, messagesShown)
    .map((row) => {
      const words = shorten(textOf(row).replace(/\s+/g, ' '), 40).replace(/[\\`*_[\]<>#~|]/g, '\\$&');
      return `• ${shortMoment(row.receivedAt)} “${words}” — ${fateOf(call, row)} \`${row.id}\``;
    });
}
