import { AppError, describeError } from '../core/errors.ts';
import type { Log, Platform, PlatformSink } from '../core/platform.ts';
import type { PlatformLink } from '../engine/project-context.ts';
import { Backoff } from '../kit/backoff.ts';

const watchEveryMs = 5_000;
const stopDeadlineMs = 5_000;

/** Keeps one platform connection alive: starts it, starts it again when it fails, replaces it when it is deaf. */
export class PlatformHost {
  private readonly make: () => Platform;
  private readonly link: PlatformLink;
  private readonly sink: PlatformSink;
  private readonly log: Log;
  private readonly stopping = new AbortController();
  private readonly backoff = new Backoff({ baseMs: 1000, maxMs: 60_000 });
  private watch: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private replacing: Promise<void> | undefined;
  /** Connections given up because nothing came from them. */
  replaced = 0;

  constructor(make: () => Platform, link: PlatformLink, sink: PlatformSink, log: Log) {
    this.make = make;
    this.link = link;
    this.sink = sink;
    this.log = log;
  }

  /** Resolves when the first start was tried; failures are retried in the background. */
  async start(): Promise<void> {
    await this.begin();
    this.watch = setInterval(() => this.look(), watchEveryMs);
    this.watch.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.watch);
    clearTimeout(this.retry);
    this.stopping.abort(new AppError('stopping', 'cc-connect is stopping'));
    await this.replacing;
    await this.end(this.link.platform);
  }

  private async begin(): Promise<void> {
    try {
      await this.link.platform.start(this.sink, this.stopping.signal);
      this.backoff.reset();
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      const permanent =
        error instanceof AppError &&
        (error.kind === 'auth' || error.kind === 'validation' || error.kind === 'permission');
      this.sink.state(permanent ? 'denied' : 'down', describeError(error));
      const waitMs = permanent ? 300_000 : this.backoff.next();
      this.retry = setTimeout(() => void this.replace(), waitMs);
      this.retry.unref();
    }
  }

  private look(): void {
    if (this.replacing || this.link.state.is === 'starting' || this.link.state.is === 'denied') return;
    const { lastProgressAt, boundMs } = this.link.platform.health();
    const silentMs = Date.now() - lastProgressAt;
    if (silentMs <= boundMs) return;
    this.replaced += 1;
    this.log.warn(
      { account: this.link.platform.account, silentMs, replaced: this.replaced },
      'platform is deaf; connecting anew',
    );
    this.sink.state('down', 'no sign of life');
    void this.replace();
  }

  private replace(): Promise<void> {
    this.replacing ??= (async () => {
      const old = this.link.platform;
      this.link.platform = this.make();
      await this.end(old);
      if (!this.stopping.signal.aborted) await this.begin();
    })().finally(() => {
      this.replacing = undefined;
    });
    return this.replacing;
  }

  /** A connection that cannot even stop must not hold up the new one. */
  private async end(platform: Platform): Promise<void> {
    const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), stopDeadlineMs).unref());
    const done = platform
      .stop()
      .catch((error: unknown) =>
        this.log.warn({ error: describeError(error) }, 'platform did not stop cleanly'),
      );
    if ((await Promise.race([done, late])) === 'late')
      this.log.warn({ account: platform.account }, 'platform did not stop in time');
  }
}
