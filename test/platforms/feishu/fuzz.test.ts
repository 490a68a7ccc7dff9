import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { seeded } from '../../sim/feishu/faults.ts';
import { type Bench, openBench } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({ group_reply_all: true, thread_isolation: true });
});
afterAll(() => bench.close());

const random = seeded(20260701);
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const odd = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  '',
  'x',
  '\u0000',
  '😀'.repeat(50),
  '{',
  '[]',
  '{"text":',
  '{"text":7}',
  [],
  {},
  [[[]]],
  { text: null },
  '__proto__',
  'constructor',
  '@_user_1',
  '@_all',
  'a'.repeat(20_000),
]; // prettier-ignore

/** A value with some of its parts replaced by something that does not belong there. */
function spoil(value: unknown, chance: number): unknown {
  if (random() < chance) return pick(odd);
  if (Array.isArray(value)) return value.map((item) => spoil(item, chance));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      if (random() < chance / 3) return [];
      return [[random() < chance / 5 ? String(pick(odd)) : key, spoil(item, chance)]];
    }),
  );
}

const contents = [
  { text: '@_user_1 hello' },
  {
    title: 'T',
    content: [
      [
        { tag: 'text', text: 'a' },
        { tag: 'img', image_key: 'k' },
        { tag: 'at', user_id: '@_user_1' },
      ],
    ],
  },
  { header: { title: { content: 'x' } }, elements: [{ tag: 'div', text: { tag: 'lark_md', content: 'y' } }] },
  { image_key: 'k' },
  { file_key: 'k', file_name: 'n' },
  { name: 'Park', latitude: '1', longitude: '2' },
];
const types = [
  'text',
  'post',
  'interactive',
  'image',
  'file',
  'location',
  'merge_forward',
  'sticker',
  'audio',
  'new',
];

function wholeEvent(): { header: Record<string, unknown>; event: Record<string, unknown> } {
  const type = pick(['im.message.receive_v1', 'im.message.recalled_v1', 'card.action.trigger', 'unheard.of']);
  return {
    header: { event_id: `f${Math.floor(random() * 1e9)}`, event_type: type, create_time: '1', app_id: 'a' },
    event: {
      sender: { sender_id: { open_id: 'ou_x' }, sender_type: pick(['user', 'app']) },
      message: {
        message_id: `om_${Math.floor(random() * 1e9)}`,
        chat_id: 'oc_fuzz',
        chat_type: pick(['p2p', 'group']),
        message_type: pick(types),
        content: JSON.stringify(spoil(pick(contents), 0.15)),
        create_time: '1600000000000',
        mentions: [{ key: '@_user_1', id: { open_id: 'ou_y' }, name: 'Y' }],
      },
      message_id: 'om_1',
      chat_id: 'oc_fuzz',
      operator: { open_id: 'ou_x' },
      context: { open_message_id: 'om_1', open_chat_id: 'oc_fuzz' },
      action: {
        value: { d: 'x', k: 'feishu:oc_fuzz:root:om_1', c: { b: ['f', 'v'] } },
        form_value: { b: true, n: 'v' },
      },
    },
  };
}

test('[feature: garbage] spoiled events are acknowledged, and the stream goes on', async () => {
  const failures = bench.sim.link.acks.length;
  const said = bench.lines.length;
  for (let i = 0; i < 600; i++) {
    const { header, event } = wholeEvent();
    void bench.sim.link.push({ schema: '2.0', header, event: spoil(event, 0.12) as object });
  }
  await waitUntil('all are acknowledged', () => bench.sim.link.unacknowledged === 0, 20_000);
  expect(bench.sim.link.acks.slice(failures).filter(({ code }) => code !== 200)).toEqual([]);
  const { id } = bench.sim.userSends({ text: 'still here' });
  await waitUntil('a good message arrives', () => bench.sink.messages.some(({ message }) => message === id));
  // What could not be read is in the log, each with a word on why; nothing of it is taken for a fault of ours.
  const lines = bench.lines.slice(said);
  for (const expected of [
    'message event ignored',
    'recall event without a message skipped',
    'card action that is not ours skipped',
  ])
    expect(lines.filter(({ message }) => message === expected).length, expected).toBeGreaterThan(0);
  expect(
    lines.filter(({ message, fields }) => message === 'message event ignored' && !('why' in fields)),
  ).toEqual([]);
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
});

test('broken frames neither end the connection nor the process', async () => {
  const before = bench.sink.states.length;
  for (let i = 0; i < 100; i++) {
    const bytes = Buffer.from(
      Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256)),
    );
    if (random() < 0.5) bench.sim.link.raw(bytes);
    else for (const client of bench.sim.link.clients) client.send(bytes);
    bench.sim.link.raw(Buffer.from(JSON.stringify(pick(odd)) ?? ''), {
      sum: String(pick(odd)),
      seq: String(pick(odd)),
    });
  }
  const { id } = bench.sim.userSends({ text: 'after the noise' });
  await waitUntil('a good message arrives', () => bench.sink.messages.some(({ message }) => message === id));
  expect(bench.sink.states.length).toBe(before);
});
