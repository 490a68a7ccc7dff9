import type { Address } from '../core/address.ts';
import type { ApprovalAnswer, ApprovalRequest } from '../core/agent-event.ts';
import { describeError } from '../core/errors.ts';
import type { ApprovalId, SessionId, SessionKey, TurnId } from '../core/ids.ts';
import { asId } from '../core/ids.ts';
import type { Action, Sender } from '../core/inbound.ts';
import type { ActionReply } from '../core/platform.ts';
import type { Language } from '../i18n/languages.ts';
import { approvalTexts as texts } from '../i18n/texts/approval.ts';
import { translate } from '../i18n/translate.ts';
import { shortId } from '../kit/ids.ts';
import type { ApprovalRow, OutboxRow } from '../store/rows.ts';
import { answerFromForm, answerFromPress, answerFromText, type Step } from './approval-answers.ts';
import { approvalPayload, openCard, settledCard, settledLine } from './approval-card.ts';
import { languageOfChat } from './chat-language.ts';
import { type Asker, describeAnswer, nameOf, type OpenApproval } from './open-approval.ts';
import { editFor, partsFor } from './parts.ts';
import { persist } from './persist.ts';
import { languageFor, linkOf, type ProjectContext } from './project-context.ts';

export interface AskInput {
  readonly sessionKey: SessionKey;
  readonly sessionId: SessionId;
  readonly turnId: TurnId | null;
  readonly wireId: string;
  readonly request: ApprovalRequest;
  readonly to: Address;
  readonly language: Language;
  /** Text frozen before the question, committed and sent with it. */
  readonly before: readonly OutboxRow[];
}

/** All open requests of a project: shown, answered once, resolved in place everywhere. */
export class ApprovalDesk {
  private readonly context: ProjectContext;
  private readonly open = new Map<ApprovalId, OpenApproval>();
  /** Settled ones whose message may still be on its way out: it is resolved in place once it is there. */
  private readonly late = new Map<ApprovalId, OpenApproval>();

  constructor(context: ProjectContext) {
    this.context = context;
  }

  async ask(input: AskInput, asker: Asker): Promise<void> {
    const now = Date.now();
    const timeout = this.context.settings.approvalTimeoutMs;
    const row: ApprovalRow = {
      id: asId<ApprovalId>(shortId()),
      project: this.context.name,
      sessionKey: input.sessionKey,
      sessionId: input.sessionId,
      turnId: input.turnId,
      wireId: input.wireId,
      request: input.request,
      progress: {},
      state: 'open',
      answer: null,
      answeredBy: null,
      createdAt: now,
      expiresAt: timeout > 0 ? now + timeout : null,
      resolvedAt: null,
    };
    const entry: OpenApproval = {
      row,
      to: input.to,
      language: input.language,
      asker,
      expiry: undefined,
      outdated: false,
    };
    // Registered before anyone can see it: a fast click finds it.
    this.open.set(row.id, entry);
    asker.changed();
    const rows = [...input.before, ...this.shownRows(entry)];
    this.context.delivery.reserve(
      rows,
      persist(this.context, 'approvalOpened', { approval: row, outbox: rows }),
    );
    if (timeout > 0) {
      entry.expiry = setTimeout(() => void this.settle(entry, { state: 'expired' }, undefined), timeout);
      entry.expiry.unref();
    }
  }

  openFor(sessionKey: SessionKey): readonly ApprovalRow[] {
    return [...this.open.values()].filter(({ row }) => row.sessionKey === sessionKey).map(({ row }) => row);
  }

  count(turnId: TurnId): number {
    return [...this.open.values()].filter(({ row }) => row.turnId === turnId).length;
  }

