import type { AgentCapabilities } from '../core/agent.ts';
import type { CommandSpec } from './command.ts';

export interface ParsedCommand {
  readonly spec: CommandSpec;
  readonly args: readonly string[];
  readonly rest: string;
}

/** All commands by name: exact name or alias first, then a unique prefix. */
export class CommandTable {
  readonly all: readonly CommandSpec[];
  private readonly byName = new Map<string, CommandSpec>();

  constructor(commands: readonly CommandSpec[]) {
    this.all = commands;
    for (const spec of commands) {
      for (const name of [spec.name, ...(spec.aliases ?? [])]) {
        if (this.byName.has(name)) throw new Error(`two commands are called /${name}`);
        this.byName.set(name, spec);
      }
    }
  }

  find(name: string): CommandSpec | undefined {
    const wanted = name.toLowerCase();
    const exact = this.byName.get(wanted);
    if (exact || wanted.length === 0) return exact;
    const matches = new Set(
      [...this.byName].filter(([known]) => known.startsWith(wanted)).map(([, spec]) => spec),
    );
    return matches.size === 1 ? [...matches][0] : undefined;
  }

  /** Undefined when the text is no command of ours. */
  parse(text: string): ParsedCommand | undefined {
    const name = commandName(text);
    const spec = name === undefined ? undefined : this.find(name);
    if (!spec || name === undefined) return undefined;
    const rest = text
      .trimStart()
      .slice(name.length + 1)
      .trim();
    return { spec, args: words(rest), rest };
  }

  isOrdered(command: ParsedCommand, agent: AgentCapabilities): boolean {
    const { when } = command.spec;
    return (typeof when === 'function' ? when(command.args, agent) : when) === 'ordered';
  }
}

/** `new` for `/new name`; undefined when the text is not of that form (a path like `/etc/hosts` is not). */
export function commandName(text: string): string | undefined {
  return /^\/([\p{L}\p{N}_-]+)(?=\s|$)/u.exec(text.trimStart())?.[1];
}

/** Splits on spaces and tabs; single and double quotes group and are removed. */
export function words(text: string): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g))
    found.push(match[1] ?? match[2] ?? match[3] ?? '');
  return found;
}
