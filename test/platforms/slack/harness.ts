import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address } from '../../../src/core/address.ts';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import { parseOptions } from '../../../src/platforms/slack/options.ts';
import { SlackPlatform } from '../../../src/platforms/slack/slack-platform.ts';
import { defaultTimings, type SlackTimings } from '../../../src/platforms/slack/timing.ts';
import { type LogLine, RecordingSink, recordingLog, waitUntil } from '../../conformance/recording-sink.ts';
import { type SimOptions, SlackSim } from '../../sim/slack/sim.ts';

export const forever = new AbortController().signal;

export const quick: SlackTimings = {
  ...defaultTimings,
  callMs: 3_000,
  helloMs: 1_000,
  pingMs: 200,
  silenceMs: 1_000,
  backoffMs: [30, 300],
  deniedMs: 100,
  settleMs: 50,
  againMs: 200,
};

export function makePlatform(
  sim: SlackSim,
  cacheDir: string,
  options: Record<string, unknown> = {},
  lines: LogLine[] = [],
): SlackPlatform {
  const all = {
    bot_token: sim.botToken,
    app_token: sim.appToken,
    api_url: `${sim.url}/api`,
    ...options,
  };
  return new SlackPlatform(
    parseOptions(all),
    { log: recordingLog(lines), cacheDir, memory: () => new ScratchMemory(), project: 'test' },
    quick,
  );
}

export interface Bench {
  readonly sim: SlackSim;
  readonly platform: SlackPlatform;
  readonly sink: RecordingSink;
  readonly lines: LogLine[];
  readonly chat: string;
  readonly direct: Address;
  /** Another adapter with the same folder, as after a restart. */
  again(extra?: Record<string, unknown>): Promise<{ platform: SlackPlatform; sink: RecordingSink }>;
  close(): Promise<void>;
}

/** A workspace with one adapter that is ready. */
export async function openBench(
  options: Record<string, unknown> = {},
  simOptions: SimOptions = {},
): Promise<Bench> {
  const sim = await new SlackSim({ ackTimeoutMs: 300, ...simOptions }).start();
  const cacheDir = await mkdtemp(join(tmpdir(), 'slack-'));
  const lines: LogLine[] = [];
  const platforms: SlackPlatform[] = [];
  const start = async (extra: Record<string, unknown> = {}) => {
    const platform = makePlatform(sim, cacheDir, { ...options, ...extra }, lines);
    const sink = new RecordingSink();
    platforms.push(platform);
    await platform.start(sink, forever);
    await waitUntil('the platform is ready', () => sink.lastState === 'ready');
    return { platform, sink };
  };
  const { platform, sink } = await start();
  const chat = sim.channel('im');
  return {
    sim,
    platform,
    sink,
    lines,
    chat,
    direct: { account: platform.account, chat, direct: true, user: sim.ann },
    again: start,
    close: async () => {
      for (const one of platforms) await one.stop();
      await sim.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}
