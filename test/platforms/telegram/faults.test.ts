import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Address, MessageRef } from '../../../src/core/address.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { Part } from '../../../src/core/outgoing.ts';
import type { Platform } from '../../../src/core/platform.ts';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { telegramWorld } from './world.ts';

const forever = new AbortController().signal;

/** Sends as the delivery loop does: waits where told, looks for what may have arrived, repeats only what did not. */
async function deliver(platform: () => Platform, to: Address, part: Part, key: string): Promise<MessageRef> {
  let ambiguous = false;
  for (;;) {
    try {
      if (ambiguous) {
        const found = await platform().probe?.(to, part, key, forever);
        if (typeof found === 'object') return found;
        expect(found).toBe('absent');
        ambiguous = false;
      }
      return await platform().send(to, part, key, forever);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      expect(['ambiguous', 'rate_limit', 'network', 'unavailable'], error.message).toContain(error.kind);
      ambiguous ||= error.kind === 'ambiguous';
      await sleep(5);
    }
  }
}

describe('under random faults', () => {
  let world: Awaited<ReturnType<typeof telegramWorld>>;
  let current: Platform;
  beforeEach(async () => {
    world = await telegramWorld({ drafts: false });
  });
  afterEach(async () => {
    await current.stop();
    await world.close();
  });

  test.each([1, 2, 3])(
    'every message is answered exactly once and in order, also over restarts (seed %d)',
    async (seed) => {
      const chats = [42, 43, 44, -1001];
      const people = [
        world.ann,
        world.sim.addPrivateChat({ id: 43, name: 'Bob' }),
        world.sim.addPrivateChat({ id: 44, name: 'Cy' }),
      ];
      world.sim.addGroup(-1001, 'Team');
      const sink = new RecordingSink();
      const start = async () => {
        current = world.create();
        await current.start(sink, forever);
      };
      await start();
      world.sim.faults.random({
        seed,
        swallow: 0.15,
        reset: 0.1,
        rateLimit: 0.03,
        html: 0.05,
        duplicate: 0.2,
      });
      for (let n = 0; n < 12; n++)
        for (const chat of chats) {
          const person = people[chat < 0 ? n % 3 : chats.indexOf(chat)] ?? world.ann;
          world.sim.userSends(person, chat, chat < 0 ? `/ask ${n}` : `question ${n}`);
        }
      await waitUntil('all questions are in', () => sink.messages.length === 48);
      await Promise.all(
        chats.map(async (chat) => {
          const mine = sink.messages.filter((message) => message.address.chat === String(chat));
          for (const [n, message] of mine.entries()) {
            const [part] = current.render(
              { kind: 'text', markdown: `answer ${n} in **${chat}**` },
              message.address,
            );
            if (part) await deliver(() => current, message.address, part, `${chat}:${n}`);
            if (chat === 42 && n === 5) {
              // The process comes back; what the other chats have under way ends ambiguously.
              await current.stop();
              await start();
            }
          }
        }),
      );
      for (const chat of chats)
        expect(world.sim.botMessages(chat).map((message) => message.text)).toEqual(
          Array.from({ length: 12 }, (_, n) => `answer ${n} in ${chat}`),
        );
    },
  );
});
