import { AppError, describeError } from '../core/errors.ts';
import type { InputId, SessionKey } from '../core/ids.ts';
import { asId } from '../core/ids.ts';
import type { Action, Inbound, InputVerdict, MessageInbound, MigrateInbound } from '../core/inbound.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { ActionReply, Platform } from '../core/platform.ts';
import type { Language } from '../i18n/languages.ts';
import { accessTexts } from '../i18n/texts/access.ts';
import { approvalTexts } from '../i18n/texts/approval.ts';
import { commandTexts } from '../i18n/texts/command.ts';
import { queueTexts } from '../i18n/texts/queue.ts';
import { turnTexts } from '../i18n/texts/turn.ts';
import { translate } from '../i18n/translate.ts';
import { sortableId, uuidV5 } from '../kit/ids.ts';
import type { InputRow, InputState, SessionRow } from '../store/rows.ts';
import type { Access } from './access.ts';
import type { SessionActor } from './actor.ts';
import { addressed } from './agent-mention.ts';
import { aliased } from './aliases.ts';
import { Amendments } from './amendments.ts';
import { Buttons } from './buttons.ts';
import { commandName } from './command-table.ts';
import { hasMore, transcriptOf } from './input-text.ts';
import { isNativeCommand } from './native-commands.ts';
import type { Pairing } from './pairing.ts';
import { isStopping } from './persist.ts';
import { Placing } from './placement.ts';
import { languageFor, linkOf, type ProjectContext } from './project-context.ts';
import type { ProjectParts } from './project-parts.ts';
import { Refusals } from './refusals.ts';
import { sayAside } from './say-aside.ts';
import { SlidingWindow } from './sliding-window.ts';
import { SteerLine } from './steer-line.ts';

export interface IntakeDeps {
  readonly context: ProjectContext;
  readonly parts: ProjectParts;
  readonly access: Access;
  readonly pairing: Pairing;
  actorFor(key: SessionKey): SessionActor;
  /** The actor if it exists already. */
  knownActor(key: SessionKey): SessionActor | undefined;
  migrate(inbound: MigrateInbound): Promise<void>;
}

/** The way in: every happening is checked, stored once, and only then acted on. */
export class Intake {
  private readonly deps: IntakeDeps;
  private readonly context: ProjectContext;
  private readonly buttons: Buttons;
  private readonly placing: Placing;
  private readonly amendments: Amendments;
  private readonly steering: SteerLine;
  private readonly rates = new SlidingWindow();
  private readonly refusals = new Refusals();

  constructor(deps: IntakeDeps) {
    this.deps = deps;
    this.context = deps.context;
    this.buttons = new Buttons(deps);
    this.placing = new Placing(deps.context, deps.parts);
    this.amendments = new Amendments(deps, (actor, body) => this.rowFor(actor.key, body, 'queued', actor));
    this.steering = new SteerLine(deps.context.log);
  }

  async input(inbound: Inbound): Promise<InputVerdict> {
    const link = linkOf(this.context, inbound.address);
    if (!link)
      throw new AppError(
        'unknown_account',
        `no platform ${inbound.address.account} in project ${this.context.name}`,
      );
    if (!reports(inbound) && !this.deps.access.isAllowed(inbound.address.account, inbound.sender))
      return this.refuse(inbound);
    const key = link.platform.sessionKey(inbound.address, inbound.sender);
    if (inbound.kind === 'message') {
      return this.message(key, inbound).catch((error: unknown) => {
        this.tellNotStored(link.platform, inbound, error);
        throw error;
      });
    }
    const row = this.rowFor(key, inbound, 'running');
    if (!(await this.context.store.commit('acceptInput', { input: row }))) return 'duplicate';
    const acted = this.act(row, inbound).catch((error: unknown) => this.failed(row, error, 'input failed'));
    // What is written at the new place belongs to what has moved there.
    if (inbound.kind === 'migrate') await acted;
    return 'accepted';
  }

  /** An input that an orderly stop cuts short is no trouble: its row is open for the next start to judge. */
  private failed(row: InputRow, error: unknown, what: string): void {
    const level = isStopping(error) ? 'info' : 'error';
    this.context.log[level]({ input: row.id, error: describeError(error) }, what);
  }

