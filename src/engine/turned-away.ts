import { asId, type InputId } from '../core/ids.ts';
import type { Action, Inbound, InputVerdict } from '../core/inbound.ts';
import type { ActionReply } from '../core/platform.ts';
import { projectTexts as texts } from '../i18n/texts/commands/project.ts';
import { translate } from '../i18n/translate.ts';
import { sortableId } from '../kit/ids.ts';
import type { InputRow } from '../store/rows.ts';
import { partsFor } from './parts.ts';
import { languageFor, linkOf, type ProjectContext } from './project-context.ts';
import { Refusals } from './refusals.ts';
import type { Reserved } from './routing/sharer.ts';
import { SlidingWindow } from './sliding-window.ts';

/** A chat in which people keep writing is told again after this. */
const repeatMs = 600_000;

/** Says for a project that does not run that nobody gets what was written to it. */
export class TurnedAway {
  private readonly context: ProjectContext;
  private readonly told = new SlidingWindow();
  private readonly refusals = new Refusals();

  constructor(context: ProjectContext) {
    this.context = context;
  }

  /**
   * The message is stored as refused, under the project it was for: when it comes again it is known, whoever runs by
   * then. What is said about it is ours, so that it is delivered without that project. Strangers are told nothing, but
   * that they tried is on record.
   */
  async input(inbound: Inbound, reserved: Reserved): Promise<InputVerdict> {
    const link = linkOf(this.context, inbound.address);
    if (!link || inbound.kind !== 'message') {
      await this.note(inbound, reserved);
      return 'refused';
    }
    const { account, chat } = inbound.address;
    const now = Date.now();
    const id = asId<InputId>(sortableId(now));
    const input: InputRow = {
      id,
      project: reserved.project,
      account,
      dedupeKey: inbound.dedupeKey,
      sessionKey: link.platform.sessionKey(inbound.address, inbound.sender),
      sessionId: null,
      agent: null,
      kind: 'message',
      state: 'refused',
      message: inbound.message,
      promptId: null,
      turnId: null,
      body: inbound,
      detail: 'its project is not running',
      attempts: 0,
      platformAt: inbound.at,
      receivedAt: now,
      finishedAt: now,
    };
    const known = this.context.queries.inputByKey(account, inbound.dedupeKey) !== undefined;
    const tells =
      !known && reserved.allows(inbound.sender) && this.told.take(`${account}|${chat}`, 1, repeatMs, now);
    const markdown = tells ? this.words(inbound, reserved) : '';
    const owner = { project: this.context.name, inputId: id };
    const outbox = tells
      ? partsFor(link.platform, inbound.address, { kind: 'text', markdown }, owner, now)
      : [];
    const audit = known || reserved.allows(inbound.sender) ? [] : this.refusals.of(reserved.project, inbound);
    if (!(await this.context.store.commit('acceptInput', { input, outbox, audit }))) return 'duplicate';
    this.context.delivery.wake(account, inbound.address);
    this.context.delivery.add(outbox);
    return 'refused';
  }

  async action(action: Action, reserved: Reserved): Promise<ActionReply> {
    if (!reserved.allows(action.sender)) {
      await this.note(action, reserved);
      return {};
    }
    return { toast: this.words(action, reserved), toastKind: 'error' };
  }

  private async note(body: Inbound | Action, reserved: Reserved): Promise<void> {
    // Who withdrew a message or moved a chat is often not told; see intake.
    if (body.kind === 'recall' || body.kind === 'migrate' || reserved.allows(body.sender)) return;
    const audit = this.refusals.of(reserved.project, body);
    if (audit.length > 0) await this.context.store.commit('record', { at: Date.now(), audit });
  }

  private words(body: Inbound | Action, reserved: Reserved): string {
    const said = body.kind === 'message' ? body.text : undefined;
    const language = languageFor(this.context, body.address.account, body.sender, said);
    const text = reserved.movable ? texts.notRunningChoose : texts.notRunning;
    return translate(text, language, { project: reserved.project });
  }
}
