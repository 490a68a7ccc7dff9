import { describeError } from '../core/errors.ts';
import type { Action, Inbound } from '../core/inbound.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { ActionReply } from '../core/platform.ts';
import type { Language, Text } from '../i18n/languages.ts';
import { accessTexts } from '../i18n/texts/access.ts';
import { commandTexts } from '../i18n/texts/command.ts';
import { translate, type Values } from '../i18n/translate.ts';
import type { InputRow, OutboxRow } from '../store/rows.ts';
import type { Access } from './access.ts';
import type { SessionActor } from './actor.ts';
import { aliased } from './aliases.ts';
import type { CommandCall, CommandReply } from './command.ts';
import type { CommandTable, ParsedCommand } from './command-table.ts';
import { partsFor } from './parts.ts';
import { persist } from './persist.ts';
import { linkOf, type ProjectContext } from './project-context.ts';
import type { ProjectParts } from './project-parts.ts';
import { disabledFor } from './roles.ts';

/** Runs commands with the same checks whether they were typed, queued or pressed. */
export class CommandRunner {
  readonly table: CommandTable;
  private readonly context: ProjectContext;
  private readonly access: Access;
  private parts: ProjectParts | undefined;

  constructor(context: ProjectContext, access: Access, table: CommandTable) {
    this.context = context;
    this.access = access;
    this.table = table;
  }

  /** The parts know each other; this closes the ring once they exist. */
  connect(parts: ProjectParts): void {
    this.parts = parts;
  }

  /** The command a message is, if it is one: pictures are never commands. */
  commandOf(row: InputRow): ParsedCommand | undefined {
    if (row.body.kind === 'action') {
      const pressed = /^(?:cmd|act):(\/.+)$/s.exec(row.body.data)?.[1];
      return pressed === undefined ? undefined : this.table.parse(pressed);
    }
    // What is addressed to an agent by name is for the agent, whatever it begins with.
    if (row.body.kind !== 'message' || row.body.files?.length || row.agent !== null) return undefined;
    return this.table.parse(row.body.text);
  }

  /** The same before anything is stored: aliases are still as they were typed. */
  commandIn(body: Inbound | Action): ParsedCommand | undefined {
    if (body.kind === 'message' && body.files?.length) return undefined;
    const typed = body.kind === 'message' ? aliased(this.context.settings, body.text.trim()) : undefined;
    const pressed = body.kind === 'action' ? /^(?:cmd|act):(\/.+)$/s.exec(body.data)?.[1] : undefined;
    const text = typed ?? pressed;
    return text === undefined ? undefined : this.table.parse(text);
  }

  isOrdered(actor: SessionActor, row: InputRow): boolean {
    const command = this.commandOf(row);
    return command !== undefined && this.waits(actor, row, command);
  }

  private waits(actor: SessionActor, row: InputRow, command: ParsedCommand): boolean {
    const session = actor.sessions.active(row.body.address);
    const { agents } = this.context;
    const { capabilities } = (agents.of(session) ?? agents.first).agent ?? agents.first.agent;
    // Behind a change of the agent it is not known yet whose command it will be.
    const unsure = actor.waiting.some(
      (other) => other.id !== row.id && this.commandOf(other)?.spec.choosesAgent === true,
    );
    const able = unsure ? { ...capabilities, liveMode: false, liveModel: false } : capabilities;
    return this.table.isOrdered(command, able);
  }

  /** Whether a pressed button is to be queued like a message: it must not change what runs or waits before it. */
  queues(actor: SessionActor, row: InputRow): boolean {
    if (row.body.kind !== 'action') return false;
    if (row.body.data.startsWith('cmd:/')) return true;
    const busy = actor.turn !== undefined || actor.waiting.length > 0;
    return busy && row.body.data.startsWith('act:/') && this.isOrdered(actor, row);
  }

  /** A command that waited its turn, or an immediate one: runs it and stores its answer with its end. */
  async runOrdered(actor: SessionActor, row: InputRow): Promise<void> {
    const command = this.commandOf(row);
    if (!command) return;
    if (row.state !== 'running') await persist(this.context, 'beginInput', { id: row.id, at: Date.now() });
    const reply = await this.call(actor, row, command);
    await this.complete(row, reply);
  }

