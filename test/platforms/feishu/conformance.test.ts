import type { Platform } from '../../../src/core/platform.ts';
import { type PlatformWorld, platformConformance, type SeenMessage } from '../../conformance/platform.ts';
import { type FeishuSim, startFeishuSim } from '../../sim/feishu/sim.ts';
import { makePlatform } from './harness.ts';

function worldOf(sim: FeishuSim): PlatformWorld {
  const chat = sim.directChat();
  const sends = ['message.', 'card.create'];
  const account = makePlatform(sim).account;
  let last = '';
  return {
    create: (): Platform => makePlatform(sim),
    direct: { account, chat, direct: true, user: sim.ann },
    person: { id: sim.ann },
    personSends: async (text) => {
      last = sim.userSends({ text }).id;
      return last;
    },
    redeliverLast: async () => sim.redeliver(last),
    echoOwnMessage: async (text) => {
      sim.userSends({ text, user: sim.bot.openId, chat, fromBot: true });
    },
    sendGarbage: async () => {
      sim.link.raw(Buffer.from('\u0000not json'));
      sim.link.raw(
        Buffer.from('{"schema":"2.0","header":{"event_type":"im.message.receive_v1"},"event":{"message":7}}'),
      );
      sim.link.raw(
        Buffer.from('{"schema":"2.0","header":{"event_type":"card.action.trigger"},"event":null}'),
      );
      for (const client of sim.link.clients) client.send(Buffer.from([0xff, 0xff, 0xff]));
    },
    botMessages: (): readonly SeenMessage[] => sim.messages(chat),
    press: async (id, label) => ({ toast: (await sim.press(id, label)).toast }),
    faults: {
      rateLimitNextSend: (ms) => {
        const trouble = {
          kind: 'code',
          code: 99991400,
          status: 429,
          resetSecs: Math.ceil(ms / 1000),
        } as const;
        sim.faults.add({ on: sends[0] ?? '', trouble });
      },
      serverErrorNextSend: () => sim.faults.add({ on: 'message.', trouble: { kind: 'http', status: 502 } }),
      swallowNextSend: () => sim.faults.add({ on: 'message.', trouble: { kind: 'swallow' } }),
      delayNextSend: (ms) => sim.faults.add({ on: 'message.', trouble: { kind: 'delay', ms } }),
      cutConnections: () => {
        sim.link.drop();
        sim.http.cut();
      },
      silent: (on) => {
        sim.silent = on;
      },
      refuseCredentials: (on) => {
        sim.http.credentialsRefused = on;
      },
    },
    openConnections: () => sim.connections,
    close: () => sim.close(),
  };
}

platformConformance({
  name: 'feishu',
  setup: async () =>
    worldOf(await startFeishuSim({ pingIntervalSecs: 1, ackTimeoutMs: 3_000, redeliverMs: 200 })),
});
