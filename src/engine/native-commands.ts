import type { InputRow } from '../store/rows.ts';
import type { RosterMember } from './agent-roster.ts';
import { textOf } from './input-text.ts';
import { persistSoon } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

/** An agent's own slash commands, kept so that they are known before it runs for the first time after a start. */
export function rememberNativeCommands(
  context: ProjectContext,
  member: RosterMember,
  names: readonly string[],
): void {
  const bare = names.map((name) => name.replace(/^\//, ''));
  const known = context.nativeCommands.get(member.name);
  if (known && bare.length === known.size && bare.every((name) => known.has(name))) return;
  context.nativeCommands.set(member.name, new Set(bare));
  persistSoon(context, 'setPreference', { ...keyOf(context, member), value: bare.join(' ') });
}

/** Whether `/name` means something to the agent itself. */
export function isNativeCommand(context: ProjectContext, member: RosterMember, name: string): boolean {
  if (`/${name}` === member.agent?.capabilities.compactCommand) return true;
  if (!context.nativeCommands.has(member.name)) {
    const { project, scope, name: key } = keyOf(context, member);
    const stored = context.queries.preference(project, scope, key);
    if (stored) context.nativeCommands.set(member.name, new Set(stored.split(' ')));
  }
  return context.nativeCommands.get(member.name)?.has(name) === true;
}

/** The command of its own that an agent was given, where that is all it was given: `/compact`. */
export function nativeCommandOf(
  context: ProjectContext,
  member: RosterMember,
  inputs: readonly InputRow[],
): string | undefined {
  const [only, ...more] = inputs;
  const name = only && more.length === 0 ? /^\/(\S+)/.exec(textOf(only).trim())?.[1] : undefined;
  return name && isNativeCommand(context, member, name) ? `/${name}` : undefined;
}

function keyOf(context: ProjectContext, member: RosterMember) {
  return { project: context.name, scope: `agent:${member.name}`, name: 'commands' };
}
