import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PlatformWorld, platformConformance } from '../../conformance/platform.ts';
import { SlackSim } from '../../sim/slack/sim.ts';
import { makePlatform } from './harness.ts';

async function openWorld(): Promise<PlatformWorld> {
  const sim = await new SlackSim({ ackTimeoutMs: 300 }).start();
  const cacheDir = await mkdtemp(join(tmpdir(), 'slack-'));
  const chat = sim.channel('im');
  const { account } = makePlatform(sim, cacheDir);
  let last: object = {};
  const anySend = ['chat.postMessage', 'files.completeUploadExternal'];
  const [post = ''] = anySend;
  return {
    create: () => makePlatform(sim, cacheDir),
    direct: { account, chat, direct: true, user: sim.ann },
    person: { id: sim.ann },
    async personSends(text) {
      const { ts, event } = sim.says(chat, text);
      last = event;
      return ts;
    },
    async redeliverLast() {
      void sim.sendEvent(last);
    },
    async echoOwnMessage(text) {
      sim.echo(sim.world.add({ channel: chat, user: sim.bot, bot: true, text }));
    },
    async sendGarbage() {
      sim.link.raw('no JSON');
      sim.link.raw('{"type":"events_api","envelope_id":"g1","payload":{}}');
      sim.link.raw('{"type":"events_api","envelope_id":"g2","payload":{"event":null}}');
      sim.link.raw('{"type":"events_api","envelope_id":"g3","payload":{"event":{"type":"message","ts":7}}}');
      sim.link.raw(
        '{"type":"interactive","envelope_id":"g4","payload":{"type":"block_actions","actions":[null]}}',
      );
      sim.link.raw('{"envelope_id":5}');
    },
    botMessages: () => sim.botMessages(chat),
    press: async (id, label) => ({ toast: await sim.press(chat, id, label) }),
    faults: {
      rateLimitNextSend: (ms) =>
        sim.faults.add({ on: post, trouble: { kind: 'limit', seconds: Math.ceil(ms / 1000) } }),
      serverErrorNextSend: () => sim.faults.add({ on: post, trouble: { kind: 'http', status: 502 } }),
      swallowNextSend: () => sim.faults.add({ on: post, trouble: { kind: 'swallow' } }),
      delayNextSend: (ms) => sim.faults.add({ on: post, trouble: { kind: 'delay', ms } }),
      cutConnections: () => sim.cut(),
      silent: (on) => {
        sim.silent = on;
      },
      refuseCredentials: (on) => {
        sim.refused = on ? { bot: 'token_revoked', app: 'invalid_auth' } : {};
      },
    },
    openConnections: () => sim.connections,
    async close() {
      await sim.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}

platformConformance({ name: 'slack', setup: openWorld });
