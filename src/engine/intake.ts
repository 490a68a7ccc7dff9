import { AppError, describeError } from '../core/errors.ts';
import type { AccountId, InputId, SessionKey } from '../core/ids.ts';
import { asId } from '../core/ids.ts';
import type {
  Action,
  EditInbound,
  Inbound,
  InputVerdict,
  MessageInbound,
  MigrateInbound,
  RecallInbound,
} from '../core/inbound.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { ActionReply } from '../core/platform.ts';
import { accessTexts } from '../i18n/texts/access.ts';
import { approvalTexts } from '../i18n/texts/approval.ts';
import { commandTexts } from '../i18n/texts/command.ts';
import { queueTexts } from '../i18n/texts/queue.ts';
import { turnTexts } from '../i18n/texts/turn.ts';
import { translate } from '../i18n/translate.ts';
import { sortableId, uuidV5 } from '../kit/ids.ts';
import type { InputRow, InputState } from '../store/rows.ts';
import type { Access } from './access.ts';
import type { SessionActor } from './actor.ts';
import { Buttons } from './buttons.ts';
import { commandName } from './command-table.ts';
import { deferredNotice } from './deferred-notice.ts';
import { textOf } from './input-text.ts';
import type { Pairing } from './pairing.ts';
import { linkOf, type ProjectContext } from './project-context.ts';
import type { ProjectParts } from './project-parts.ts';
import { exceededLimit } from './roles.ts';
import { SlidingWindow } from './sliding-window.ts';
import { shorten } from './tool-format.ts';
import { formatDuration } from './turn-ending.ts';

export interface IntakeDeps {
  readonly context: ProjectContext;
  readonly parts: ProjectParts;
  readonly access: Access;
  readonly pairing: Pairing;
  actorFor(key: SessionKey): SessionActor;
  /** The actor if it exists already. */
  knownActor(key: SessionKey): SessionActor | undefined;
  migrate(account: AccountId, fromChat: string, inbound: MigrateInbound): Promise<void>;
}

interface Placement {
  readonly state: InputState;
  /** Told in the same transaction. */
  readonly notices: readonly Outgoing[];
}

/** The way in: every happening is checked, stored once, and only then acted on. */
export class Intake {
  private readonly deps: IntakeDeps;
  private readonly context: ProjectContext;
  private readonly buttons: Buttons;
  private readonly rates = new SlidingWindow();

  constructor(deps: IntakeDeps) {
    this.deps = deps;
    this.context = deps.context;
    this.buttons = new Buttons(deps);
  }