  /** A pressed card button (`act:` changes something, `nav:` only shows): the card is replaced in place. */
  async press(actor: SessionActor, row: InputRow, action: Action): Promise<ActionReply | undefined> {
    const match = /^(act|nav):(\/.+)$/s.exec(action.data);
    const command = match?.[2] ? this.table.parse(match[2]) : undefined;
    if (!command) return undefined;
    const run = this.call(actor, row, command);
    // Nothing starts in a conversation that is just being left.
    if (this.waits(actor, row, command)) actor.block(run.then(() => undefined));
    const [first] = toOutgoing(await run);
    if (!first) return {};
    if (first.kind === 'card') return { card: first.card };
    return first.kind === 'text' ? { card: { blocks: [{ kind: 'text', markdown: first.markdown }] } } : {};
  }

  /** A durable word to the person who wrote an input. */
  tell(row: InputRow, text: Text, language: Language, values?: Values): void {
    const rows = this.rowsFor(row, [{ kind: 'text', markdown: translate(text, language, values) }]);
    this.context.delivery.reserve(rows, persist(this.context, 'enqueue', { rows, at: Date.now() }));
  }

  rowsFor(row: InputRow, content: readonly Outgoing[]): OutboxRow[] {
    const link = linkOf(this.context, row.body.address);
    if (!link || content.length === 0) return [];
    const to = { ...row.body.address, replyTo: row.message ?? row.body.address.replyTo };
    return partsFor(link.platform, to, content, { project: this.context.name, inputId: row.id }, Date.now());
  }

  /** The end of a command: its answer and its state in one transaction. */
  async complete(row: InputRow, reply: CommandReply): Promise<void> {
    const outbox = this.rowsFor(row, toOutgoing(reply));
    const committed = persist(this.context, 'settleInputs', {
      ids: [row.id],
      state: 'done',
      outbox,
      at: Date.now(),
    });
    this.context.delivery.reserve(outbox, committed);
    await committed;
  }

  /** Why this person may not run this command here, or undefined. */
  refusal(row: InputRow, command: ParsedCommand, language: Language): string | undefined {
    const values = { command: command.spec.name };
    const disabled = disabledFor(this.context.settings, row.body.sender);
    const names = [command.spec.name, ...(command.spec.aliases ?? [])];
    if (
      disabled.includes('*') ||
      names.some((name) => disabled.some((word) => name === word.replace(/^\//, '')))
    )
      return translate(accessTexts.disabled, language, values);
    if (command.spec.admin && !this.access.isAdmin(row.account, row.body.sender))
      return translate(accessTexts.adminOnly, language, values);
    return undefined;
  }

  private async call(actor: SessionActor, row: InputRow, command: ParsedCommand): Promise<CommandReply> {
    const { parts } = this;
    if (!parts) throw new Error('command runner is not connected');
    const language = actor.languageOf(row);
    const refusal = this.refusal(row, command, language);
    const project = this.context.name;
    const sender = row.body.sender;
    if (refusal) {
      await persist(this.context, 'record', {
        at: Date.now(),
        audit: [{ project, actor: sender.id, action: 'command.refused', detail: command.spec.name }],
      });
      return refusal;
    }
    const call: CommandCall = {
      context: this.context,
      parts,
      actor,
      table: this.table,
      input: row,
      sender,
      address: row.body.address,
      language,
      admin: this.access.isAdmin(row.account, sender),
      args: command.args,
      rest: command.rest,
      say: (text, values) => translate(text, language, values),
    };
    try {
      return await command.spec.run(call);
    } catch (error) {
      this.context.log.error(
        { input: row.id, command: command.spec.name, error: describeError(error) },
        'command failed',
      );
      return translate(commandTexts.failed, language, {
        command: command.spec.name,
        error: describeError(error),
      });
    }
  }
}

function toOutgoing(reply: CommandReply): readonly Outgoing[] {
  if (reply === undefined) return [];
  if (typeof reply === 'string') return [{ kind: 'text', markdown: reply }];
  if ('blocks' in reply) return [{ kind: 'card', card: reply }];
  return 'kind' in reply ? [reply] : reply;
}
