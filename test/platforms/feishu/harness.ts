import type { Address } from '../../../src/core/address.ts';
import type { PlatformMemory } from '../../../src/core/platform.ts';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import type { FeishuTimings } from '../../../src/platforms/feishu/event-line.ts';
import { parseOptions } from '../../../src/platforms/feishu/options.ts';
import { defaultTimings, FeishuPlatform } from '../../../src/platforms/feishu/platform.ts';
import { type LogLine, RecordingSink, recordingLog, waitUntil } from '../../conformance/recording-sink.ts';
import { type FeishuSim, type SimOptions, startFeishuSim } from '../../sim/feishu/sim.ts';

export const forever = new AbortController().signal;

export const quick: FeishuTimings = {
  ...defaultTimings,
  httpTimeoutMs: 3_000,
  handshakeTimeoutMs: 1_000,
  pongTimeoutSecs: 1,
  backoffMs: [30, 300],
};

export interface Bench {
  readonly sim: FeishuSim;
  readonly platform: FeishuPlatform;
  readonly sink: RecordingSink;
  readonly lines: LogLine[];
  readonly direct: Address;
  /** A second adapter on the same service, as after a restart. */
  again(options?: Record<string, unknown>): Promise<{ platform: FeishuPlatform; sink: RecordingSink }>;
  close(): Promise<void>;
}

export function makePlatform(
  sim: FeishuSim,
  options: Record<string, unknown> = {},
  lines: LogLine[] = [],
  timings: FeishuTimings = quick,
  memory: PlatformMemory = new ScratchMemory(),
): FeishuPlatform {
  const all = { app_id: sim.appId, app_secret: sim.appSecret, domain: sim.url, ...options };
  const context = {
    log: recordingLog(lines),
    cacheDir: '/nonexistent',
    memory: () => memory,
    project: 'test',
  };
  return new FeishuPlatform(parseOptions('feishu', 'https://open.feishu.cn', all), context, timings);
}

/** A simulator with one adapter that is ready. */
export async function openBench(
  options: Record<string, unknown> = {},
  simOptions: SimOptions = {},
): Promise<Bench> {
  const sim = await startFeishuSim({
    pingIntervalSecs: 1,
    ackTimeoutMs: 1_000,
    redeliverMs: 100,
    ...simOptions,
  });
  const lines: LogLine[] = [];
  const platforms: FeishuPlatform[] = [];
  const memory = new ScratchMemory();
  const start = async (extra: Record<string, unknown>) => {
    const platform = makePlatform(sim, { ...options, ...extra }, lines, quick, memory);
    const sink = new RecordingSink();
    platforms.push(platform);
    await platform.start(sink, forever);
    await waitUntil('the platform is ready', () => sink.lastState === 'ready');
    return { platform, sink };
  };
  const { platform, sink } = await start({});
  const chat = sim.directChat();
  return {
    sim,
    platform,
    sink,
    lines,
    direct: { account: platform.account, chat, direct: true, user: sim.ann },
    again: (extra = {}) => start(extra),
    close: async () => {
      for (const started of platforms) await started.stop();
      await sim.close();
    },
  };
}