  /** Nothing can be stored, so nothing is acknowledged and the message comes again; the person is told once a while. */
  private tellNotStored(platform: Platform, inbound: MessageInbound, error: unknown): void {
    const { account, chat } = inbound.address;
    const passing = error instanceof AppError && error.kind === 'unavailable';
    if (!passing || !this.rates.take(`full|${account}|${chat}`, 1, 600_000)) return;
    const language = languageFor(this.context, account, inbound.sender, inbound.text);
    const text = error.code === 'store_full' ? queueTexts.storeFull : queueTexts.storeBusy;
    // What was sent just before may wait for its record, and would hold this up.
    void sayAside(platform, inbound.address, translate(text, language), this.context.log);
  }

  async action(action: Action): Promise<ActionReply> {
    const link = linkOf(this.context, action.address);
    if (!link)
      throw new AppError(
        'unknown_account',
        `no platform ${action.address.account} in project ${this.context.name}`,
      );
    const language = this.context.languages.of(
      action.address.account,
      action.sender,
      this.context.settings.language,
    );
    if (!this.deps.access.isAllowed(action.address.account, action.sender)) {
      await this.auditRefusal(action);
      return { toast: translate(approvalTexts.notYou, language), toastKind: 'error' };
    }
    const key = link.platform.sessionKey(action.address, action.sender);
    const pressed = this.rowFor(key, action, 'running');
    const queued = this.deps.parts.commands.queues(this.deps.actorFor(key), pressed);
    const row: InputRow = {
      ...pressed,
      state: queued ? this.stateOf(this.deps.actorFor(key), pressed) : 'running',
    };
    if (!(await this.context.store.commit('acceptInput', { input: row })))
      return { toast: translate(approvalTexts.recorded, language) };
    if (queued) {
      const actor = this.deps.actorFor(key);
      await this.dispatch(actor, row);
      const at = actor.waiting.findIndex(({ id }) => id === row.id);
      return at < 0 ? {} : { toast: translate(queueTexts.queued, language, { position: at + 1 }) };
    }
    const reply = await this.press(row, action, language);
    await this.context.store.commit('settleInputs', { ids: [row.id], state: 'done', at: Date.now() });
    return reply;
  }

  private async press(row: InputRow, action: Action, language: Language): Promise<ActionReply> {
    return (
      (await this.deps.parts.desk.press(action)) ??
      (await this.buttons.press(row.sessionKey, row, action, language)) ?? {
        toast: translate(queueTexts.gone, language),
        toastKind: 'info',
      }
    );
  }

  /**
   * Puts a stored input where it belongs; also used after a restart. A promise only for what decides where later
   * messages go: it resolves when that is decided.
   */
  dispatch(actor: SessionActor, row: InputRow): Promise<void> | undefined {
    const command = this.deps.parts.commands.commandOf(row);
    if (command && !this.deps.parts.commands.isOrdered(actor, row)) {
      const run = this.deps.parts.commands
        .runOrdered(actor, row)
        .catch((error: unknown) => this.failed(row, error, 'command failed'));
      // One that was in flight at a crash runs by itself, so that it can be told from others.
      return command.spec.moves || row.attempts > 0 ? run : undefined;
    }
    if (command) {
      actor.enqueue(row);
      return undefined;
    }
    void this.prompt(actor, row).catch((error: unknown) => this.failed(row, error, 'input failed'));
    return undefined;
  }

