import type { CommandCall } from '../../engine/command.ts';
import { linkOf } from '../../engine/project-context.ts';
import type { RouteDecision, RouteLevel } from '../../engine/routing/rules.ts';
import type { Text } from '../../i18n/languages.ts';
import { projectTexts as texts } from '../../i18n/texts/commands/project.ts';

const reasons: Readonly<Record<RouteLevel, Text>> = {
  thread: texts.byThread,
  chat: texts.byChat,
  user: texts.byUser,
  choice: texts.byChoice,
  default: texts.byDefault,
  first: texts.byFirst,
};

export function reasonOf(call: CommandCall, { level }: RouteDecision): string {
  return call.say(reasons[level]);
}

/** The project people are in; where they could be in another one, also why. */
export function projectHere(call: CommandCall): string {
  const project = call.context.name;
  const routing = linkOf(call.context, call.address)?.routing;
  if (!routing || routing.reachable(call.sender).length < 2) return project;
  const decision = routing.decide(call.address, call.sender);
  if (decision.project !== project) return project;
  return `${project} (${reasonOf(call, decision)})`;
}
