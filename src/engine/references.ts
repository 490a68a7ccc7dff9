import type { Platform } from '../core/platform.ts';
import { rewriteFileReferences } from '../kit/markdown/file-references.ts';
import type { SessionRow } from '../store/rows.ts';
import type { ProjectContext } from './project-context.ts';

/** An agent's text as it is shown: file references in the form the project wants, for the agents and platforms it names. */
export function withReferences(
  context: ProjectContext,
  platform: Platform,
  session: Pick<SessionRow, 'agent' | 'agentType' | 'workDir'>,
  markdown: string,
): string {
  const { references } = context.settings;
  if (!names(references.agents, session.agentType) || !names(references.platforms, platform.type))
    return markdown;
  const workDir = session.workDir ?? context.agents.workDirOf(session);
  return rewriteFileReferences(markdown, { ...references.style, workDir });
}

/** `all` stands for every one. */
function names(list: readonly string[], one: string): boolean {
  return list.includes('all') || list.includes(one);
}
