import type { Address } from '../core/address.ts';
import { AppError, describeError } from '../core/errors.ts';
import type { Log, Platform, PreviewRef, PreviewView } from '../core/platform.ts';
import { limited } from '../kit/deadline.ts';
import { Turnstile } from '../kit/turnstile.ts';
import type { Store } from '../store/store.ts';
import { persistSoon } from './persist.ts';

export interface PreviewDeps {
  readonly store: Store;
  readonly log: Log;
  readonly delivery: { caughtUp(to: Address): Promise<void> };
}

const callDeadlineMs = 15_000;
/** Failures in a row after which a preview is left as it is until its final text replaces it. */
const maxFailures = 3;

/** Previews of many turns come due together; what each of them renders would hold up all the others. */
const rendering = new Turnstile();

/**
 * One preview message of a running turn: at most one call in flight, updates coalesced to the newest view and
 * paced. It never holds the only copy of anything; failing costs nothing but liveness.
 */
export class PreviewStream {
  readonly id: string;
  private readonly deps: PreviewDeps;
  private readonly platform: Platform;
  private readonly to: Address;
  private readonly paceMs: number;
  /** Resolves when the intent is on disk: only then may the message be created. */
  private readonly intent: Promise<unknown>;
  private ref: PreviewRef | undefined;
  /** The reference is on its way to the disk. */
  private recording: Promise<void> | undefined;
  private wanted: (() => PreviewView) | undefined;
  private shown = '';
  private seq = 0;
  private failures = 0;
  /** On the clock that never steps: one that is set back would freeze the preview for as long. */
  private notBefore = 0;
  private timer: NodeJS.Timeout | undefined;
  private flight: Promise<void> | undefined;
  private closed = false;
  /** No call is under way yet: the intent is on its way to the disk, earlier messages to the chat, or others come first. */
  private waiting = false;

  constructor(
    deps: PreviewDeps,
    platform: Platform,
    to: Address,
    id: string,
    paceMs: number,
    intent: Promise<unknown>,
  ) {
    this.deps = deps;
    this.platform = platform;
    this.to = to;
    this.id = id;
    this.paceMs = paceMs;
    this.intent = intent;
  }

  /** True once something was or is being shown. */
  get started(): boolean {
    return this.ref !== undefined || (this.flight !== undefined && !this.waiting);
  }

  /** True when its creation was tried and nobody knows what came of it. */
  get lost(): boolean {
    return this.ref === undefined && this.failures >= maxFailures;
  }

  /** `view` is asked for when it is its turn to be shown. `small`: hardly anything new; it waits twice the pace, unless nothing is shown yet. */
  show(view: () => PreviewView, small = false): void {
    if (this.closed || this.failures >= maxFailures) return;
    this.wanted = view;
    this.schedule(small && this.started ? this.paceMs : 0);
  }

  /** No update begins any more, and no creation that has not begun. */
  cancel(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /**
   * Ends updates; resolves with the message to finish or discard, if there is one. Its reference is on disk then:
   * after a kill a finished message could not be told from an answer, and the text would be sent again.
   */
  async close(): Promise<PreviewRef | undefined> {
    this.cancel();
    if (!this.waiting) await this.flight;
    if (this.recording) {
      this.deps.store.hurry();
      await this.recording;
    }
    return this.ref;
  }

  private schedule(extraMs = 0): void {
    if (this.flight || this.timer) return;
    const waitMs = this.notBefore + extraMs - performance.now();
    if (waitMs <= 0) return this.fly();
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.fly();
    }, waitMs);
  }

  private fly(): void {
    const wanted = this.wanted;
    this.wanted = undefined;
    if (this.closed || !wanted) return;
    const view = wanted();
    const key = `${view.markdown}\0${view.status ?? ''}`;
    if (key === this.shown) return;
    this.flight = this.call(view)
      .then(
        () => {
          this.shown = key;
          this.failures = 0;
        },
        (error: unknown) => this.failed(error, wanted),
      )
      .finally(() => {
        this.flight = undefined;
        this.notBefore = Math.max(this.notBefore, performance.now() + this.paceMs);
        if (this.wanted) this.schedule();
      });
  }

  private async call(view: PreviewView): Promise<void> {
    const ability = this.platform.preview;
    if (!ability) return;
    if (this.ref) {
      this.waiting = true;
      await rendering.pass();
      this.waiting = false;
      if (this.closed) return;
      this.seq += 1;
      const { ref, seq } = this;
      const moved = await limited(callDeadlineMs, [], (signal) => ability.update(ref, view, seq, signal));
      this.ref = moved ?? this.ref;
      return;
    }
    this.waiting = true;
    // What was said before stands above it: the preview's message becomes the answer.
    await Promise.all([this.intent, this.deps.delivery.caughtUp(this.to)]);
    await rendering.pass();
    this.waiting = false;
    if (this.closed) return;
    this.ref = await limited(callDeadlineMs, [], (signal) => ability.open(this.to, view, this.id, signal));
    this.recording = persistSoon(this.deps, 'previewOpened', { id: this.id, ref: this.ref }).then(() => {
      this.recording = undefined;
    });
  }

  private failed(error: unknown, wanted: () => PreviewView): void {
    if (error instanceof AppError && error.kind === 'rate_limit') {
      this.notBefore = performance.now() + (error.retryAfterMs ?? 3000);
      // Nothing newer may come for long: then this is still to be shown.
      if (!this.closed) this.wanted ??= wanted;
      return;
    }
    this.failures += 1;
    // A creation whose answer was lost must not be tried again: there may be a message already.
    if (!this.ref) this.failures = maxFailures;
    this.deps.log.info({ preview: this.id, error: describeError(error) }, 'preview not updated');
  }
}

/** Previews of running turns by id, so that delivery can wait for the call in flight before finishing one. */
export class OpenPreviews {
  private readonly open = new Map<string, PreviewStream>();

  add(preview: PreviewStream): void {
    this.open.set(preview.id, preview);
  }

  remove(id: string): void {
    this.open.delete(id);
  }

  /** The settled reference of a live preview; `unknown` when it belongs to an earlier life of the daemon. */
  async settle(id: string): Promise<PreviewRef | undefined | 'unknown'> {
    const preview = this.open.get(id);
    if (!preview) return 'unknown';
    const ref = await preview.close();
    this.open.delete(id);
    return ref;
  }
}
