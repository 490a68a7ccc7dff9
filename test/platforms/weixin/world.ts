import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import { parseOptions } from '../../../src/platforms/weixin/options.ts';
import type { Timing } from '../../../src/platforms/weixin/timing.ts';
import { WeixinPlatform } from '../../../src/platforms/weixin/weixin-platform.ts';
import type { PlatformWorld } from '../../conformance/platform.ts';
import { recordingLog } from '../../conformance/recording-sink.ts';
import { WeixinSim } from '../../sim/weixin/simulator.ts';

export const forever = new AbortController().signal;

export const shortTiming: Timing = {
  graceMs: 400,
  heldMs: 60,
  callMs: 3000,
  silenceMs: 3000,
  retryMinMs: 20,
  retryMaxMs: 200,
  deniedMs: 100,
};

export const ann = 'ann@im.wechat';

/** A simulator with one person who has written before, and adapters for its bot. */
export async function weixinWorld(
  options: Readonly<Record<string, unknown>> = {},
  remembered?: ScratchMemory,
) {
  const sim = await WeixinSim.start({ holdMs: 1000 });
  const cacheDir = await mkdtemp(join(tmpdir(), 'weixin-'));
  const context = sim.contextOf(ann);
  const memory = remembered ?? new ScratchMemory([[`context_token:${ann}`, context]]);
  const memoryOf = (account: string) => (account === `weixin:${sim.botId}` ? memory : new ScratchMemory());
  const log = recordingLog();
  const create = (more: Readonly<Record<string, unknown>> = {}): WeixinPlatform =>
    new WeixinPlatform(
      parseOptions({
        token: sim.token,
        base_url: sim.url,
        cdn_base_url: sim.cdnUrl,
        long_poll_timeout_ms: 1000,
        burst_limit: 0,
        ...options,
        ...more,
      }),
      { log, cacheDir, memory: memoryOf, project: 'test' },
      shortTiming,
    );
  const world: PlatformWorld = {
    create,
    direct: { account: create().account, chat: ann, direct: true, user: ann },
    person: { id: ann },
    personSends: async (text) => sim.personSends(ann, text),
    redeliverLast: async () => sim.redeliverLast(),
    echoOwnMessage: async (text) => {
      sim.personSends(sim.botId, text, { message_type: 2, to_user_id: ann });
    },
    sendGarbage: async () => {
      for (const thing of [null, 7, 'text', [], {}, { from_user_id: 5 }]) sim.push(thing);
      sim.push({ from_user_id: ann, message_type: 1, item_list: 'none' });
      sim.push({ from_user_id: ann, message_type: 1, item_list: [{ type: 2, image_item: { media: 'x' } }] });
      sim.push({ from_user_id: ann, message_type: 1, message_id: {}, item_list: [] });
    },
    botMessages: () =>
      sim.messages
        .filter(({ to }) => to === ann)
        .map(({ id, text, file }) => ({
          id,
          text,
          buttons: [],
          ...(file ? { file: { name: file.name, size: file.bytes.length } } : {}),
        })),
    press: async () => ({ toast: undefined }),
    faults: {
      rateLimitNextSend: (ms) =>
        sim.faults.next('sendmessage', {
          kind: 'status',
          status: 429,
          retryAfterSecs: Math.ceil(ms / 1000),
        }),
      serverErrorNextSend: () => sim.faults.next('sendmessage', { kind: 'status', status: 502 }),
      swallowNextSend: () => sim.faults.next('sendmessage', { kind: 'swallow' }),
      delayNextSend: (ms) => sim.faults.next('sendmessage', { kind: 'delay', ms }),
      cutConnections: () => sim.cut(),
      silent: (on) => {
        sim.faults.silent = on;
      },
      refuseCredentials: (on) => {
        sim.faults.expired = on;
      },
    },
    openConnections: () => sim.connections,
    close: async () => {
      await sim.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
  return { ...world, create, sim, log, memory };
}
