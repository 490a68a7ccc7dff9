import { expect, test } from 'vitest';
import { asId } from '../../../src/core/ids.ts';
import {
  type InboundContext,
  readAction,
  readCommand,
  readEvent,
} from '../../../src/platforms/slack/inbound.ts';
import { record } from '../../../src/platforms/slack/wire.ts';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { seededRandom } from '../../kit/seeded-random.ts';
import { openBench } from './harness.ts';

const sample = {
  event: {
    type: 'message',
    subtype: 'message_changed',
    channel: 'D1',
    channel_type: 'im',
    user: 'U1',
    text: '<@U0BOT> hi <https://x|y>',
    ts: '1.2',
    thread_ts: '1.1',
    event_ts: '1.3',
    files: [
      {
        id: 'F1',
        url_private: 'https://x',
        mimetype: 'image/png',
        transcription: { preview: { content: 'x' } },
      },
    ],
    attachments: [{ is_share: true, ts: '1.0', text: 'q' }],
    message: { ts: '1.2', user: 'U1', text: 'new', edited: { ts: '1.4' } },
    previous_message: { ts: '1.2', user: 'U1', text: 'old' },
    assistant_thread: { channel_id: 'D1', thread_ts: '1.1' },
  },
  command: '/cc',
  type: 'block_actions',
  channel_id: 'D1',
  user_id: 'U1',
  trigger_id: 't',
  user: { id: 'U1' },
  channel: { id: 'D1' },
  container: { message_ts: '1.2', channel_id: 'D1' },
  message: { ts: '1.2' },
  state: { values: { b: { a: { selected_options: [{ value: 'x' }] } } } },
  actions: [{ type: 'button', value: 'v', action_id: 'a', action_ts: '1.5' }],
};
const junk = [null, 0, -1, 1e300, '', 'x', true, [], {}, [null], '\ud800', 'a'.repeat(3000)];
const types = [
  'message',
  'app_mention',
  'agent_session_stopped',
  'assistant_thread_started',
  'error',
  'close',
];

/** Replaces random parts of a value by junk. */
function damage(value: unknown, random: () => number, depth = 0): unknown {
  if (depth > 0 && random() < 0.1) return junk[Math.floor(random() * junk.length)];
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => damage(item, random, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(() => random() > 0.05)
      .map(([key, inner]) => [key, damage(inner, random, depth + 1)]),
  );
}

function damaged(random: () => number): Record<string, unknown> {
  const body = record(damage(sample, random)) as Record<string, unknown>;
  const pick = random();
  if (pick < 0.6) {
    delete body.command;
    const event = { ...record(body.event), type: types[Math.floor(random() * types.length)] };
    return { ...body, event: random() < 0.95 ? event : null };
  }
  delete body.event;
  if (pick < 0.8) delete body.command;
  return body;
}

const context: InboundContext = {
  account: asId('slack:1-2'),
  bot: { userId: 'U0BOT', botId: 'B0BOT', teamId: 'T1' },
  options: { scope: 'thread', groupReplyAll: true, allowChat: [] },
  nameOf: () => undefined,
  isActive: () => true,
};

test('damaged payloads become sound inputs or nothing', () => {
  const random = seededRandom(7);
  for (let i = 0; i < 4000; i++) {
    const body = damaged(random);
    const readings = [readEvent(record(body.event), context), readCommand(body, context)];
    const inputs = readings.flatMap((reading) => (reading.kind === 'input' ? [reading.input] : []));
    const action = readAction(body, context);
    for (const input of [...inputs, ...(action ? [action] : [])]) {
      expect(JSON.parse(JSON.stringify(input))).toEqual(input);
      expect(input.dedupeKey.length).toBeGreaterThan(3);
      expect(typeof input.sender.id).toBe('string');
      expect(Number.isFinite(input.at)).toBe(true);
    }
  }
});

test('damaged envelopes never end the connection nor hold up what is behind them', async () => {
  const bench = await openBench();
  const rejections: unknown[] = [];
  const note = (reason: unknown) => void rejections.push(reason);
  process.on('unhandledRejection', note);
  try {
    const random = seededRandom(11);
    for (let i = 0; i < 300; i++) {
      const type = ['events_api', 'interactive', 'slash_commands', 'new_kind'][i % 4];
      bench.sim.link.raw(JSON.stringify({ envelope_id: `e${i}`, type, payload: damaged(random) }));
    }
    bench.sim.says(bench.chat, 'after all that');
    await waitUntil('the message arrives', () =>
      bench.sink.messages.some(({ text }) => text === 'after all that'),
    );
    await waitUntil('all were acknowledged', () => bench.sim.link.acks.length >= 300);
    expect(bench.sink.states.map(({ state }) => state)).toEqual(['ready']);
    expect(rejections).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
    await bench.close();
  }
});
