import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AccountId, asId } from '../../../src/core/ids.ts';
import type { Platform } from '../../../src/core/platform.ts';
import { type Reading, readMessage } from '../../../src/platforms/weixin/inbound.ts';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { seededRandom } from '../../kit/seeded-random.ts';
import { recorded } from './recorded-messages.ts';
import { ann, forever, weixinWorld } from './world.ts';

const samples = Object.values(recorded);
const junk = [
  null,
  undefined,
  0,
  -1,
  1e300,
  '',
  'x',
  true,
  [],
  {},
  [null],
  { id: null },
  '\ud800',
  'a'.repeat(5000),
];

/** Replaces random parts of a value by junk. */
function damage(value: unknown, random: () => number, depth = 0): unknown {
  if (random() < 0.1) return junk[Math.floor(random() * junk.length)];
  if (typeof value !== 'object' || value === null || depth > 8) return value;
  if (Array.isArray(value)) return value.map((item) => damage(item, random, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(() => random() > 0.05)
      .map(([key, inner]) => [key, damage(inner, random, depth + 1)]),
  );
}
const damaged = (random: () => number) =>
  damage(samples[Math.floor(random() * samples.length)], random) ?? 'nothing';

describe('damaged messages', () => {
  let world: Awaited<ReturnType<typeof weixinWorld>>;
  let platform: Platform | undefined;
  beforeEach(async () => {
    world = await weixinWorld();
  });
  afterEach(async () => {
    await platform?.stop();
    await world.close();
  });

  test('never end the poll, never hold up the messages behind them', async () => {
    const random = seededRandom(7);
    const sink = new RecordingSink();
    platform = world.create();
    await platform.start(sink, forever);
    for (let i = 0; i < 400; i++) world.sim.push(damaged(random));
    world.sim.personSends(ann, 'still here');
    await waitUntil('the message arrives', () => sink.messages.some(({ text }) => text === 'still here'));
    for (const input of sink.inputs) expect(JSON.parse(JSON.stringify(input))).toEqual(input);
    expect(sink.lastState).toBe('ready');
    expect(world.log.lines.some((line) => line.message === 'a message could not be read')).toBe(true);
  });

  test('read alone, give inputs in full or a refusal that names its cause', () => {
    const random = seededRandom(99);
    const context = { account: asId<AccountId>('weixin:b1@im.bot'), botId: 'b1@im.bot' };
    let read = 0;
    for (let i = 0; i < 3000; i++) {
      let reading: Reading;
      try {
        reading = readMessage(damaged(random), context);
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(/ is no | is no$|^a field/);
        continue;
      }
      if (reading.kind === 'ignored') continue;
      read++;
      const { input } = reading;
      expect(input.dedupeKey).toMatch(/^\S.*\|\d+\|\d+\|\d+\|/s);
      expect(typeof input.text).toBe('string');
      expect(Number.isFinite(input.at)).toBe(true);
      for (const file of input.files ?? [])
        for (const value of Object.values(file.remote)) expect(['string', 'boolean']).toContain(typeof value);
    }
    expect(read).toBeGreaterThan(500);
  });
});
