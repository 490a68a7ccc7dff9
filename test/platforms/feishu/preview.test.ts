import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Part } from '../../../src/core/outgoing.ts';
import type { PreviewAbility, PreviewRef } from '../../../src/core/platform.ts';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { type Bench, forever, openBench } from './harness.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const ability = (platform = bench.platform): PreviewAbility => {
  if (!platform.preview) throw new Error('no previews');
  return platform.preview;
};
const part = (markdown: string): Part => {
  const [first] = bench.platform.render({ kind: 'text', markdown }, bench.direct);
  if (!first) throw new Error('nothing rendered');
  return first;
};
const open = (key = 'p1', markdown = 'Hm') => ability().open(bench.direct, { markdown }, key, forever);
const seen = () => bench.sim.messages(bench.direct.chat);
const store = (ref: PreviewRef): PreviewRef => JSON.parse(JSON.stringify(ref)) as PreviewRef;
const card = (ref: PreviewRef) => bench.sim.cards.get(String(ref.extra?.card));

describe('streaming', () => {
  test('[feature: streaming] grows in place with a rising sequence and ends closed', async () => {
    const ref = await open();
    expect(seen()[0]?.generating).toBe(true);
    for (const markdown of ['Hm, well', 'Hm, well, **yes**'])
      await ability().update(ref, { markdown }, 1, forever);
    await ability().finish(ref, part('Hm, well, **yes**.'), forever);
    const frames = card(ref)?.frames ?? [];
    expect(frames.map(({ text }) => text)).toEqual([
      'Hm',
      'Hm, well',
      'Hm, well, **yes**',
      'Hm, well, **yes**.',
    ]);
    const sequences = frames.map(({ sequence }) => sequence);
    expect([...sequences].sort((a, b) => a - b)).toEqual(sequences);
    expect(seen()).toMatchObject([{ text: 'Hm, well, yes.', generating: false }]);
  });

  test('updates keep to five a second', async () => {
    const ref = await open();
    const begun = Date.now();
    for (let i = 1; i <= 4; i++) await ability().update(ref, { markdown: 'x'.repeat(i * 10) }, i, forever);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(590);
  });

  test('a status has a line of its own', async () => {
    const ref = await open();
    const changed = await ability().update(ref, { markdown: 'Hm', status: 'Running: ls' }, 1, forever);
    expect(seen()[0]?.text).toContain('Running: ls');
    const after = changed ?? ref;
    await ability().update(after, { markdown: 'Hm, more', status: 'Running: ls' }, 2, forever);
    expect(seen()[0]?.text).toContain('Hm, more');
    expect(seen()[0]?.text).toContain('Running: ls');
  });

  test('opening twice with one key gives one message and one card', async () => {
    const first = await open('same');
    const second = await open('same');
    expect(second).toEqual(first);
    expect(seen()).toHaveLength(1);
  });

  test('a lost answer to opening leaves one message, and its reference is known', async () => {
    bench.sim.faults.add({ on: 'message.create', trouble: { kind: 'swallow' }, times: 2 });
    const ref = await open('lost');
    await ability().finish(ref, part('done'), forever);
    expect(seen()).toMatchObject([{ text: 'done', generating: false }]);
  });

  test('an open that an earlier life has made finds the card of that life', async () => {
    const before = await open('crashed');
    const message = bench.sim.world.messages.get(before.ref?.message ?? '');
    if (!message) throw new Error('no message');
    bench.sim.world.messages.set(message.id, { ...message, createdAt: Date.now() - 60_000 });
    const { platform } = await bench.again();
    const after = await ability(platform).open(bench.direct, { markdown: 'Hm' }, 'crashed', forever);
    expect(after.extra?.card).toBe(before.extra?.card);
    await ability(platform).finish(after, part('done'), forever);
    expect(seen()).toMatchObject([{ text: 'done', generating: false }]);
  });

  test('finishing is repeatable', async () => {
    const ref = await open();
    const first = await ability().finish(ref, part('done'), forever);
    const second = await ability().finish(ref, part('done'), forever);
    expect(second).toEqual(first);
    expect(seen()).toMatchObject([{ text: 'done', generating: false }]);
  });

  test('the finished message can be edited later', async () => {
    const ref = await open();
    const message = await ability().finish(ref, part('done'), forever);
    if (message === 'resend') throw new Error('not finished');
    await bench.platform.edit(message, part('done better'), forever);
    expect(seen()).toMatchObject([{ text: 'done better' }]);
  });

  test('streaming that ended by itself is opened again', async () => {
    const ref = await open();
    const entity = card(ref);
    if (!entity) throw new Error('no card');
    entity.streaming = false;
    await ability().update(ref, { markdown: 'Hm, after ten minutes' }, 1, forever);
    expect(entity.frames.at(-1)?.text).toBe('Hm, after ten minutes');
  });

  test('[feature: stale sequence] a sequence ahead of our clock is leapt over', async () => {
    const ref = await open();
    const entity = card(ref);
    if (!entity) throw new Error('no card');
    entity.sequence = Math.floor((Date.now() - Date.UTC(2026, 0, 1)) / 100) + 36_000;
    await ability().finish(ref, part('done'), forever);
    expect(seen()).toMatchObject([{ text: 'done', generating: false }]);
  });
});

