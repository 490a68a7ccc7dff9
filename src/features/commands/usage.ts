import type { Usage, UsageLimit } from '../../core/agent-event.ts';
import type { Card } from '../../core/card.ts';
import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { contextShare, formatCost, formatTokens } from '../../engine/footer.ts';
import { formatDuration } from '../../engine/turn-ending.ts';
import { usageTexts as texts } from '../../i18n/texts/commands/usage.ts';

const DAY_MINUTES = 1_440;

export const usageCommand: CommandSpec = {
  name: 'usage',
  aliases: ['quota'],
  when: 'immediate',
  group: 'system',
  summary: texts.summary,
  run: (call) => usageCard(call),
};

function usageCard(call: CommandCall): Card {
  const { say } = call;
  const fields = [...conversation(call), ...allowances(call)];
  return {
    title: say(texts.title),
    tone: 'indigo',
    blocks: [fields.length > 0 ? { kind: 'fields', fields } : { kind: 'text', markdown: say(texts.unknown) }],
  };
}

/** What this chat's conversation took. */
function conversation({ actor, say }: CommandCall) {
  const { last, costUsd } = actor.spent;
  const usage = actor.turn?.usage ?? last;
  const tokens = tokensOf(usage);
  const share = contextShare(usage);
  const size = usage?.contextWindow ? ` / ${formatTokens(usage.contextWindow)}` : '';
  const filled = `${formatTokens(usage?.contextTokens ?? 0)}${size}${share === undefined ? '' : ` (${share} %)`}`;
  return [
    ...(tokens === '' ? [] : [{ label: say(texts.lastTurn), value: tokens }]),
    ...(usage?.contextTokens === undefined ? [] : [{ label: say(texts.context), value: filled }]),
    ...(costUsd > 0 ? [{ label: say(texts.cost), value: formatCost(costUsd) }] : []),
  ];
}

function tokensOf(usage: Usage | undefined): string {
  const counts = [
    ['in', usage?.inputTokens],
    ['out', usage?.outputTokens],
    ['cw', usage?.cacheWriteTokens],
    ['cr', usage?.cacheReadTokens],
  ] as const;
  return counts.flatMap(([name, count]) => (count ? [`${name} ${formatTokens(count)}`] : [])).join(' · ');
}

/** What is left to each agent of this project that tells it. */
function allowances(call: CommandCall) {
  const { context, say } = call;
  return context.agents.members.flatMap(({ name, label }) => {
    const limits = context.usageLimits.get(name) ?? [];
    if (limits.length === 0) return [];
    const lines = limits.map((limit) => lineOf(call, limit));
    return [{ label: `${say(texts.allowance)} (${label})`, value: lines.join('\n') }];
  });
}

function lineOf({ say }: CommandCall, limit: UsageLimit): string {
  const { windowMinutes, resetsAt } = limit;
  const values = {
    window: windowOf(windowMinutes),
    percent: Math.max(0, Math.round(100 - limit.usedPercent)),
  };
  const waitMs = resetsAt === undefined ? 0 : resetsAt - Date.now();
  return waitMs > 0
    ? say(texts.leftUntil, { ...values, duration: formatDuration(waitMs) })
    : say(texts.left, values);
}

/** `5 h`, `7 d`. */
function windowOf(minutes: number | undefined): string {
  if (minutes === undefined) return '–';
  return minutes >= 2 * DAY_MINUTES
    ? `${Math.round(minutes / DAY_MINUTES)} d`
    : `${Math.round(minutes / 60)} h`;
}
