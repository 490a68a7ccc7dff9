import { persistSoon } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

/** The agent's own slash commands, kept so that they are known before it runs for the first time after a start. */
export function rememberNativeCommands(context: ProjectContext, names: readonly string[]): void {
  const bare = names.map((name) => name.replace(/^\//, ''));
  const same =
    bare.length === context.nativeCommands.size && bare.every((name) => context.nativeCommands.has(name));
  if (same) return;
  context.nativeCommands = new Set(bare);
  persistSoon(context, 'setPreference', { ...keyOf(context), value: bare.join(' ') });
}

/** Whether `/name` means something to the agent itself. */
export function isNativeCommand(context: ProjectContext, name: string): boolean {
  if (`/${name}` === context.agent.capabilities.compactCommand) return true;
  if (context.nativeCommands.size === 0) {
    const { project, scope, name: key } = keyOf(context);
    const stored = context.queries.preference(project, scope, key);
    if (stored) context.nativeCommands = new Set(stored.split(' '));
  }
  return context.nativeCommands.has(name);
}

function keyOf(context: ProjectContext) {
  return { project: context.name, scope: `agent:${context.agent.type}`, name: 'commands' };
}