  /** Handles a button of a request; undefined when the payload is not one. */
  async press(action: Action): Promise<ActionReply | undefined> {
    const match = approvalPayload.exec(action.data);
    if (!match) return undefined;
    const language = languageFor(this.context, action.address.account, action.sender);
    const id = asId<ApprovalId>(match[2] ?? '');
    const entry = this.open.get(id);
    if (!entry) return this.staleReply(id, language);
    if (match[1] === 'p' && match[3] === 'all') return this.allowAll(entry, action.sender, language);
    const step =
      match[1] === 'f'
        ? answerFromForm(entry.row, action.form ?? {})
        : answerFromPress(entry.row, match[3] ?? '', match[4]);
    return this.take(entry, step, action.sender, language);
  }

  /**
   * A text that may be an answer: a bare word with exactly one request open, or a reply to a request.
   * `not_an_answer` leaves it to the queue.
   */
  async say(
    sessionKey: SessionKey,
    text: string,
    sender: Sender,
    quoted: string | undefined,
  ): Promise<ActionReply | 'not_an_answer'> {
    const mine = [...this.open.values()].filter(({ row }) => row.sessionKey === sessionKey);
    const replied = quoted ? this.shownAs(mine, quoted) : undefined;
    const candidates = replied ? [replied] : mine;
    const language = mine[0]?.language ?? 'en';
    const answers = candidates.flatMap((entry) => {
      const step = answerFromText(entry.row, text, { reply: entry === replied, only: mine.length === 1 });
      return step.kind === 'nothing' ? [] : [{ entry, step }];
    });
    const [first, second] = answers;
    if (!first) return 'not_an_answer';
    if (second) return { toast: translate(texts.which, language), toastKind: 'info' };
    if (first.step.kind === 'allow_all') return this.allowAll(first.entry, sender, first.entry.language);
    return this.take(first.entry, first.step, sender, first.entry.language);
  }

  /** The agent no longer wants to know. */
  async withdraw(sessionId: SessionId, wireId: string): Promise<void> {
    for (const entry of this.open.values()) {
      if (entry.row.sessionId === sessionId && entry.row.wireId === wireId)
        await this.settle(entry, { state: 'withdrawn' }, undefined);
    }
  }

  /** The process ended with requests still open. */
  async abandon(sessionId: SessionId, state: 'withdrawn' | 'gone'): Promise<void> {
    for (const entry of [...this.open.values()])
      if (entry.row.sessionId === sessionId) await this.settle(entry, { state }, undefined);
  }

  /** A turn is over with requests of its own still open. */
  async abandonTurn(turnId: TurnId): Promise<void> {
    for (const entry of [...this.open.values()])
      if (entry.row.turnId === turnId) await this.settle(entry, { state: 'withdrawn' }, undefined);
  }

  /** A request's message reached the chat: what became of the request meanwhile is shown in place now. */
  shown(row: OutboxRow): void {
    if (!row.approvalId || row.editRef || !row.ref) return;
    const open = this.open.get(row.approvalId);
    if (open?.outdated) this.redraw(open);
    const entry = this.late.get(row.approvalId);
    if (!entry) return;
    this.late.delete(entry.row.id);
    this.resolveInPlace(entry, undefined);
  }

  /** A chat got a new id: what is open there is asked again, for nobody can answer in the old one. */
  moved(keyNow: (key: SessionKey) => SessionKey): void {
    for (const entry of [...this.open.values(), ...this.late.values()]) {
      const to = this.context.delivery.placeOf(entry.to);
      if (to === entry.to) continue;
      entry.to = to;
      entry.row = { ...entry.row, sessionKey: keyNow(entry.row.sessionKey) };
      // One that is still on its way goes to the new place by itself.
      const shown = this.context.queries.partsOfApproval(entry.row.id);
      if (this.open.has(entry.row.id) && shown.length > 0 && shown.every(({ ref }) => ref !== null))
        this.showAgain(entry);
    }
  }

