import { afterEach, describe, expect, it } from 'vitest';
import { PlatformHost } from '../../src/app/platform-host.ts';
import { AppError } from '../../src/core/errors.ts';
import type { PlatformSink } from '../../src/core/platform.ts';
import { silentLog } from '../../src/kit/silent-log.ts';
import { FakePlatform } from '../engine-harness/fake-platform.ts';
import { until } from '../engine-harness/harness.ts';

type Start = (sink: PlatformSink, signal: AbortSignal, self: Scripted) => Promise<void>;

/** A connection that starts as a test wants, and is as old as its last sign of life. */
class Scripted extends FakePlatform {
  sink: PlatformSink | undefined;
  stopped = 0;
  lastProgressAt = 0;
  private readonly how: Start;

  constructor(how: Start) {
    super();
    this.how = how;
  }

  override start(...[sink, signal]: Partial<Parameters<Scripted['how']>>): Promise<void> {
    if (!sink || !signal) throw new Error('started without a sink');
    this.sink = sink;
    return this.how(sink, signal, this);
  }

  override stop(): Promise<void> {
    this.stopped += 1;
    return Promise.resolve();
  }

  override health() {
    return { lastProgressAt: this.lastProgressAt, boundMs: 80 };
  }
}

const hangs: Start = () => new Promise(() => undefined);
const staysStarting: Start = () => Promise.resolve();
const connects: Start = async (sink, _, self) => {
  self.lastProgressAt = Number.MAX_SAFE_INTEGER;
  sink.state('ready');
};

let host: PlatformHost;
afterEach(() => host.stop());

function hostOf(...starts: [Start, ...Start[]]): Scripted[] {
  const made: Scripted[] = [];
  const make = () => {
    const one = new Scripted(starts[made.length] ?? connects);
    made.push(one);
    return one;
  };
  host = new PlatformHost(make(), {
    make,
    sink: { input: async () => 'accepted', action: async () => ({}) },
    log: silentLog,
    changed: () => undefined,
    timings: { watchEveryMs: 20, stopMs: 1000, startMs: 80, wakeMs: 40, deniedMs: 60_000 },
  });
  return made;
}

describe('a connection', () => {
  it.each([
    ['whose start hangs', hangs],
    ['that starts and never gets ready', staysStarting],
  ])('%s is replaced by a fresh one and counted', async (_, start) => {
    const made = hostOf(start, start);
    await host.start();
    await until('a connection', () => host.state.is === 'ready');
    expect(made).toHaveLength(3);
    expect(host.replaced).toBe(2);
    expect(made.map(({ stopped }) => stopped)).toEqual([1, 1, 0]);
  });

  it('that was given up has no say in the state any more, but what it still brings is taken', async () => {
    const made = hostOf(staysStarting);
    await host.start();
    await until('a connection', () => host.state.is === 'ready');
    made[0]?.sink?.state('denied', 'late');
    expect(host.state.is).toBe('ready');
    expect(await made[0]?.sink?.input({} as never)).toBe('accepted');
  });

  it('that needs a person is left alone; one that fails otherwise is tried again', async () => {
    const made = hostOf(
      () => Promise.reject(new AppError('flaky', 'no route', { kind: 'network' })),
      () => Promise.reject(new AppError('revoked', 'token revoked', { kind: 'auth' })),
    );
    await host.start();
    await until('the refusal', () => host.state.is === 'denied');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(host.state.detail).toContain('token revoked');
    expect(made).toHaveLength(2);
    expect(host.replaced).toBe(0);
  });

  it('that falls silent is replaced though the clock is set back, and a lively one stays though it leaps', async () => {
    const real = Date.now;
    const speaks: Start = async (sink, _, self) => {
      self.lastProgressAt = performance.now();
      sink.state('ready');
    };
    try {
      const made = hostOf(speaks);
      await host.start();
      Date.now = () => real() - 86_400_000;
      await until('a fresh connection', () => made.length === 2 && host.state.is === 'ready');
      Date.now = () => real() + 86_400_000;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(made).toHaveLength(2);
    } finally {
      Date.now = real;
    }
  });

  it('is made anew when it says nothing after the machine woke, however long it may be silent else', async () => {
    const real = Date.now;
    const patient: Start = async (sink, _, self) => {
      self.health = () => ({ lastProgressAt: self.lastProgressAt, boundMs: 3_600_000 });
      self.lastProgressAt = performance.now();
      sink.state('ready');
    };
    try {
      const made = hostOf(patient, patient);
      await host.start();
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(made).toHaveLength(1);
      Date.now = () => real() + 3 * 3_600_000;
      await until('a fresh connection', () => made.length === 2 && host.state.is === 'ready');
      Date.now = () => real() + 6 * 3_600_000;
      const [, second] = made;
      const lively = setInterval(() => {
        if (second) second.lastProgressAt = performance.now();
      }, 5);
      await new Promise((resolve) => setTimeout(resolve, 200));
      clearInterval(lively);
      expect(made).toHaveLength(2);
    } finally {
      Date.now = real;
    }
  });
});
