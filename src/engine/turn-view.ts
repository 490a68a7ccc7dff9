import type { Address } from '../core/address.ts';
import type { AgentEventBody, ToolCall } from '../core/agent-event.ts';
import type { ProjectName, TurnId } from '../core/ids.ts';
import type { Platform } from '../core/platform.ts';
import type { Language } from '../i18n/languages.ts';
import { sortableId } from '../kit/ids.ts';
import { Ripening } from '../kit/markdown/ripening.ts';
import type { OutboxRow, PreviewRow, SessionRow } from '../store/rows.ts';
import { withDisplayMode } from './display-mode.ts';
import { withoutOwnFooter } from './footer.ts';
import { mayBecomeMarker, withoutMarker } from './no-reply.ts';
import { partsFor, takeOverPreview } from './parts.ts';
import { persist } from './persist.ts';
import { PreviewStream } from './preview.ts';
import { PreviewTail } from './preview-tail.ts';
import { ProgressView } from './progress.ts';
import type { ProjectContext } from './project-context.ts';
import { withReferences } from './references.ts';
import { StatusMessage } from './status-message.ts';
import { formatThinking, formatTool, formatToolResult } from './tool-format.ts';
import { TurnSteps } from './turn-steps.ts';

/** Default of `stream_preview.interval_ms`: then the platform's own pace counts. */
const automaticIntervalMs = 1500;

/** What a running turn looks like in the chat: streamed text, thinking, tools; frozen at boundaries. */
export class TurnView {
  private readonly context: ProjectContext;
  private readonly platform: Platform;
  private to: Address;
  private readonly turnId: TurnId;
  private readonly session: Pick<SessionRow, 'agent' | 'agentType' | 'workDir'>;
  private readonly language: Language;
  private progress: ProgressView;
  private preview: PreviewStream | undefined;
  /** Text of the open segment, not yet frozen. */
  private open = '';
  private thought = '';
  /** All text of the turn, for history and recovery. */
  private all = '';
  /** Where the streamed block began. */
  private block: { readonly open: number; readonly all: number } | undefined;
  private tools = 0;
  private frozenAny = false;
  private lastShown = 0;
  /** What the preview shows of the open text. */
  private tail = new PreviewTail();
  private status: string | undefined;
  /** Shows the status where there are no previews. */
  private quiet: StatusMessage | undefined;
  private gap = false;
  private readonly steps = new TurnSteps();
  private readonly ripening = new Ripening();

  constructor(
    context: ProjectContext,
    platform: Platform,
    turn: {
      readonly id: TurnId;
      readonly address: Address;
      readonly language: Language;
      readonly session: Pick<SessionRow, 'agent' | 'agentType' | 'workDir'>;
    },
  ) {
    this.context = context;
    this.platform = platform;
    this.to = turn.address;
    this.turnId = turn.id;
    this.session = turn.session;
    this.language = turn.language;
    this.progress = new ProgressView(context, turn.address, turn.id, turn.language);
  }

  /** The chat got a new id: what was drawn in the old one cannot be changed any more, so it begins anew there. */
  moveTo(to: Address): void {
    this.to = to;
    this.progress = new ProgressView(this.context, to, this.turnId, this.language);
    this.quiet = undefined;
    this.discardPreview();
  }

  /** Everything said so far. */
  get text(): string {
    return this.all;
  }

  /** The intent of the turn's first preview, committed together with the turn itself. */
  firstPreview(committed: Promise<unknown>): PreviewRow | undefined {
    if (!this.previewWanted()) return undefined;
    const row = this.previewRow();
    this.preview = this.stream(row.id, committed);
    return row;
  }

  addText(text: string, mode: 'delta' | 'block'): void {
    this.flushThinking();
    if (this.gap && this.all) this.separate();
    this.gap = mode === 'block';
    if (mode === 'delta') this.block ??= { open: this.open.length, all: this.all.length };
    this.append(text);
    this.showPreview();
  }

  /** `void`: the stream was cut and the same text comes again, so this block is forgotten. */
  endText(isVoid = false): void {
    if (isVoid && this.block) {
      this.open = this.open.slice(0, this.block.open);
      this.all = this.all.slice(0, this.block.all);
    }
    this.block = undefined;
    this.gap = true;
  }

  addThinking(text: string): void {
    if (this.display.thinking) this.thought += text;
  }

  toolStarted(call: ToolCall): void {
    this.flushThinking();
    if (!this.single) this.freezeSoon();
    this.gap = true;
    this.tools += 1;
    if (!this.display.tools) return;
    if (this.rich) this.stepped(() => this.steps.started(call));
    else this.progress.add(formatTool(call, this.tools, this.display.toolMax));
  }