  /** After a restart: whoever asked is gone. */
  async recover(
    rows: readonly ApprovalRow[],
    addressOf: (row: ApprovalRow) => Address | undefined,
  ): Promise<void> {
    for (const row of rows) {
      const to = addressOf(row);
      if (to) await this.settle(this.gone(row, to), { state: 'gone' }, undefined);
      else await persist(this.context, 'approvalResolved', { id: row.id, state: 'gone', at: Date.now() });
    }
    // Settled right before the end, while its message still offers the buttons.
    for (const row of this.context.queries.settledApprovalsStillShown(this.context.name)) {
      const to = addressOf(row);
      if (to) this.resolveInPlace(this.gone(row, to), undefined);
    }
  }

  /** A request whose asker is not there any more. */
  private gone(row: ApprovalRow, to: Address): OpenApproval {
    const asker: Asker = { answer: async () => 'stale', allowAll: () => {}, changed: () => {} };
    const language = languageOfChat(this.context, row.sessionKey, to.account);
    return { row, to, language, asker, expiry: undefined, outdated: false };
  }

  stop(): void {
    for (const { expiry } of this.open.values()) clearTimeout(expiry);
  }

  private async allowAll(entry: OpenApproval, sender: Sender, language: Language): Promise<ActionReply> {
    entry.asker.allowAll(nameOf(sender));
    const others = [...this.open.values()].filter(
      (one) => one.row.sessionId === entry.row.sessionId && one.row.request.kind === 'permission',
    );
    let reply: ActionReply = { toast: translate(texts.stale, language) };
    for (const one of others) {
      const outcome = await this.take(
        one,
        answerFromText(one.row, 'allow', { reply: true, only: true }),
        sender,
        language,
      );
      if (one === entry) reply = outcome;
    }
    return reply;
  }

  private async take(
    entry: OpenApproval,
    step: Step,
    sender: Sender,
    language: Language,
  ): Promise<ActionReply> {
    if (step.kind === 'nothing' || step.kind === 'allow_all')
      return { toast: translate(texts.stale, language), toastKind: 'error' };
    if (step.kind === 'progress') {
      entry.row = { ...entry.row, progress: step.progress };
      if (!(await persist(this.context, 'approvalProgress', { id: entry.row.id, progress: step.progress })))
        return this.staleReply(entry.row.id, language);
      this.redraw(entry);
      return {
        toast: translate(texts.recorded, language),
        card: openCard(entry.row, this.cardContext(entry)),
      };
    }
    const settled = await this.settle(entry, { state: 'answered', answer: step.answer }, nameOf(sender));
    if (!settled) return this.staleReply(entry.row.id, language);
    return {
      toast: settledLine(entry.row, language).line.split('\n')[0],
      toastKind: 'success',
      card: settledCard(entry.row, this.cardContext(entry)),
    };
  }

  /** Settles once; false when someone was faster. */
  private async settle(
    entry: OpenApproval,
    outcome: { state: Exclude<ApprovalRow['state'], 'open'>; answer?: ApprovalAnswer },
    by: string | undefined,
  ): Promise<boolean> {
    const { id, wireId, project } = entry.row;
    const at = Date.now();
    const audit =
      outcome.state === 'answered'
        ? [
            {
              project,
              actor: by ?? '',
              action: 'approval.answered',
              detail: `${entry.row.request.tool}: ${describeAnswer(outcome.answer)}`,
            },
          ]
        : [];
    const first = await persist(this.context, 'approvalResolved', {
      id,
      state: outcome.state,
      answer: outcome.answer,
      answeredBy: by,
      at,
      audit,
    });
    this.open.delete(id);
    clearTimeout(entry.expiry);
    if (!first) return false;
    entry.row = {
      ...entry.row,
      state: outcome.state,
      answer: outcome.answer ?? null,
      answeredBy: by ?? null,
      resolvedAt: at,
    };
    this.resolveInPlace(entry, undefined);
    const answer =
      outcome.answer ??
      (outcome.state === 'expired' ? ({ kind: 'deny', message: 'no answer in time' } as const) : undefined);
    if (answer) await this.pass(entry, wireId, answer);
    entry.asker.changed();
    return true;
  }

