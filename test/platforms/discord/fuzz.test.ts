import { expect, test } from 'vitest';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { seededRandom } from '../../kit/seeded-random.ts';
import { ann, guildText, THREAD, voice } from './payloads.ts';
import { discordWorld } from './world.ts';

const junk = [null, 0, -1, '', 'x', true, [], {}, [null], { id: null }, '\ud800', 'a'.repeat(3000), '99999'];

test('damaged events never end the connection and never hold up the messages behind them', async () => {
  const random = seededRandom(11);
  const damage = (value: unknown, depth = 0): unknown => {
    if (random() < 0.12) return junk[Math.floor(random() * junk.length)];
    if (typeof value !== 'object' || value === null || depth > 6) return value;
    if (Array.isArray(value)) return value.map((item) => damage(item, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, damage(item, depth + 1)]));
  };
  const world = await discordWorld({ thread_isolation: true, group_reply_all: true });
  const platform = world.create();
  try {
    const sink = new RecordingSink();
    await platform.start(sink, new AbortController().signal);
    await waitUntil('it is ready', () => sink.lastState === 'ready');
    const press = {
      id: '1235000000000000009',
      application_id: world.sim.botId,
      token: 'abc',
      type: 3,
      locale: 'de',
      channel_id: world.dm.id,
      channel: { id: THREAD, type: 11, parent_id: guildText.channel_id },
      guild_id: world.sim.guild,
      user: ann,
      member: { user: ann, nick: null },
      data: {
        custom_id: 'b0:go',
        name: 'model',
        values: ['0:x'],
        options: [{ name: 'args', value: 'x' }],
        components: [],
      },
      message: guildText,
    };
    const samples: readonly (readonly [string, object])[] = [
      ['MESSAGE_CREATE', guildText],
      ['MESSAGE_UPDATE', { ...guildText, edited_timestamp: '2024-05-01T10:00:00+00:00' }],
      ['MESSAGE_DELETE', { id: '12345', channel_id: world.dm.id }],
      ['MESSAGE_CREATE', voice],
      ['INTERACTION_CREATE', press],
      ['INTERACTION_CREATE', { ...press, type: 2 }],
      ['INTERACTION_CREATE', { ...press, type: 4 }],
      ['INTERACTION_CREATE', { ...press, type: 5, data: { ...press.data, custom_id: 't:f:abc' } }],
      [
        'GUILD_CREATE',
        { id: world.sim.guild, roles: [{ id: '5', tags: { bot_id: '6' } }], channels: [{ id: '7' }] },
      ],
      ['THREAD_CREATE', press.channel],
      ['CHANNEL_DELETE', { id: world.general.id }],
    ];
    for (let at = 0; at < 440; at++) {
      const [t, d] = samples[at % samples.length] ?? ['X', {}];
      world.sim.gateway.dispatch(t, damage(d));
    }
    world.sim.says(world.dm, world.ann, 'marker');
    await waitUntil('the marker arrives', () => sink.messages.some(({ text }) => text === 'marker'), 15_000);
    expect(sink.states.map(({ state }) => state)).toEqual(['ready']);
  } finally {
    await platform.stop();
    await world.close();
  }
});
