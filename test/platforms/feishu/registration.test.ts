import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registerApp } from '../../../src/platforms/feishu/registration.ts';
import { FeishuSim } from '../../sim/feishu/sim.ts';

const forever = new AbortController().signal;
const quick = { callMs: 2000, slowerByMs: 20, timeoutMs: 30_000 };

describe('making an app by a scan', () => {
  let sim: FeishuSim;
  const shown: string[] = [];
  const heard: string[] = [];
  const hooks = {
    show: async ({ address }: { address: string }) => void shown.push(address),
    debug: (line: string) => void heard.push(line),
  };
  const app = { client_id: 'cli_1234567890abcdef', client_secret: 's3cret', user_info: { open_id: 'ou_me' } };
  const scan = (signal = forever) =>
    registerApp({ accounts: sim.url, larkAccounts: sim.url }, hooks, signal, quick);

  beforeEach(async () => {
    sim = await new FeishuSim().start();
    sim.http.registration.interval = 0.01;
    shown.length = 0;
    heard.length = 0;
  });
  afterEach(() => sim.close());

  test('[feature: set-up by a scan] gives id, secret and owner', async () => {
    sim.http.registration.polls = [{ error: 'authorization_pending' }, app];
    expect(await scan()).toEqual({
      appId: app.client_id,
      appSecret: app.client_secret,
      brand: 'feishu',
      owner: 'ou_me',
    });
    expect(sim.http.registration.forms.map(({ action }) => action)).toEqual(['begin', 'poll', 'poll']);
  });

  test('the address asks for the permissions, events and callbacks that are needed', async () => {
    sim.http.registration.polls = [app];
    await scan();
    const url = new URL(shown[0] ?? '');
    expect(url.searchParams.get('user_code')).toBe('ABCD-EFGH');
    const addons = JSON.parse(
      gunzipSync(Buffer.from(url.searchParams.get('addons') ?? '', 'base64url')).toString(),
    );
    expect(addons).toMatchObject({
      scopes: { tenant: expect.arrayContaining(['im:message', 'cardkit:card:write']) },
      events: { items: { tenant: expect.arrayContaining(['im.message.receive_v1']) } },
      callbacks: { items: ['card.action.trigger'] },
    });
  });

  test('slows down when it is told to, and goes on after failures of the network', async () => {
    sim.faults.add({ on: 'registration.poll', trouble: { kind: 'reset' } });
    sim.faults.add({ on: 'registration.poll', trouble: { kind: 'http', status: 502 } });
    sim.http.registration.polls = [{ error: 'slow_down' }, { error: 'authorization_pending' }, app];
    expect((await scan()).appId).toBe(app.client_id);
    expect(heard.slice(-3)).toEqual(['slow_down', 'authorization_pending', 'confirmed']);
  });

  test('goes on at Lark when the person belongs there', async () => {
    sim.http.registration.polls = [{ user_info: { tenant_brand: 'lark' } }, app];
    expect((await scan()).brand).toBe('lark');
  });

  test.each([
    [{ error: 'access_denied' }, 'feishu_denied'],
    [{ error: 'expired_token' }, 'feishu_not_scanned'],
    [{ error: 'invalid_client', error_description: 'no such thing' }, 'feishu_registration'],
  ])('%j ends it with advice or the reason', async (answer, code) => {
    sim.http.registration.polls = [answer];
    await expect(scan()).rejects.toMatchObject({ code });
  });

  test('nobody scans in time', async () => {
    sim.http.registration.expiresIn = 0.1;
    await expect(scan()).rejects.toMatchObject({ code: 'feishu_not_scanned' });
  });

  test('ends at once when it is stopped', async () => {
    const stop = new AbortController();
    const scanning = scan(stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 50);
    await expect(scanning).rejects.toThrow();
  });

  test('refuses to send anything over an open line', async () => {
    await expect(
      registerApp({ accounts: 'http://example.com' }, hooks, forever, quick),
    ).rejects.toMatchObject({
      code: 'endpoint_insecure',
    });
  });
});