  private async pass(entry: OpenApproval, wireId: string, answer: ApprovalAnswer): Promise<void> {
    const { id } = entry.row;
    try {
      if ((await entry.asker.answer(wireId, answer)) === 'stale')
        this.context.log.info({ approval: id }, 'the agent no longer waits for this answer');
    } catch (error) {
      this.context.log.warn({ approval: id, error: describeError(error) }, 'answer did not reach the agent');
    }
  }

  private resolveInPlace(entry: OpenApproval, except: string | undefined): void {
    const link = linkOf(this.context, entry.to);
    if (!link) return;
    const owner = { project: this.context.name, approvalId: entry.row.id, class: 'approval' as const };
    const shown = this.partsOf(entry).filter((part) => part.editRef === null);
    const rows = shown.flatMap((part) => {
      if (!part.ref || part.ref.message === except || !link.platform.edit) return [];
      return editFor(
        link.platform,
        part.address,
        part.ref,
        { kind: 'card', card: settledCard(entry.row, this.cardContext(entry)) },
        owner,
        Date.now(),
      );
    });
    if (shown.length === 0 || shown.some((part) => part.ref === null && part.state !== 'dead'))
      this.late.set(entry.row.id, entry);
    if (rows.length > 0)
      this.context.delivery.reserve(rows, persist(this.context, 'enqueue', { rows, at: Date.now() }));
  }

  private redraw(entry: OpenApproval): void {
    const link = linkOf(this.context, entry.to);
    const ref = this.partsOf(entry)[0]?.ref;
    if (link && !link.platform.edit) this.showAgain(entry);
    entry.outdated = ref === null;
    if (!link?.platform.edit || !ref) return;
    this.context.delivery.task(entry.to, async (platform, signal) => {
      if (entry.row.state !== 'open') return;
      const [drawn] = platform.render(
        { kind: 'card', card: openCard(entry.row, this.cardContext(entry)) },
        entry.to,
      );
      if (drawn) await platform.edit?.(ref, drawn, signal);
    });
  }

  private showAgain(entry: OpenApproval): void {
    const rows = this.shownRows(entry);
    this.context.delivery.reserve(rows, persist(this.context, 'enqueue', { rows, at: Date.now() }));
  }

  /** Its messages that can still be changed: not those in a chat that has moved. */
  private partsOf(entry: OpenApproval): OutboxRow[] {
    const { queries, delivery } = this.context;
    return queries
      .partsOfApproval(entry.row.id)
      .filter(({ address }) => delivery.placeOf(address) === address);
  }

  private shownRows(entry: OpenApproval): OutboxRow[] {
    const link = linkOf(this.context, entry.to);
    if (!link) return [];
    const owner = {
      project: this.context.name,
      turnId: entry.row.turnId ?? undefined,
      approvalId: entry.row.id,
      class: 'approval' as const,
    };
    return partsFor(
      link.platform,
      entry.to,
      { kind: 'card', card: openCard(entry.row, this.cardContext(entry)) },
      owner,
      Date.now(),
    );
  }

  private shownAs(entries: readonly OpenApproval[], message: string): OpenApproval | undefined {
    return entries.find(({ row }) =>
      this.context.queries.partsOfApproval(row.id).some((part) => part.ref?.message === message),
    );
  }

  private cardContext(entry: OpenApproval) {
    const link = linkOf(this.context, entry.to);
    return {
      language: entry.language,
      detailMax: Math.round((this.context.settings.display.toolMax * 8) / 5),
      forms: link?.platform.capabilities.forms ?? false,
    };
  }

  private staleReply(id: ApprovalId, language: Language): ActionReply {
    const row = this.context.queries.approval(id);
    const card =
      row && row.state !== 'open' ? settledCard(row, { language, detailMax: 0, forms: false }) : undefined;
    return { toast: translate(texts.stale, language), toastKind: 'info', card };
  }
}
