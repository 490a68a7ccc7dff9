import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../blackbox/daemon.ts';
import { ContractWorld } from './contract-world.ts';

let world: ContractWorld;
beforeEach(async () => {
  world = await ContractWorld.open();
});
afterEach((context) => world.close(context.task.result?.state === 'fail'));

const threeHoursAgo = () => Date.now() - 3 * 3_600_000;

describe('redelivery', () => {
  it('runs a message once: the same again, under a new event id, and after a restart', async () => {
    world.configure();
    await world.start();
    const message = world.feishuPlace.say('token: F1');
    world.telegramPlace.say('token: G1');
    world.telegram.redeliverLast();
    await world.appears(world.feishuPlace, 'echo:F1');
    await world.appears(world.telegramPlace, 'echo:G1');
    world.feishu.redeliver(message, false);
    world.feishu.redeliver(message);
    await world.restart();
    world.feishu.redeliver(message);
    world.telegram.redeliverLast();
    world.feishuPlace.say('token: F2');
    world.telegramPlace.say('token: G2');
    await world.appears(world.feishuPlace, 'echo:F2');
    await world.appears(world.telegramPlace, 'echo:G2');
    expect([world.runs('F1'), world.runs('G1')]).toEqual([1, 1]);
    expect(world.count(world.feishuPlace, 'echo:F1')).toBe(1);
  });

  const settled = () => until(() => world.openInputs() === 0, 'everything settled', 25_000);

  it('takes a pressed button once: the same again, and after a restart', async () => {
    world.configure({ top: '[queue]\nmax_depth = 1' });
    await world.start();
    const place = world.telegramPlace;
    place.say('slow: 1 ;; token: K1');
    await world.running('K1');
    for (const token of ['K2', 'K3']) place.say(`token: ${token}`);
    place.press(await world.button(place, 'Run'), 'Run');
    await until(() => world.stored('action') === 1, 'the press');
    world.telegram.redeliverLast();
    await world.appears(place, 'echo:K3');
    await settled();
    await world.restart();
    world.telegram.redeliverLast();
    place.say('token: K4');
    await world.appears(place, 'echo:K4');
    expect([world.runs('K3'), world.stored('action')]).toEqual([1, 1]);
  });

  it('takes an edit once: the same again, and after a restart', async () => {
    world.configure();
    await world.start();
    const place = world.telegramPlace;
    const message = place.say('slow: 1 ;; token: E1');
    await world.running('E1');
    place.edit(message, 'token: E2');
    await until(() => world.stored('edit') === 1, 'the edit');
    world.telegram.redeliverLast();
    await until(() => world.runs('E2') === 1, 'the edit to reach the agent', 25_000);
    await settled();
    await world.restart();
    world.telegram.redeliverLast();
    place.say('token: E3');
    await world.appears(place, 'echo:E3');
    expect([world.runs('E2'), world.stored('edit')]).toEqual([1, 1]);
  });

  it('takes a recall once: under a new event id, and after a restart', async () => {
    world.configure();
    await world.start();
    const place = world.feishuPlace;
    place.say('slow: 1 ;; token: U1');
    await world.running('U1');
    const message = place.say('token: U2');
    await until(() => world.openInputs() === 2, 'the second message');
    world.feishu.recall(message);
    world.feishu.redeliver(`recall of ${message}`);
    await world.appears(place, 'echo:U1');
    await settled();
    await world.restart();
    world.feishu.redeliver(`recall of ${message}`);
    place.say('token: U3');
    await world.appears(place, 'echo:U3');
    expect([world.runs('U2'), world.stored('recall')]).toEqual([0, 1]);
  });
});

describe('a message beyond the rate limit', () => {
  it('is put aside with a button and runs when that is pressed, also after a restart', async () => {
    world.configure({ top: '[rate_limit]\nmax_messages = 1\nwindow_secs = 600' });
    await world.start();
    const place = world.telegramPlace;
    place.say('token: R1');
    await world.appears(place, 'echo:R1');
    place.say('token: R2');
    const aside = await world.button(place, 'Run');
    expect(aside.text).toContain('more than 1 messages');
    place.say('/status');
    await world.restart();
    await until(() => world.count(place, 'Agent') > 0, 'the answer to a command, which is not limited');
    expect(world.runs('R2')).toBe(0);
    place.press(aside, 'Run');
    await world.appears(place, 'echo:R2');
    await until(() => world.openInputs() === 0, 'everything settled');
    expect(world.runs('R2')).toBe(1);
    expect(world.count(place, 'echo:R2')).toBe(1);
  });
});

