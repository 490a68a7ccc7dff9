import type { Address } from '../core/address.ts';
import type { TurnId } from '../core/ids.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Platform } from '../core/platform.ts';
import type { Language } from '../i18n/languages.ts';
import type { ProgressSteps } from '../store/rows.ts';
import { type ProgressState, progressCard } from './progress-card.ts';
import { ProgressMessage } from './progress-message.ts';
import { linkOf, type PlatformLink, type ProjectContext } from './project-context.ts';

/** Characters a growing progress message keeps; older lines fall off. */
const growingMax = 3500;

/** Thinking and tool messages of one turn: one message each, one that grows in place, or one card. */
export class ProgressView {
  private readonly context: ProjectContext;
  private readonly to: Address;
  private readonly language: Language;
  private readonly style: PlatformLink['progressStyle'];
  private readonly turnId: TurnId;
  private readonly message: ProgressMessage;
  private lines: string[] = [];
  /** Lines that fell off. */
  private gone = 0;
  private state: ProgressState = 'running';
  private dirty = false;
  private queued = false;

  constructor(context: ProjectContext, to: Address, turnId: TurnId, language: Language) {
    this.context = context;
    this.to = to;
    this.turnId = turnId;
    this.message = new ProgressMessage(context, to);
    this.language = language;
    const link = linkOf(context, to);
    this.style = link?.platform.edit ? link.progressStyle : 'legacy';
  }

  add(markdown: string): void {
    if (this.style === 'legacy') {
      this.context.delivery.progress(this.to, markdown);
      return;
    }
    this.lines.push(markdown);
    this.trim();
    if (this.style === 'card') this.message.keep(this.context, this.turnId, this.steps);
    this.redraw();
  }

  /** The result of the newest tool. Where every event is a message of its own, only failures are worth one. */
  addResult(markdown: string, ok: boolean): void {
    if (this.style !== 'legacy') this.add(markdown);
    else if (!ok) this.context.delivery.progress(this.to, markdown);
  }

  /** The turn is over: a card says so. */
  end(state: Exclude<ProgressState, 'running'>): void {
    if (this.style !== 'card' || this.lines.length === 0) return;
    this.state = state;
    this.dirty = false;
    this.context.delivery.durableTask(this.to, async (platform, signal) => {
      const [part] = platform.render(this.content(), this.to);
      if (part) await this.message.end(platform, part, signal);
    });
  }

  private trim(): void {
    const max = this.style === 'card' ? cardEntries : Number.POSITIVE_INFINITY;
    while (
      this.lines.length > 1 &&
      (this.lines.length > max || this.lines.join('\n\n').length > growingMax)
    ) {
      this.lines.shift();
      this.gone += 1;
    }
  }

  private redraw(): void {
    this.dirty = true;
    if (this.queued) return;
    this.queued = true;
    this.context.delivery.task(this.to, async (platform, signal) => {
      this.queued = false;
      if (!this.dirty) return;
      this.dirty = false;
      await this.draw(platform, signal);
    });
  }

  private async draw(platform: Platform, signal: AbortSignal): Promise<void> {
    const [part] = platform.render(this.content(), this.to);
    const card = this.style === 'card' ? this.steps : undefined;
    if (part) await this.message.draw(platform, part, card, signal);
  }

  private get steps(): ProgressSteps {
    return { entries: [...this.lines], earlier: this.gone, language: this.language };
  }

  private content(): Outgoing {
    if (this.style === 'card')
      return { kind: 'card', card: progressCard(this.lines, this.gone, this.state, this.language) };
    return { kind: 'text', markdown: this.lines.join('\n\n') };
  }
}

/** Entries a progress card shows. */
const cardEntries = 10;
