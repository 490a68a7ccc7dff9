import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '../../../src/core/platform.ts';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import { parseOptions } from '../../../src/platforms/telegram/options.ts';
import { TelegramPlatform } from '../../../src/platforms/telegram/telegram-platform.ts';
import type { Timing } from '../../../src/platforms/telegram/timing.ts';
import type { PlatformWorld } from '../../conformance/platform.ts';
import { recordingLog } from '../../conformance/recording-sink.ts';
import { TelegramSim } from '../../sim/telegram/simulator.ts';

export const shortTiming: Timing = {
  pollSecs: 1,
  graceMs: 400,
  callMs: 3000,
  settleMs: 50,
  retryMinMs: 20,
  retryMaxMs: 200,
  conflictQuietMs: 300,
  deniedMs: 100,
};

export const ann = { id: 42, name: 'Ann', language: 'de' };

/** A simulator with one private chat, and adapters for its bot. */
export async function telegramWorld(options: Readonly<Record<string, unknown>> = {}) {
  const sim = await TelegramSim.start();
  const person = sim.addPrivateChat(ann);
  const cacheDir = await mkdtemp(join(tmpdir(), 'telegram-'));
  const log = recordingLog();
  const create = (more: Readonly<Record<string, unknown>> = {}): Platform =>
    new TelegramPlatform(
      parseOptions({ token: sim.token, api_base: sim.url, ...options, ...more }),
      { log, cacheDir, memory: () => new ScratchMemory(), project: 'test' },
      shortTiming,
    );
  const world: PlatformWorld = {
    create,
    direct: { account: create().account, chat: '42', direct: true, user: '42' },
    person: { id: '42', name: 'Ann', username: 'ann', language: 'de' },
    personSends: async (text) => String(sim.userSends(person, 42, text).message),
    redeliverLast: async () => sim.redeliverLast(),
    echoOwnMessage: async (text) => sim.pushMessage(sim.account.me, 42, text),
    sendGarbage: async () => {
      sim.pushRaw({ message: 'not an object' });
      sim.pushRaw({ message: { message_id: 'x', chat: null, from: 7 } });
      sim.pushRaw({ callback_query: { id: 1 } });
      sim.pushRaw({ something_new: { a: [1, 2, 3] } });
    },
    botMessages: () =>
      sim.botMessages(42).map((message) => ({
        id: String(message.id),
        text: message.text,
        buttons: message.markup?.inline_keyboard.flat().map((button) => button.text) ?? [],
        ...(message.file
          ? { file: { name: message.file.file.name, size: message.file.file.bytes.length } }
          : {}),
      })),
    press: async (id, label) => ({ toast: await sim.press(person, 42, Number(id), label) }),
    faults: {
      rateLimitNextSend: (ms) =>
        sim.faults.next('send', { kind: 'rate_limit', seconds: Math.ceil(ms / 1000) }),
      serverErrorNextSend: () => sim.faults.next('send', { kind: 'html', code: 502 }),
      swallowNextSend: () => sim.faults.next('send', { kind: 'swallow' }),
      delayNextSend: (ms) => sim.faults.next('send', { kind: 'delay', ms }),
      cutConnections: () => sim.cutConnections(),
      silent: (on) => {
        sim.faults.silentNow = on;
      },
      refuseCredentials: (on) => {
        sim.faults.revoked = on;
      },
    },
    openConnections: () => sim.connections,
    close: async () => {
      await sim.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
  return { ...world, create, sim, ann: person, log, cacheDir };
}
