import type { AgentMode } from '../core/agent.ts';
import { AppError } from '../core/errors.ts';
import type { OptionReader } from './option-reader.ts';

/** The mode of this name or alias, letter case aside. */
export function findMode<M extends AgentMode>(modes: readonly M[], name: string): M | undefined {
  const wanted = name.trim().toLowerCase();
  return modes.find((mode) => mode.id.toLowerCase() === wanted || mode.aliases.includes(wanted));
}

/** As {@link findMode}; throws `mode_unknown` naming the modes there are. `label` is the agent's name. */
export function modeOf<M extends AgentMode>(label: string, modes: readonly M[], name: string): M {
  const mode = findMode(modes, name);
  if (mode !== undefined) return mode;
  throw new AppError('mode_unknown', `${label} has no permission mode "${name}"`, {
    kind: 'validation',
    advice: `Use one of ${modes.map(({ id }) => id).join(', ')}.`,
  });
}

/** The id of the mode that the option `mode` names. */
export function modeOption(
  options: OptionReader<'mode'>,
  modes: readonly AgentMode[],
  fallback: string,
): string {
  const name = options.word('mode');
  const mode = name === undefined ? undefined : findMode(modes, name);
  if (name !== undefined && mode === undefined)
    options.wrong('mode', `must be one of ${modes.map(({ id }) => id).join(', ')}`);
  return mode?.id ?? fallback;
}