  private async message(key: SessionKey, inbound: MessageInbound): Promise<InputVerdict> {
    const heard = inbound.text.trim() ? undefined : transcriptOf(inbound);
    const { agent, text } = addressed(
      this.context.agents,
      aliased(this.context.settings, heard ?? inbound.text.trim()),
      hasMore(inbound),
    );
    const prepared = { ...inbound, text };
    const actor = this.deps.actorFor(key);
    const row = this.rowFor(key, prepared, 'queued', actor, agent);
    const { state, notices } = this.placing.place(actor, row, prepared);
    const input: InputRow = {
      ...row,
      state: state === 'queued' ? this.stateOf(actor, row) : state,
      finishedAt: ended(state) ? row.receivedAt : null,
    };
    const session = this.sessionOf(actor, input);
    const understood = heard && !ended(state) ? [this.understood(actor, row, heard)] : [];
    const outbox = this.deps.parts.commands.rowsFor(input, [...understood, ...notices]);
    return this.placing.through(actor, async () => {
      // A command is no sign of talking on: only words to the agent keep a conversation from being renewed.
      const touch = this.deps.parts.commands.commandOf(row) === undefined;
      const activate = actor.sessions.isUnstored(session);
      const change = { input, session, activate, touch, outbox };
      if (!(await this.context.store.commit('acceptInput', change))) return 'duplicate';
      actor.sessions.wasStored(session);
      this.context.delivery.wake(inbound.address.account, inbound.address);
      this.context.delivery.add(outbox);
      if (state === 'queued') await this.dispatch(actor, input);
      return 'accepted';
    });
  }

  /** What runs as soon as it is stored is stored as running: if it ends the daemon, that is counted. */
  private stateOf(actor: SessionActor, row: InputRow): InputState {
    const { commands } = this.deps.parts;
    return commands.commandOf(row) && !commands.isOrdered(actor, row) ? 'running' : 'queued';
  }

  /** What the platform heard in a voice message, for the person to check. */
  private understood(actor: SessionActor, row: InputRow, heard: string): Outgoing {
    return {
      kind: 'text',
      markdown: translate(turnTexts.voiceRecognised, actor.languageOf(row), { text: heard }),
    };
  }

  /** A message for the agent: an answer to an open request, text for the running turn, or one more in the queue. */
  private async prompt(actor: SessionActor, row: InputRow): Promise<void> {
    const body = row.body;
    if (body.kind !== 'message') return;
    const { desk, commands } = this.deps.parts;
    if (desk.openFor(actor.key).length > 0 && body.text) {
      // Words to an agent by its name are for that agent.
      const answered =
        row.agent !== null
          ? 'not_an_answer'
          : await desk.say(actor.key, body.text, body.sender, body.quoted?.message);
      if (answered !== 'not_an_answer') {
        actor.sessions.touch(row);
        return commands.complete(row, answered.card ? undefined : answered.toast);
      }
      commands.tell(row, approvalTexts.keptWhileOpen, actor.languageOf(row));
    }
    this.announceUnknown(actor, row, body.text);
    if (this.steers(actor, row) || this.steering.busy(actor))
      return this.steering.add(
        actor,
        async () => {
          const taken = this.steers(actor, row) && (await actor.steer(row)) === 'taken';
          if (!taken) this.queue(actor, row, body);
        },
        () => this.queue(actor, row, body),
      );
    this.queue(actor, row, body);
  }

  /** Text for the turn that runs; an album is one message and cannot be given piece by piece. */
  private steers(actor: SessionActor, row: InputRow): boolean {
    const album = row.body.kind === 'message' && row.body.group !== undefined;
    return (
      this.context.settings.busyMode === 'steer' &&
      actor.turn?.origin === 'prompt' &&
      actor.waiting.length === 0 &&
      continues(actor, row) &&
      !album &&
      this.deps.parts.desk.openFor(actor.key).length === 0
    );
  }

  private queue(actor: SessionActor, row: InputRow, body: MessageInbound): void {
    const { busyMode } = this.context.settings;
    const asked = this.deps.parts.desk.openFor(actor.key).length > 0;
    if (busyMode === 'interrupt' && actor.turn?.origin === 'prompt' && !asked && continues(actor, row))
      actor.stop('interrupted');
    const busy = actor.turn !== undefined || actor.waiting.length > 0;
    actor.enqueue(row);
    const told = actor.isHeld || asked || body.group !== undefined;
    if (!busy || busyMode !== 'queue' || told || !actor.waiting.includes(row)) return;
    const position = actor.waiting.indexOf(row) + 1;
    this.context.delivery.progress(
      { ...body.address, replyTo: body.message },
      translate(queueTexts.queued, actor.languageOf(row), { position }),
    );
  }

