import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { push } from '../../sim/feishu/webhook.ts';
import { type Bench, openBench } from './harness.ts';

const key = 'an encrypt key';
let bench: Bench;
let url: string;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeEach(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/hook`;
  const options = {
    encrypt_key: key,
    verification_token: 'verification',
    port: String(port),
    callback_path: '/hook',
  };
  bench = await openBench(options);
});
afterEach(() => bench.close());

const event = () => {
  const message = bench.sim.userSends({ text: 'hi', quiet: true });
  return bench.sim.eventOf(message.id);
};

describe('webhook mode', () => {
  test('no long connection is opened', () => {
    expect(bench.sim.link.clients.size).toBe(0);
  });

  test('the question for the address is answered', async () => {
    const question = { type: 'url_verification', challenge: 'c-42', token: 'verification' };
    expect(await push(url, key, question, { unsigned: true })).toEqual({
      status: 200,
      body: { challenge: 'c-42' },
    });
  });

  test('[feature: webhook] an event is acknowledged after the commit, a failed commit with 500', async () => {
    const payload = event();
    bench.sink.refusing = true;
    expect((await push(url, key, payload)).status).toBe(500);
    bench.sink.refusing = false;
    expect((await push(url, key, payload)).status).toBe(200);
    expect(bench.sink.messages.map(({ text }) => text)).toEqual(['hi']);
  });

  test('a pressed button is answered in the response', async () => {
    bench.sink.reply = { toast: 'Done' };
    const payload = {
      schema: '2.0',
      header: { event_id: 'e1', event_type: 'card.action.trigger', token: 'verification' },
      event: {
        operator: { open_id: 'ou_x' },
        context: { open_message_id: 'om_1', open_chat_id: 'oc_1' },
        action: { tag: 'button', value: { d: 'y' } },
      },
    };
    expect(await push(url, key, payload)).toMatchObject({
      status: 200,
      body: { toast: { content: 'Done' } },
    });
  });

  test.each([
    ['without a signature', { unsigned: true }],
    ['with a wrong signature', { signKey: 'other' }],
  ])('an event %s is refused', async (_name, options) => {
    expect((await push(url, key, event(), options)).status).toBe(403);
    expect(bench.sink.inputs).toEqual([]);
  });

  test('what was sealed with another key, or with another token, is refused', async () => {
    expect((await push(url, 'other', event(), { signKey: key })).status).toBe(403);
    const foreign = {
      ...event(),
      header: { event_id: 'x', event_type: 'im.message.receive_v1', token: 'other' },
    };
    expect((await push(url, key, foreign)).status).toBe(403);
  });

  test.each(['{"encrypt":', '', '[]', '{"encrypt":"AAAA"}', '{"schema":"2.0"}'])(
    'garbage %j is refused',
    async (body) => {
      const response = await fetch(url, { method: 'POST', body });
      expect(response.status).toBe(403);
      expect((await fetch(url.replace('/hook', '/'), { method: 'POST', body })).status).toBe(404);
    },
  );

  test('a body without end is cut off', async () => {
    const response = await fetch(url, { method: 'POST', body: Buffer.alloc(3 * 1024 * 1024, 97) }).catch(
      () => undefined,
    );
    expect(response?.status ?? 413).toBe(413);
  });

  test('a port in use is told, and taken once it is free', async () => {
    const port = await freePort();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(port, resolve));
    const started = bench.again({ port });
    await waitUntil('it is told', () => JSON.stringify(bench.lines).includes('EADDRINUSE'));
    await new Promise((resolve) => holder.close(resolve));
    await started;
  });
});
