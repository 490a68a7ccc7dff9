import type { AgentCapabilities } from '../../core/agent.ts';
import type { CommandSpec, Urgency } from '../../engine/command.ts';

/** The table of commands for the documentation, as Markdown: which overtake the queue and which wait their turn. */
export function commandReference(commands: readonly CommandSpec[]): string {
  const rows = commands.map((command) =>
    row([
      `\`/${command.name}${command.usage ? ` ${command.usage}` : ''}\``,
      (command.aliases ?? []).map((name) => `\`/${name}\``).join(' '),
      urgencyOf(command),
      command.admin ? 'admin' : '',
      command.summary.en,
    ]),
  );
  return [row(['Command', 'Also', 'Runs', 'Who', 'What it does']), '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

const live: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: true,
  images: true,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  finishesOnEof: true,
  outcome: true,
  systemPrompt: true,
  nestingVariables: [],
};
const fixed: AgentCapabilities = { ...live, liveMode: false, liveModel: false };

function urgencyOf({ when }: CommandSpec): string {
  if (typeof when !== 'function') return when;
  const alone: Urgency = when([], live);
  const [withLive, withFixed] = [when(['x'], live), when(['x'], fixed)];
  if (withLive !== withFixed) return `${alone}; changes: ${withFixed} where the agent needs a restart for it`;
  return alone === withLive ? alone : `${alone}; with arguments ${withLive}`;
}
