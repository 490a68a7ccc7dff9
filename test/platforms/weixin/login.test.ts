import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LoginClient, type LoginHooks, logIn, type QrCode } from '../../../src/platforms/weixin/login.ts';
import { WeixinSim } from '../../sim/weixin/simulator.ts';

const forever = new AbortController().signal;
const quick = { refreshMs: 60_000, pauseMs: 5, callMs: 10_000 };

describe('logging in by QR code', () => {
  let sim: WeixinSim;
  const shown: QrCode[] = [];
  let scans = 0;
  const hooks: LoginHooks = {
    show: (code) => void shown.push(code),
    scanned: () => scans++,
  };
  const confirmed = {
    status: 'confirmed',
    bot_token: 'b2@im.bot:new-secret',
    ilink_bot_id: 'b2@im.bot',
    baseurl: 'https://sh.ilinkai.weixin.qq.com',
    ilink_user_id: 'me@im.wechat',
  };

  beforeEach(async () => {
    sim = await WeixinSim.start();
    shown.length = 0;
    scans = 0;
  });
  afterEach(() => sim.close());

  test('shows the code, tells of the scan and gives what the config needs', async () => {
    sim.qrStatuses = [{ status: 'wait' }, { status: 'scaned' }, { status: 'scaned' }, confirmed];
    expect(await logIn({ baseUrl: sim.url }, hooks, forever, quick)).toEqual({
      token: 'b2@im.bot:new-secret',
      botId: 'b2@im.bot',
      baseUrl: 'https://sh.ilinkai.weixin.qq.com',
      userId: 'me@im.wechat',
    });
    expect(shown).toEqual([{ id: 'qr1', content: 'https://liteapp.weixin.qq.com/q/1' }]);
    expect(scans).toBe(1);
  });

  test('replaces codes that run out three times, then says so', async () => {
    sim.qrStatuses = [{ status: 'expired' }];
    await expect(logIn({ baseUrl: sim.url }, hooks, forever, quick)).rejects.toMatchObject({
      code: 'weixin_not_scanned',
    });
    expect(shown.map(({ id }) => id)).toEqual(['qr1', 'qr2', 'qr3', 'qr4']);
  });

  test('replaces a code before it runs out', async () => {
    sim.qrStatuses = [{ status: 'wait' }];
    const scan = logIn({ baseUrl: sim.url }, hooks, forever, { ...quick, refreshMs: 60 });
    while (shown.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    sim.qrStatuses = [confirmed];
    expect((await scan).token).toBe('b2@im.bot:new-secret');
  });

  test('a gateway error while waiting tells nothing about the code', async () => {
    sim.faults.next('get_qrcode_status', { kind: 'status', status: 502 });
    sim.faults.next('get_qrcode_status', { kind: 'reset' });
    sim.qrStatuses = [confirmed];
    expect((await logIn({ baseUrl: sim.url }, hooks, forever, quick)).botId).toBe('b2@im.bot');
    expect(shown).toHaveLength(1);
  });

  test.each([
    [{ status: 'scaned_but_redirect', redirect_host: 'evil.example' }],
    [{ status: 'confirmed', bot_token: '' }],
    [{ status: 'confirmed', bot_token: 'x', baseurl: 'http://elsewhere.example' }],
    [{ status: 'binded' }],
  ])('%j ends it', async (status) => {
    sim.qrStatuses = [status];
    await expect(logIn({ baseUrl: sim.url }, hooks, forever, quick)).rejects.toThrow();
    expect(shown).toHaveLength(1);
  });

  test('the number on the phone is asked for, again when it was wrong, and goes with the next question', async () => {
    sim.qrStatuses = [
      { status: 'need_verifycode' },
      { status: 'need_verifycode' },
      { status: 'scaned' },
      confirmed,
    ];
    const asked: boolean[] = [];
    const number = async (again: boolean) => {
      asked.push(again);
      return again ? '42' : '7';
    };
    expect((await logIn({ baseUrl: sim.url }, { ...hooks, number }, forever, quick)).botId).toBe('b2@im.bot');
    expect(asked).toEqual([false, true]);
    expect(sim.qrNumbers).toEqual([undefined, '7', '42', undefined]);
  });

  test('too many wrong numbers bring another code', async () => {
    sim.qrStatuses = [{ status: 'need_verifycode' }, { status: 'verify_code_blocked' }, confirmed];
    await logIn({ baseUrl: sim.url }, { ...hooks, number: async () => '1' }, forever, quick);
    expect(shown.map(({ id }) => id)).toEqual(['qr1', 'qr2']);
  });

  test.each([
    [{ status: 'need_verifycode' }, 'weixin_number'],
    [{ status: 'binded_redirect' }, 'weixin_bound'],
  ])('%j where nobody can help is told with advice', async (status, code) => {
    sim.qrStatuses = [status];
    const login = logIn({ baseUrl: sim.url }, hooks, forever, quick);
    await expect(login).rejects.toMatchObject({ code, advice: expect.any(String) });
  });

  test('another address of Weixin’s own is followed', async () => {
    sim.qrStatuses = [{ status: 'scaned_but_redirect', redirect_host: 'sz.ilinkai.weixin.qq.com' }];
    const client = new LoginClient({ baseUrl: sim.url });
    const code = await client.code(forever);
    expect(await client.state(code, forever)).toEqual({
      kind: 'moved',
      baseUrl: 'https://sz.ilinkai.weixin.qq.com',
    });
    await client.close();
  });

  test('ends when it is given up', async () => {
    const giveUp = new AbortController();
    const scan = logIn({ baseUrl: sim.url }, hooks, giveUp.signal, { ...quick, refreshMs: 60_000 });
    while (shown.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    giveUp.abort();
    await expect(scan).rejects.toThrow();
  });
});