  /** Unknown slash words go to the agent as they are; the agent's own commands need no remark. */
  private announceUnknown(actor: SessionActor, row: InputRow, text: string): void {
    const name = commandName(text);
    const member = this.context.agents.of(actor.sessions.targetOf(row));
    if (name === undefined || (member && isNativeCommand(this.context, member, name))) return;
    this.context.delivery.progress(
      row.body.address,
      translate(commandTexts.unknown, actor.languageOf(row), { command: name }),
    );
  }

  private async act(row: InputRow, inbound: Exclude<Inbound, MessageInbound>): Promise<void> {
    if (inbound.kind === 'stop') {
      const actor = this.deps.actorFor(row.sessionKey);
      if (!actor.stop('stop')) await actor.hold();
    } else if (inbound.kind === 'recall') await this.amendments.recall(inbound);
    else if (inbound.kind === 'edit')
      await this.amendments.edit(this.deps.actorFor(row.sessionKey), row, inbound);
    else await this.deps.migrate(inbound);
    await this.context.store.commit('settleInputs', { ids: [row.id], state: 'done', at: Date.now() });
  }

  /** A withdrawal, an edit or a press that was stored in an earlier life and not acted on. */
  async replay(row: InputRow): Promise<void> {
    // Whoever pressed has seen no answer; what was meant comes about, once: every button looks at how things stand.
    if (row.body.kind === 'action')
      await this.press(row, row.body, languageFor(this.context, row.account, row.body.sender));
    if (row.body.kind === 'recall') await this.amendments.recall(row.body);
    if (row.body.kind === 'edit')
      await this.amendments.replayEdit(this.deps.actorFor(row.sessionKey), row, row.body);
  }

  private async refuse(inbound: Inbound): Promise<InputVerdict> {
    const { account } = inbound.address;
    await this.auditRefusal(inbound);
    if (inbound.kind !== 'message' || !inbound.address.direct) return 'refused';
    if (this.deps.access.pairs(account)) await this.deps.pairing.greet(inbound);
    else if (this.rates.take(`refused|${account}|${inbound.sender.id}`, 1, 3_600_000)) {
      const language = this.context.languages.of(
        account,
        inbound.sender,
        this.context.settings.language,
        inbound.text,
      );
      this.context.delivery.progress(inbound.address, translate(accessTexts.refused, language));
    }
    return 'refused';
  }

  private async auditRefusal(body: Inbound | Action): Promise<void> {
    const audit = this.refusals.of(this.context.name, body);
    if (audit.length > 0) await this.context.store.commit('record', { at: Date.now(), audit });
  }

  /** The conversation a new message is stored with. */
  private sessionOf(actor: SessionActor, row: InputRow): SessionRow {
    const { address } = row.body;
    const member = row.agent === null ? undefined : this.context.agents.named(row.agent);
    return member ? actor.sessions.with(member, address) : actor.sessions.active(address);
  }

  private rowFor(
    key: SessionKey,
    body: Inbound | Action,
    state: InputState,
    actor?: SessionActor,
    agent: string | null = null,
  ): InputRow {
    const now = Date.now();
    const id = asId<InputId>(sortableId(now));
    const message =
      body.kind === 'message' || body.kind === 'edit' || body.kind === 'recall' ? body.message : null;
    const switching = actor?.changing ?? true;
    const row: InputRow = {
      id,
      project: this.context.name,
      account: body.address.account,
      dedupeKey: body.dedupeKey,
      sessionKey: key,
      sessionId: null,
      agent,
      kind: body.kind,
      state,
      message,
      promptId: body.kind === 'message' ? asId(uuidV5(id)) : null,
      turnId: null,
      body,
      detail: null,
      attempts: 0,
      platformAt: body.at,
      receivedAt: now,
      finishedAt: null,
    };
    return actor && !switching ? { ...row, sessionId: this.sessionOf(actor, row).id } : row;
  }
}

/** Told by the platform, often without saying by whom, and about nothing but what was let in before. */
function reports(inbound: Inbound): boolean {
  return inbound.kind === 'recall' || inbound.kind === 'migrate';
}

/** States in which a message is over the moment it is stored. */
function ended(state: InputState): boolean {
  return state === 'done' || state === 'refused';
}

/** A message that is for the conversation whose turn runs. */
function continues(actor: SessionActor, row: InputRow): boolean {
  return actor.turn?.sessionId === actor.sessions.targetOf(row).id;
}
