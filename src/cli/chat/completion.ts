import type { MenuEntry } from '../../core/platform.ts';

/** What TAB offers: commands while the first word is being typed. The shape readline asks for. */
export function completer(line: string, commands: readonly MenuEntry[]): [string[], string] {
  if (!/^\/\S*$/.test(line)) return [[], line];
  const all = commands.map((command) => `/${command.name.replace(/^\//, '')}`);
  const hits = all.filter((command) => command.startsWith(line));
  return [hits.map((hit) => `${hit} `), line];
}