  async input(inbound: Inbound): Promise<InputVerdict> {
    const link = linkOf(this.context, inbound.address);
    if (!link)
      throw new AppError(
        'unknown_account',
        `no platform ${inbound.address.account} in project ${this.context.name}`,
      );
    if (!this.deps.access.isAllowed(inbound.address.account, inbound.sender)) return this.refuse(inbound);
    const key = link.platform.sessionKey(inbound.address, inbound.sender);
    if (inbound.kind === 'message') return this.message(key, inbound);
    const row = this.rowFor(key, inbound, 'running');
    if (!(await this.context.store.commit('acceptInput', { input: row }))) return 'duplicate';
    this.act(row, inbound).catch((error: unknown) =>
      this.context.log.error({ input: row.id, error: describeError(error) }, 'input failed'),
    );
    return 'accepted';
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
      await this.auditRefusal(
        action.address.account,
        action.sender.id,
        `button ${action.data.split(':')[0] ?? ''}`,
      );
      return { toast: translate(approvalTexts.notYou, language), toastKind: 'error' };
    }
    const key = link.platform.sessionKey(action.address, action.sender);
    const pressed = this.rowFor(key, action, 'running');
    const queued = this.deps.parts.commands.queues(this.deps.actorFor(key), pressed);
    const row: InputRow = queued ? { ...pressed, state: 'queued' } : pressed;
    if (!(await this.context.store.commit('acceptInput', { input: row })))
      return { toast: translate(approvalTexts.recorded, language) };
    if (queued) {
      const actor = this.deps.actorFor(key);
      this.dispatch(actor, row);
      const at = actor.waiting.findIndex(({ id }) => id === row.id);
      return at < 0 ? {} : { toast: translate(queueTexts.queued, language, { position: at + 1 }) };
    }
    const reply = (await this.deps.parts.desk.press(action)) ??
      (await this.buttons.press(key, row, action, language)) ?? {
        toast: translate(queueTexts.gone, language),
        toastKind: 'info',
      };
    await this.context.store.commit('settleInputs', { ids: [row.id], state: 'done', at: Date.now() });
    return reply;
  }

  /** Puts a stored input where it belongs; also used after a restart. */
  dispatch(actor: SessionActor, row: InputRow): void {
    const command = this.deps.parts.commands.commandOf(row);
    if (command && !this.deps.parts.commands.isOrdered(row)) {
      this.deps.parts.commands
        .runOrdered(actor, row)
        .catch((error: unknown) =>
          this.context.log.error({ input: row.id, error: describeError(error) }, 'command failed'),
        );
      return;
    }
    if (command) return actor.enqueue(row);
    void this.prompt(actor, row).catch((error: unknown) =>
      this.context.log.error({ input: row.id, error: describeError(error) }, 'input failed'),
    );
  }

  private async message(key: SessionKey, inbound: MessageInbound): Promise<InputVerdict> {
    const prepared = this.prepare(inbound);
    const actor = this.deps.actorFor(key);
    const row = this.rowFor(key, prepared, 'queued', actor);
    const placement = this.place(actor, row, prepared);
    const input: InputRow = { ...row, state: placement.state };
    const session = actor.sessions.active(inbound.address);
    const outbox = this.deps.parts.commands.rowsFor(input, placement.notices);
    const accepted = await this.context.store.commit('acceptInput', {
      input,
      session,
      touch: true,
      outbox,
    });
    if (!accepted) return 'duplicate';
    this.context.delivery.wake(inbound.address.account);
    this.context.delivery.add(outbox);
    if (placement.state === 'queued') this.dispatch(actor, input);
    return 'accepted';
  }

  /** Alias and voice: what the person meant. */
  private prepare(inbound: MessageInbound): MessageInbound {
    const voice = inbound.files?.find((file) => file.kind === 'voice' && file.transcript);
    const text = inbound.text.trim() || voice?.transcript?.trim() || '';
    return { ...inbound, text: this.aliased(text) };
  }

  private aliased(text: string): string {
    const { aliases } = this.context.settings;
    const whole = aliases.find(({ name }) => name === text);
    if (whole) return whole.command;
    const first = text.split(/\s/, 1)[0] ?? '';
    const alias = first && first !== text ? aliases.find(({ name }) => name === first) : undefined;
    return alias ? `${alias.command}${text.slice(first.length)}` : text;
  }

  /** Where a new message goes, and what is said about it at once. */
  private place(actor: SessionActor, row: InputRow, inbound: MessageInbound): Placement {
    const { settings } = this.context;
    const language = actor.languageOf(row);
    const say = (text: Parameters<typeof translate>[0], values?: Parameters<typeof translate>[2]) =>
      translate(text, language, values);
    const quote = shorten(textOf(row), 120);
    const command = this.deps.parts.commands.commandOf(row);
    if (!inbound.text && !inbound.files?.length && !inbound.extra && !inbound.quoted)
      return { state: 'done', notices: [] };
    if (onlyVoice(inbound))
      return { state: 'refused', notices: [{ kind: 'text', markdown: say(turnTexts.voiceDisabled) }] };
    const lower = inbound.text.toLowerCase();
    if (
      !/^[/!]/.test(inbound.text) &&
      settings.bannedWords.some((word) => word && lower.includes(word.toLowerCase()))
    )
      return { state: 'refused', notices: [{ kind: 'text', markdown: say(queueTexts.banned) }] };
    if (command) return { state: 'queued', notices: [] };
    const age = inbound.at > 0 ? Date.now() - inbound.at : 0;
    if (settings.staleAfterMs > 0 && age > settings.staleAfterMs)
      return deferred(row, say(queueTexts.stale, { age: formatDuration(age), text: quote }), say);
    const rateLimit = exceededLimit(this.rates, settings, actor.key, row);
    if (rateLimit)
      return deferred(
        row,
        say(queueTexts.rateLimited, { max: rateLimit.max, seconds: rateLimit.windowMs / 1000, text: quote }),
        say,
      );
    const depth = actor.waiting.length;
    const sameGroup =
      inbound.group !== undefined &&
      actor.waiting.some((one) => one.body.kind === 'message' && one.body.group?.id === inbound.group?.id);
    if (settings.queueDepth > 0 && depth >= settings.queueDepth && !sameGroup)
      return deferred(row, say(queueTexts.deferred, { count: depth, text: quote }), say);
    return { state: 'queued', notices: [] };
  }

  /** A message for the agent: an answer to an open request, text for the running turn, or one more in the queue. */
  private async prompt(actor: SessionActor, row: InputRow): Promise<void> {
    const body = row.body;
    if (body.kind !== 'message') return;
    const { desk } = this.deps.parts;
    const language = actor.languageOf(row);
    if (desk.openFor(actor.key).length > 0 && body.text) {
      const answered = await desk.say(actor.key, body.text, body.sender, body.quoted?.message);
      if (answered !== 'not_an_answer')
        return this.deps.parts.commands.complete(row, answered.card ? undefined : answered.toast);
      this.deps.parts.commands.tell(row, approvalTexts.keptWhileOpen, language);
    }
    this.announceUnknown(actor, row, body.text);
    const { busyMode } = this.context.settings;
    const running = actor.turn !== undefined && actor.turn.origin === 'prompt';
    if (running && busyMode === 'steer' && actor.waiting.length === 0 && (await actor.steer(row)) === 'taken')
      return;
    if (running && busyMode === 'interrupt') actor.stop('interrupted');
    const busy = actor.turn !== undefined || actor.waiting.length > 0;
    actor.enqueue(row);
    if (
      busy &&
      busyMode === 'queue' &&
      body.group === undefined &&
      desk.openFor(actor.key).length === 0 &&
      actor.waiting.includes(row)
    ) {
      this.context.delivery.progress(
        { ...body.address, replyTo: body.message },
        translate(queueTexts.queued, language, { position: actor.waiting.indexOf(row) + 1 }),
      );
    }
  }

  /** Unknown slash words go to the agent as they are; the agent's own commands need no remark. */
  private announceUnknown(actor: SessionActor, row: InputRow, text: string): void {
    const name = commandName(text);
    if (name === undefined || this.context.nativeCommands.has(name)) return;
    this.context.delivery.progress(
      row.body.address,
      translate(commandTexts.unknown, actor.languageOf(row), { command: name }),
    );
  }

  private async act(row: InputRow, inbound: Exclude<Inbound, MessageInbound>): Promise<void> {
    const actor = this.deps.actorFor(row.sessionKey);
    if (inbound.kind === 'stop') {
      if (!actor.stop('stop')) await actor.hold();
    } else if (inbound.kind === 'recall') await this.recall(inbound);
    else if (inbound.kind === 'edit') await this.edit(actor, row, inbound);
    else await this.deps.migrate(row.account, inbound.fromChat, inbound);
    await this.context.store.commit('settleInputs', { ids: [row.id], state: 'done', at: Date.now() });
  }

  /** A withdrawn message: removed while it waits, its turn ended quietly while it runs. */
  async recall(inbound: RecallInbound): Promise<void> {
    for (const original of this.originals(inbound)) {
      const actor = this.deps.actorFor(original.sessionKey);
      if (original.state === 'running' && actor.turn?.inputs.some(({ id }) => id === original.id))
        actor.stop('recall');
      else if (original.finishedAt === null && original.state !== 'running') {
        actor.take([original.id]);
        await this.context.store.commit('settleInputs', {
          ids: [original.id],
          state: 'dropped',
          detail: 'recalled',
          at: Date.now(),
        });
      }
    }
  }

  /** An edited message: changed while it waits; told to the agent when its turn runs. */
  private async edit(actor: SessionActor, row: InputRow, inbound: EditInbound): Promise<void> {
    for (const original of this.originals(inbound)) {
      if (original.body.kind !== 'message' || original.finishedAt !== null) continue;
      const body: MessageInbound = { ...original.body, text: inbound.text };
      if (original.state !== 'running') {
        const { ids, state } = { ids: [original.id], state: original.state };
        await this.context.store.commit('settleInputs', { ids, state, body, at: Date.now() });
        actor.replace({ ...original, body });
      } else if (actor.turn?.inputs.some(({ id }) => id === original.id)) {
        const language = actor.languageOf(original);
        const text = `${translate(turnTexts.edited, language)}\n${inbound.text}`;
        const follow: MessageInbound = {
          ...body,
          dedupeKey: `${row.dedupeKey}:turn`,
          text,
          files: undefined,
          group: undefined,
        };
        const next: InputRow = { ...this.rowFor(actor.key, follow, 'queued', actor), message: null };
        if (!(await this.context.store.commit('acceptInput', { input: next }))) continue;
        if ((await actor.steer(next)) !== 'taken') actor.enqueue(next);
      }
    }
  }

  private originals(inbound: EditInbound | RecallInbound): InputRow[] {
    const rows = this.context.queries.inputsByMessage(inbound.address.account, inbound.message);
    return rows.filter(
      (row) => row.project === this.context.name && row.body.address.chat === inbound.address.chat,
    );
  }

  private async refuse(inbound: Inbound): Promise<InputVerdict> {
    const { account } = inbound.address;
    if (inbound.kind === 'message') await this.auditRefusal(account, inbound.sender.id, 'message');
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

  /** Refusals are in the audit log, at most a few per person and hour. */
  private async auditRefusal(account: AccountId, actor: string, detail: string): Promise<void> {
    if (!this.rates.take(`audit|${account}|${actor}`, 10, 3_600_000)) return;
    await this.context.store.commit('record', {
      at: Date.now(),
      audit: [
        { project: this.context.name, actor, action: 'access.refused', detail: `${account} ${detail}` },
      ],
    });
  }

  private rowFor(key: SessionKey, body: Inbound | Action, state: InputState, actor?: SessionActor): InputRow {
    const now = Date.now();
    const id = asId<InputId>(sortableId(now));
    const message =
      body.kind === 'message' || body.kind === 'edit' || body.kind === 'recall' ? body.message : null;
    const switching = actor?.changing ?? true;
    return {
      id,
      project: this.context.name,
      account: body.address.account,
      dedupeKey: body.dedupeKey,
      sessionKey: key,
      sessionId: actor && !switching ? actor.sessions.active(body.address).id : null,
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
      finishedAt: state === 'done' || state === 'refused' ? now : null,
    };
  }
}

function onlyVoice(inbound: MessageInbound): boolean {
  return (
    !inbound.text &&
    (inbound.files?.length ?? 0) > 0 &&
    inbound.files?.every((file) => file.kind === 'voice') === true
  );
}

function deferred(...notice: Parameters<typeof deferredNotice>): Placement {
  return { state: 'deferred', notices: [deferredNotice(...notice)] };
}
