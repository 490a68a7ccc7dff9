import { afterEach, describe, expect, test } from 'vitest';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import { Topics } from '../../../src/platforms/feishu/topics.ts';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { type Bench, forever, openBench } from './harness.ts';

let bench: Bench;
afterEach(() => bench?.close());

/** Another life of the daemon: the first adapter is gone, what it remembered is there. */
async function restarted(options: Record<string, unknown> = {}) {
  await bench.platform.stop();
  return bench.again(options);
}

async function answered(): Promise<string> {
  const asked = bench.sim.userSends({ chat: 'oc_team', text: 'start', mentionBot: true });
  await waitUntil('the first message', () => bench.sink.messages.length > 0);
  const to = bench.sink.messages[0]?.address ?? bench.direct;
  const [part] = bench.platform.render({ kind: 'text', markdown: 'an answer' }, to);
  if (!part) throw new Error('nothing rendered');
  const { message } = await bench.platform.send(to, part, `k-${asked.id}`, forever);
  return message;
}

const settled = () => waitUntil('the acknowledgements', () => bench.sim.link.unacknowledged === 0);

describe('after a restart', () => {
  test('[feature: topics after a restart] attachments in a running topic still need no mention', async () => {
    bench = await openBench({ thread_isolation: true });
    const root = bench.sim.userSends({ chat: 'oc_team', text: 'start', mentionBot: true });
    await waitUntil('the first message', () => bench.sink.messages.length > 0);
    await settled();
    const { sink } = await restarted();
    const image_key = bench.sim.file('image', 'p.png', Buffer.from('png'));
    const image = { chat: 'oc_team', type: 'image', content: { image_key }, inThread: true };
    const { id } = bench.sim.userSends({ ...image, replyTo: root.id });
    bench.sim.userSends({ ...image, replyTo: bench.sim.userSends({ chat: 'oc_team', quiet: true }).id });
    await settled();
    expect(sink.messages.map(({ message }) => message)).toEqual([id]);
  });

  test('[feature: reply to the bot after a restart] a reply to an answer of the earlier life is for the bot, a reply to a person is not', async () => {
    bench = await openBench();
    const ours = await answered();
    const { sink } = await restarted();
    const theirs = bench.sim.userSends({ chat: 'oc_team', text: 'lunch?', quiet: true });
    for (const text of ['yes', 'no']) bench.sim.userSends({ chat: 'oc_team', text, replyTo: theirs.id });
    for (const text of ['why?', 'really?']) bench.sim.userSends({ chat: 'oc_team', text, replyTo: ours });
    await settled();
    expect(sink.messages.map(({ text, quoted }) => [text, quoted?.own])).toEqual([
      ['why?', true],
      ['really?', true],
    ]);
  });

  test('a reply comes again while the service cannot tell whose message it answers', async () => {
    bench = await openBench();
    const ours = await answered();
    const { sink } = await restarted();
    bench.sim.faults.add({ on: 'message.get', trouble: { kind: 'http', status: 503 }, times: 2 });
    bench.sim.userSends({ chat: 'oc_team', text: 'why?', replyTo: ours });
    await settled();
    expect(sink.messages.map(({ text }) => text)).toEqual(['why?']);
    expect(bench.sim.link.acks.filter(({ code }) => code === 500)).toHaveLength(2);
  });

  test('a reply to a message that is gone is nobody’s, asked about once', async () => {
    bench = await openBench();
    const { sink } = await restarted();
    const gone = bench.sim.userSends({ chat: 'oc_team', text: 'oops', quiet: true });
    bench.sim.recall(gone.id);
    for (const text of ['what', 'was', 'it?'])
      bench.sim.userSends({ chat: 'oc_team', text, replyTo: gone.id });
    await settled();
    expect(sink.messages).toEqual([]);
    expect(bench.sim.calls.filter(({ op }) => op === 'message.get')).toHaveLength(1);
  });
});

test('[feature: topics after a restart] topics beyond the bound push out the oldest, also over restarts', async () => {
  const memory = new ScratchMemory();
  const first = new Topics(memory, 3);
  for (const root of ['a', 'b', 'b', 'c']) await first.note('oc', root);
  const second = new Topics(memory, 3);
  await second.note('oc', 'd');
  await second.note('oc', 'e');
  const third = new Topics(memory, 3);
  expect(['a', 'b', 'c', 'd', 'e'].filter((root) => third.has('oc', root))).toEqual(['c', 'd', 'e']);
  expect(memory.list('').size).toBe(3);
});

describe('a topic that could not be stored', () => {
  class FullDisk extends ScratchMemory {
    failures = 0;
    override write(name: string, text: string): Promise<void> {
      return this.failures-- > 0 ? Promise.reject(new Error('no space')) : super.write(name, text);
    }
  }
  const known = (topics: Topics) => ['a', 'b', 'c', 'd'].filter((root) => topics.has('oc', root));

  test('costs no other one its place', async () => {
    const memory = new FullDisk();
    const topics = new Topics(memory, 2);
    for (const root of ['a', 'b']) await topics.note('oc', root);
    memory.failures = 1;
    await expect(topics.note('oc', 'c')).rejects.toThrow('no space');
    expect(known(topics)).toEqual(['a', 'b']);
    await topics.note('oc', 'c');
    for (const life of [topics, new Topics(memory, 2)]) expect(known(life)).toEqual(['b', 'c']);
  });

  test('leaves a gap at most, which costs none either, also after a restart', async () => {
    const memory = new FullDisk();
    const topics = new Topics(memory, 3);
    memory.failures = 1;
    const refused = topics.note('oc', 'a').catch((error: Error) => error.message);
    await topics.note('oc', 'b');
    expect(await refused).toBe('no space');
    const later = new Topics(memory, 3);
    for (const root of ['c', 'd']) await later.note('oc', root);
    for (const life of [later, new Topics(memory, 3)]) expect(known(life)).toEqual(['b', 'c', 'd']);
  });
});

test('a message whose topic could not be stored is not acknowledged', async () => {
  bench = await openBench({ thread_isolation: true });
  let failures = 2;
  const write = ScratchMemory.prototype.write;
  ScratchMemory.prototype.write = function (name, text) {
    return failures-- > 0 ? Promise.reject(new Error('no space')) : write.call(this, name, text);
  };
  try {
    bench.sim.userSends({ chat: 'oc_team', text: 'start', mentionBot: true });
    await settled();
  } finally {
    ScratchMemory.prototype.write = write;
  }
  expect(bench.sim.link.acks.map(({ code }) => code)).toEqual([500, 500, 200]);
  expect(bench.sink.accepted).toHaveLength(1);
});
