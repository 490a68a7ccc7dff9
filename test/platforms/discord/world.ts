import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import { DiscordPlatform } from '../../../src/platforms/discord/discord-platform.ts';
import { parseOptions } from '../../../src/platforms/discord/options.ts';
import type { Timing } from '../../../src/platforms/discord/timing.ts';
import type { PlatformWorld } from '../../conformance/platform.ts';
import { recordingLog } from '../../conformance/recording-sink.ts';
import { DiscordSim } from '../../sim/discord/sim.ts';

export const shortTiming: Timing = {
  callMs: 2000,
  helloMs: 800,
  readyMs: 2000,
  silenceMs: 800,
  retryMinMs: 20,
  retryMaxMs: 200,
  deniedMs: 100,
  toastMs: 50,
};

const ANN = '410000000000000042';

/** A simulator with one direct chat and one server channel, and adapters for its bot. */
export async function discordWorld(options: Readonly<Record<string, unknown>> = {}) {
  const sim = await new DiscordSim().start();
  const ann = sim.user(ANN, 'Ann');
  const dm = sim.channel({ type: 1, name: 'dm' });
  const general = sim.channel({ type: 0, guild: sim.guild, name: 'general' });
  const cacheDir = await mkdtemp(join(tmpdir(), 'discord-'));
  const log = recordingLog();
  const create = (more: Readonly<Record<string, unknown>> = {}, timing = shortTiming) =>
    new DiscordPlatform(
      parseOptions({ token: sim.token, api_url: sim.url, ...options, ...more }),
      { log, cacheDir, memory: () => new ScratchMemory(), project: 'test' },
      timing,
    );
  const sends = /^POST \/channels\/\d+\/messages$/;
  const world: PlatformWorld = {
    create,
    direct: { account: create().account, chat: dm.id, direct: true, user: ANN },
    person: { id: ANN, name: 'Ann', username: 'ann' },
    personSends: async (text) => sim.says(dm, ann, text).id,
    redeliverLast: async () => sim.redeliverLast(),
    echoOwnMessage: async (text) => void sim.says(dm, { ...sim.user(sim.botId, 'Bot'), bot: true }, text),
    sendGarbage: async () => {
      sim.gateway.raw({ op: 0, t: 'MESSAGE_CREATE', s: 3, d: { id: 7 } });
      sim.gateway.raw({ op: 0, t: 'MESSAGE_CREATE', s: 3, d: { id: 'x', channel_id: dm.id, author: null } });
      sim.gateway.raw({ op: 0, t: 'MESSAGE_CREATE', s: 3, d: null });
      sim.gateway.raw({ op: 0, t: 'INTERACTION_CREATE', s: 3, d: { id: 1, data: 'x' } });
      sim.gateway.raw({
        op: 0,
        t: 'GUILD_CREATE',
        s: 3,
        d: { id: sim.guild, channels: 'none', roles: [null, 3] },
      });
      sim.gateway.raw({ op: 0, t: 'SOMETHING_NEW', s: 3, d: [1, 2, 3] });
      sim.gateway.raw('not json');
    },
    botMessages: () =>
      sim.botMessages(dm.id).map((message) => {
        const [file] = message.attachments;
        return {
          id: message.id,
          ...sim.seen(message),
          ...(file ? { file: { name: String(file.filename), size: Number(file.size) } } : {}),
        };
      }),
    press: async (id, label) => ({ toast: await sim.press(dm, ann, id, label) }),
    faults: {
      rateLimitNextSend: (ms) => sim.fault(sends, { kind: 'rate_limit', seconds: ms / 1000 }),
      serverErrorNextSend: () => sim.fault(sends, { kind: 'html' }),
      swallowNextSend: () => sim.fault(sends, { kind: 'swallow' }),
      delayNextSend: (ms) => sim.fault(sends, { kind: 'delay', ms }),
      cutConnections: () => sim.cut(),
      silent: (on) => sim.setSilent(on),
      refuseCredentials: (on) => {
        sim.tokenRevoked = on;
        sim.gateway.denyWith = on ? 4004 : undefined;
      },
    },
    openConnections: () => sim.connections,
    close: async () => {
      await sim.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
  return { ...world, create, sim, ann, dm, general, log, cacheDir };
}
