import type { AgentMode } from '../../core/agent.ts';

/** Stands for "as the agent starts" until the agent has told its modes. */
export const START_MODE: AgentMode = {
  id: 'default',
  aliases: [],
  label: 'Default',
  description: 'The mode the agent starts in.',
};

/** The modes to offer before the agent has told its own. */
export function firstModes(
  known: readonly AgentMode[] | undefined,
  wanted: string | undefined,
): readonly AgentMode[] {
  const first = known === undefined || known.length === 0 ? [START_MODE] : known;
  if (wanted === undefined || modeIn(first, wanted) !== undefined) return first;
  return [...first, { ...START_MODE, id: wanted, label: wanted }];
}

/** The modes the agent told, with the further names and the warnings that are known of them. */
export function toldModes(
  told: readonly AgentMode[],
  known: readonly AgentMode[] | undefined,
): readonly AgentMode[] {
  return told.map((mode) => {
    const more = known?.find(({ id }) => id === mode.id);
    if (more === undefined) return mode;
    const aliases = [...new Set([...mode.aliases, ...more.aliases])];
    const description = mode.description === '' ? more.description : mode.description;
    return { ...mode, aliases, description, ...(more.bypass === true ? { bypass: true } : {}) };
  });
}

/** By id, alias or label; case, blanks, dashes and underscores aside. */
export function modeIn(modes: readonly AgentMode[], wanted: string): AgentMode | undefined {
  return (
    modes.find(({ id }) => id === wanted) ??
    modes.find((mode) => [mode.id, mode.label, ...mode.aliases].some((name) => bare(name) === bare(wanted)))
  );
}

/** Two spellings of one name are equal after this. */
export function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}
