import type { Address } from '../core/address.ts';
import type { AgentCapabilities } from '../core/agent.ts';
import type { Card } from '../core/card.ts';
import type { Sender } from '../core/inbound.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Suggestion } from '../core/platform.ts';
import type { Language, Text } from '../i18n/languages.ts';
import type { Values } from '../i18n/translate.ts';
import type { InputRow } from '../store/rows.ts';
import type { SessionActor } from './actor.ts';
import type { CommandTable } from './command-table.ts';
import type { ProjectContext } from './project-context.ts';
import type { ProjectParts } from './project-parts.ts';

/** What a command says: markdown, a card, anything, or nothing. */
export type CommandReply = string | Card | Outgoing | readonly Outgoing[] | undefined;

/** Who a command is for, and where. */
export interface CommandPlace {
  readonly context: ProjectContext;
  readonly actor: SessionActor;
  readonly table: CommandTable;
  readonly sender: Sender;
  readonly address: Address;
  readonly language: Language;
  readonly admin: boolean;
  say(text: Text, values?: Values): string;
}

export interface CommandCall extends CommandPlace {
  readonly parts: ProjectParts;
  readonly input: InputRow;
  /** Words after the name, quotes removed. */
  readonly args: readonly string[];
  /** Everything after the name, untouched. */
  readonly rest: string;
}

export type Urgency = 'immediate' | 'ordered';

/** One slash command. Adding one is a file with this object and a line in the table. */
export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  /**
   * immediate: overtakes the queue. ordered: waits its turn among the messages. A function decides by the
   * arguments (`/model` lists at once and switches in order) and by what the agent can do.
   */
  readonly when: Urgency | ((args: readonly string[], agent: AgentCapabilities) => Urgency);
  readonly admin?: boolean;
  /** Decides which project its chat talks to: it is not taken in before it has run, and what was written later waits. */
  readonly moves?: boolean;
  /** May give the chat another agent: what depends on the agent waits behind it. */
  readonly choosesAgent?: boolean;
  /** Hands its words to the running turn: after a crash the agent's transcript may know them. */
  readonly steers?: boolean;
  /** Ends what runs: meant for the project in which something does. */
  readonly stops?: boolean;
  readonly group: 'session' | 'agent' | 'tools' | 'system';
  /** For menus and help. */
  readonly summary: Text;
  /** Argument form shown in help, e.g. `[name]`. */
  readonly usage?: string;
  /** What may stand behind it, while it is being typed. */
  suggest?(place: CommandPlace): Promise<readonly Suggestion[]> | readonly Suggestion[];
  run(call: CommandCall): Promise<CommandReply> | CommandReply;
}

/** A feature's contribution to the daemon. */
export interface Feature {
  readonly name: string;
  readonly commands?: readonly CommandSpec[];
}
