import type { ProjectSettings } from './settings.ts';

/** The text with an alias of the config in place of its command: the whole text, or its first word. */
export function aliased({ aliases }: Pick<ProjectSettings, 'aliases'>, text: string): string {
  const whole = aliases.find(({ name }) => name === text);
  if (whole) return whole.command;
  const first = text.split(/\s/, 1)[0] ?? '';
  const alias = first && first !== text ? aliases.find(({ name }) => name === first) : undefined;
  return alias ? `${alias.command}${text.slice(first.length)}` : text;
}
