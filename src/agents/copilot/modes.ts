import type { AgentMode } from '../../core/agent.ts';

/** Not one of the CLI's own modes but a setting beside them: its usual mode with every tool, path and URL allowed. */
export const ALLOW_ALL: AgentMode = {
  id: 'bypassPermissions',
  aliases: ['bypass', 'yolo', 'allow-all', 'allowall', 'bypass-permissions'],
  label: 'Allow all',
  description: 'Asks nothing: every tool, path and URL is allowed',
  bypass: true,
};

/** The id of the session option that {@link ALLOW_ALL} sets. */
export const ALLOW_ALL_OPTION = 'allow_all';

export function isAllowAll(name: string | undefined): boolean {
  const wanted = name?.trim().toLowerCase();
  return wanted === ALLOW_ALL.id.toLowerCase() || ALLOW_ALL.aliases.some((alias) => alias === wanted);
}