  toolEnded(event: Extract<AgentEventBody, { kind: 'tool_ended' }>): void {
    if (!this.display.tools) return;
    this.dropStatus();
    if (this.rich) this.stepped(() => this.steps.ended(event.id, event.ok));
    else
      this.progress.addResult(
        formatToolResult(event.ok, event.output, event.exitCode, this.display.toolMax),
        event.ok,
      );
  }

  plan(steps: Extract<AgentEventBody, { kind: 'plan' }>['steps']): void {
    const marks = { pending: '⬜', running: '▶️', done: '✅' } as const;
    if (!this.display.tools || steps.length === 0) return;
    this.dropStatus();
    if (this.rich) this.stepped(() => this.steps.planned(steps));
    else this.progress.add(steps.map((step) => `${marks[step.state]} ${step.text}`).join('\n'));
  }

  /** A line worth keeping: shown in the preview while text streams, else as progress. */
  note(text: string): void {
    if (this.status === text) return;
    const beside = this.preview?.started && (this.rich || this.open.trim() !== '');
    if (!beside) this.dropStatus();
    this.status = text;
    if (beside) this.showPreview(true);
    else if (!this.counted) this.progress.add(text);
  }

  /** How a turn goes that says nothing, in place: in the preview, else in one message. Undefined: it goes on. */
  going(text: string | undefined): void {
    if (this.status === text) return;
    if (text === undefined && !this.open.trim()) return this.dropStatus();
    this.status = text;
    if (text === undefined) this.quiet = undefined;
    if (this.previewWanted()) return this.showPreview(true);
    if (text === undefined || this.counted) return;
    this.quiet ??= new StatusMessage(this.context, this.to);
    this.quiet.show(text);
  }

  /** A durable row for the text so far: called before anything that may take long (tools, approvals). */
  freeze({ whole = false } = {}): OutboxRow[] {
    const text = this.open;
    this.dropStatus();
    const shown = withoutMarker(text);
    if (!text.trim() || shown === undefined || (!whole && mayBecomeMarker(text))) return [];
    this.open = '';
    this.block = undefined;
    this.frozenAny = true;
    const rows = this.rows(shown, undefined);
    this.preview = undefined;
    return rows;
  }

  /** Rows that complete the answer. `said` is the agent's own final text, used when nothing was streamed. */
  finish(
    said: string | undefined,
    footer: string | undefined,
    empty: string,
  ): { rows: OutboxRow[]; text: string; silent: boolean } {
    this.flushThinking();
    this.progress.end('completed');
    if (!this.all.trim() && said) this.append(said);
    const whole = withoutMarker(this.all);
    const rest = withoutMarker(this.open);
    if (whole === undefined || (rest === undefined && this.frozenAny))
      return { ...this.silence(), text: this.all };
    const shown = withoutOwnFooter(rest ?? '', this.display.hideAgentFooter);
    if (!shown.trim() && this.frozenAny) return { ...this.silence(), text: this.all };
    const rows = this.rows(shown.trim() ? shown : empty, footer);
    this.preview = undefined;
    return { rows, text: this.all, silent: false };
  }

  /** The answer, or what of it was not shown yet, is one of these texts: the chat has it already. */
  repeats(said: string | undefined, sent: readonly string[]): boolean {
    if (sent.length === 0) return false;
    return [said, this.all, this.open].some((text) => text !== undefined && sent.includes(text.trim()));
  }

  /** Ends the view with nothing to say: the preview goes away. */
  dismiss(): void {
    this.progress.end('completed');
    this.silence();
  }

  /** Ends the view without an answer: what was said is delivered, the preview removed when there is nothing. */
  abandon(): OutboxRow[] {
    this.progress.end('failed');
    const rows = this.freeze({ whole: true });
    if (rows.length === 0) this.discardPreview();
    return rows;
  }

  /** Where messages are counted, a turn is one message: what happens in between is not told. */
  private get display() {
    const { settings } = this.context;
    return (this.counted ? withDisplayMode(settings, 'quiet') : settings).display;
  }

  private get counted(): boolean {
    return this.platform.capabilities.budget !== undefined;
  }

  private separate(): void {
    this.all += '\n\n';
    if (this.open) this.open += '\n\n';
  }

  private append(text: string): void {
    this.all += text;
    this.open += text;
    this.ripening.grow(this.open);
  }

  private silence(): { rows: OutboxRow[]; silent: boolean } {
    this.open = '';
    this.discardPreview();
    // After frozen text the chat has its answer; only a turn that never said anything was silent.
    return { rows: [], silent: !this.frozenAny };
  }