describe('a creation whose answer was lost', () => {
  const tooOften = { kind: 'code', code: 230020, status: 400, resetSecs: 0 } as const;
  const lose = () => bench.sim.faults.add({ on: 'message.', trouble: { kind: 'swallow' } });

  test('is repeated under its key, also when the repeat comes too often', async () => {
    lose();
    bench.sim.faults.add({ on: 'message.', trouble: tooOften, times: 2 });
    const ref = await open();
    expect(seen()).toMatchObject([{ id: ref.ref?.message, generating: true }]);
  });

  test('stays in doubt when every repeat is refused: no refusal says that there is no message', async () => {
    lose();
    bench.sim.faults.add({ on: 'message.', trouble: tooOften, times: 9 });
    await expect(open()).rejects.toMatchObject({ kind: 'ambiguous' });
    expect(seen()).toHaveLength(1);
  });

  test('stays in doubt when the wait for the repeat is broken off, at once', async () => {
    lose();
    bench.sim.faults.add({ on: 'message.', trouble: { ...tooOften, resetSecs: 30 } });
    const stop = new AbortController();
    const opening = ability()
      .open(bench.direct, { markdown: 'Hm' }, 'p1', stop.signal)
      .catch((error: unknown) => error);
    const tries = () => bench.sim.calls.filter(({ op }) => op === 'message.create').length;
    await waitUntil('the repeat was refused', () => tries() === 2);
    await sleep(100);
    stop.abort();
    expect(await Promise.race([opening, sleep(2_000, 'still waiting')])).toMatchObject({ kind: 'ambiguous' });
    expect(seen()).toHaveLength(1);
  });

  test('a refusal before anything was sent is one', async () => {
    bench.sim.faults.add({ on: 'message.', trouble: tooOften });
    await expect(open()).rejects.toMatchObject({ kind: 'rate_limit' });
    expect(seen()).toEqual([]);
  });
});

describe('previews left by an earlier life', () => {
  test('[feature: preview after a crash] are finished from the stored reference', async () => {
    const ref = store(await open());
    await ability().update(ref, { markdown: 'Hm, half' }, 1, forever);
    const { platform } = await bench.again();
    await ability(platform).finish(ref, part('whole'), forever);
    expect(seen()).toMatchObject([{ text: 'whole', generating: false }]);
  });

  test('are removed from the stored reference', async () => {
    const ref = store(await open());
    const { platform } = await bench.again();
    await ability(platform).discard(ref, forever);
    await ability(platform).discard(ref, forever);
    expect(seen()).toEqual([]);
  });

  test('whose message was recalled by a person are sent anew', async () => {
    const ref = await open();
    bench.sim.world.messages.forEach((message) => {
      if (message.own) message.deleted = true;
    });
    bench.sim.cards.clear();
    expect(await ability().finish(ref, part('done'), forever)).toBe('resend');
  });
});

describe('without the right to card entities', () => {
  beforeEach(() => {
    bench.sim.http.forbidden.add('card.');
  });

  test('[feature: no right to stream] a card is replaced instead, and the refusal is remembered', async () => {
    const ref = await open();
    expect(ref.kind).toBe('card');
    await ability().update(ref, { markdown: 'Hm, more' }, 1, forever);
    expect(seen()).toMatchObject([{ text: 'Hm, more', generating: false }]);
    await ability().finish(ref, part('done'), forever);
    expect(seen()).toMatchObject([{ text: 'done' }]);
    await open('p2');
    expect(bench.sim.calls.filter((call) => call.op === 'card.create')).toHaveLength(1);
  });
});

describe('what cannot become final', () => {
  test('a part that is no card is sent on its own, the preview removed', async () => {
    const ref = await open();
    const file: Part = { kind: 'file', body: { type: 'upload', file: {} }, plain: 'f' };
    expect(await ability().finish(ref, file, forever)).toBe('resend');
    expect(seen()).toEqual([]);
  });

  test('a card the service refuses is removed and sent on its own', async () => {
    const ref = await open();
    const bad: Part = {
      kind: 'text',
      body: { type: 'interactive', content: { schema: '2.0', body: { elements: [{ tag: 'odd' }] } } },
      plain: 'words',
    };
    expect(await ability().finish(ref, bad, forever)).toBe('resend');
    expect(seen()).toEqual([]);
  });

  test('with cards switched off there are no previews', async () => {
    const { platform } = await bench.again({ enable_feishu_card: false });
    expect(platform.preview).toBeUndefined();
    expect(platform.capabilities).toMatchObject({ cards: false, buttons: false });
  });
});