describe('messages that arrived while the daemon was down or late', () => {
  it('run in the order of the platform', async () => {
    world.configure();
    for (const token of ['A', 'B', 'C']) world.telegramPlace.say(`token: ${token}1`);
    await world.start();
    await world.appears(world.telegramPlace, 'echo:C1');
    const order = world.telegramPlace.seen().flatMap(({ text }) => /echo:([ABC])1/.exec(text)?.[1] ?? []);
    expect(order).toEqual(['A', 'B', 'C']);
  });

  it('are shown with Run and Drop when they are old', async () => {
    world.configure();
    const say = (text: string) =>
      world.feishu.userSends({ text, at: threeHoursAgo(), user: `ou_person${'2'.padStart(26, '0')}` });
    say('token: OLD1');
    await world.start();
    const first = await world.button(world.feishuPlace, 'Run');
    expect(first.text).toContain('late');
    expect(world.runs('OLD1')).toBe(0);
    world.feishuPlace.press(first, 'Run');
    await world.appears(world.feishuPlace, 'echo:OLD1');
    say('token: OLD2');
    const second = await world.button(world.feishuPlace, 'Drop');
    world.feishuPlace.press(second, 'Drop');
    await world.appears(world.feishuPlace, 'Dropped');
    world.feishuPlace.say('token: NEW');
    await world.appears(world.feishuPlace, 'echo:NEW');
    expect(world.runs('OLD2')).toBe(0);
  });
});

describe('queue full', () => {
  it('defers the text with a button instead of losing it', async () => {
    world.configure({ top: '[queue]\nmax_depth = 1' });
    await world.start();
    const place = world.telegramPlace;
    place.say('slow: 1.5 ;; token: Q1');
    await world.running('Q1');
    for (const token of ['Q2', 'Q3', 'Q4']) place.say(`token: ${token}`);
    await until(
      () => place.seen().filter(({ buttons }) => buttons.includes('Run')).length === 2,
      'two offers',
    );
    await world.appears(place, 'echo:Q2');
    const [third, fourth] = place.seen().filter(({ buttons }) => buttons.includes('Run'));
    if (third) place.press(third, 'Run');
    await world.appears(place, 'echo:Q3');
    if (fourth) place.press(fourth, 'Drop');
    await world.appears(place, 'Dropped');
    expect(world.runs('Q4')).toBe(0);
  });
});

describe('a message whose turn was begun by a daemon that was killed before the agent had it', () => {
  it('is in the history once', async () => {
    world.configure();
    const place = world.telegramPlace;
    place.say('token: AGAIN');
    const daemon = await world.startToDie('beginTurn:1');
    expect((await daemon.exited).signal).toBe('SIGKILL');
    await world.start();
    await world.appears(place, 'echo:AGAIN');
    place.say('/history');
    const { text } = await world.appears(place, 'token: AGAIN');
    expect(text.split('token: AGAIN')).toHaveLength(2);
  });
});

describe('a message that crashes the daemon three times', () => {
  it('is put aside and told, and the rest goes on', async () => {
    world.configure();
    const place = world.telegramPlace;
    place.say('token: POISON');
    place.say('token: WELL');
    for (let crash = 1; crash <= 3; crash++) {
      const daemon = await world.startToDie('beginTurn:1');
      expect((await daemon.exited).signal).toBe('SIGKILL');
    }
    await world.start();
    expect((await world.appears(place, 'put aside')).text).toContain('POISON');
    await world.appears(place, 'echo:WELL');
    expect(world.count(place, 'echo:POISON')).toBe(0);
  });

  it('is put aside just so when it is a command', async () => {
    world.configure();
    const place = world.telegramPlace;
    place.say('/status POISON');
    place.say('token: WELL');
    for (const point of ['acceptInput:1', 'beginInput:1', 'beginInput:1']) {
      const daemon = await world.startToDie(point);
      expect((await daemon.exited).signal).toBe('SIGKILL');
    }
    await world.start();
    expect((await world.appears(place, 'put aside')).text).toContain('POISON');
    await world.appears(place, 'echo:WELL');
  });
});