  /** What comes next stands below: a preview that shows no more than how it is going does not stay above it. */
  private dropStatus(): void {
    this.quiet = undefined;
    if (this.status === undefined) return;
    this.status = undefined;
    if (!this.rich && !this.open.trim()) this.discardPreview();
  }

  private flushThinking(): void {
    if (!this.thought) return;
    const { thought } = this;
    const text = formatThinking(thought, this.display.thinkingMax);
    this.thought = '';
    if (!text) return;
    if (this.rich) return this.stepped(() => this.steps.thought(thought));
    if (!this.single) this.freezeSoon();
    this.progress.add(text);
  }

  /** One message for all of the turn: its steps stand above the growing answer. */
  private get rich(): boolean {
    return this.context.settings.display.cardMode === 'rich' && this.previewWanted();
  }

  /** Text is not cut where tools or thoughts come in between. */
  private get single(): boolean {
    return this.display.mode === 'quiet' || this.rich;
  }

  private stepped(change: () => void): void {
    change();
    this.status = undefined;
    this.showPreview(true);
  }

  private freezeSoon(): void {
    const rows = this.freeze();
    if (rows.length === 0) return;
    this.context.delivery.reserve(rows, persist(this.context, 'enqueue', { rows, at: Date.now() }));
  }

  private rows(markdown: string, footer: string | undefined): OutboxRow[] {
    this.ripening.drop();
    const owner = { project: this.context.name as ProjectName, turnId: this.turnId };
    const shown = withReferences(this.context, this.platform, this.session, markdown);
    const rows = partsFor(
      this.platform,
      this.to,
      { kind: 'text', markdown: shown, footer },
      owner,
      Date.now(),
    );
    const { preview } = this;
    if (!preview?.started) {
      this.discardPreview();
      return rows;
    }
    // The text that takes its place would wait for an update that began while it was on its way to the disk.
    preview.cancel();
    return takeOverPreview(rows, preview.id);
  }

  private showPreview(force = false): void {
    const steps = this.rich ? this.steps.markdown : '';
    if (!this.previewWanted() || (this.mayStaySilent() && !((steps || this.status) && !this.open.trim())))
      return;
    const { minDeltaChars, maxChars } = this.context.settings.preview;
    const small = !force && this.open.length - this.lastShown < minDeltaChars;
    this.preview ??= this.openPreview();
    if (!small) this.lastShown = this.open.length;
    // Made when it is its turn to be shown: between two updates there are many deltas.
    const { open, status, tail } = this;
    const { previewMaxChars = maxChars, previewMaxBytes: maxBytes } = this.platform.capabilities;
    this.preview.show(() => {
      const text = tail.of(open, { maxChars: previewMaxChars, maxBytes });
      return { markdown: [steps, text].filter(Boolean).join('\n\n'), status };
    }, small);
  }

  /** Looks at no more of a text than could be the marker: it is asked for every delta. */
  private mayStaySilent(): boolean {
    return this.open.length < 100 && mayBecomeMarker(this.open);
  }

  private openPreview(): PreviewStream {
    const row = this.previewRow();
    this.lastShown = 0;
    this.tail = new PreviewTail();
    return this.stream(row.id, persist(this.context, 'previewIntent', { preview: row }));
  }

  private stream(id: string, intent: Promise<unknown>): PreviewStream {
    const pace = this.platform.capabilities.previewPace;
    const own = pace ? (this.to.direct ? pace.directMs : pace.groupMs) : automaticIntervalMs;
    const asked = this.context.settings.preview.intervalMs;
    const preview = new PreviewStream(
      this.context,
      this.platform,
      this.to,
      id,
      asked === automaticIntervalMs ? own : Math.max(asked, own),
      intent,
    );
    this.context.previews.add(preview);
    return preview;
  }

  private previewRow(): PreviewRow {
    const now = Date.now();
    return {
      id: sortableId(now),
      project: this.context.name,
      account: this.to.account,
      turnId: this.turnId,
      address: this.to,
      state: 'intent',
      ref: null,
      createdAt: now,
    };
  }

  private previewWanted(): boolean {
    const { enabled, disabledPlatforms } = this.context.settings.preview;
    return (
      enabled &&
      this.platform.preview !== undefined &&
      !this.counted &&
      !disabledPlatforms.includes(this.platform.type)
    );
  }

  private discardPreview(): void {
    const preview = this.preview;
    this.preview = undefined;
    if (preview) this.context.delivery.discardPreview(this.to, preview);
  }
}
