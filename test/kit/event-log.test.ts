import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../src/core/agent-event.ts';
import { EventLog } from '../../src/kit/event-log.ts';

const delta = (text: string) => ({ kind: 'text', text, mode: 'delta' }) as const;

async function rest(events: AsyncIterable<AgentEvent>): Promise<number[]> {
  const seen: number[] = [];
  for await (const { seq } of events) seen.push(seq);
  return seen;
}

describe('the event log of a session', () => {
  test('gives a waiting reader each event and ends with the log', async () => {
    const log = new EventLog();
    const reading = rest(log.read(0));
    log.append(delta('a'));
    await new Promise(setImmediate);
    log.append(delta('b'));
    log.end();
    log.append(delta('too late'));
    expect(await reading).toEqual([1, 2]);
    expect(await rest(log.read(2))).toEqual([2]);
  });

  test('a new reader takes over and the old one finishes', async () => {
    const log = new EventLog();
    const first = rest(log.read(0));
    await new Promise(setImmediate);
    const second = rest(log.read(0));
    await new Promise(setImmediate);
    log.append(delta('a'));
    log.end();
    expect(await first).toEqual([]);
    expect(await second).toEqual([1]);
  });

  test('has no room while its reader lags, and has it again once the reader caught up', async () => {
    const log = new EventLog();
    let appended = 0;
    while (log.room() === undefined && appended < 1_000_000) {
      log.append(delta('x'));
      appended++;
    }
    expect(appended).toBeLessThan(100_000);
    const room = log.room();
    const reader = log.read(0);
    for (let read = 0; read < appended; read++) await reader.next();
    await room;
    expect(log.room()).toBeUndefined();
  });

  test('forgets what was read long ago, but nothing that was not', async () => {
    const log = new EventLog();
    const reader = log.read(0);
    for (let at = 1; at <= 10_000; at++) {
      log.append(delta('x'));
      expect((await reader.next()).value?.seq).toBe(at);
    }
    log.append(delta('last'));
    log.end();
    const again = await rest(log.read(0));
    expect(again.at(-1)).toBe(10_001);
    expect(again.length).toBeLessThan(5_000);
    expect(again.length).toBeGreaterThan(1_000);
  });

  test('a log that ends gives room at once, so that nobody waits for ever', async () => {
    const log = new EventLog();
    while (log.room() === undefined) log.append(delta('x'));
    const room = log.room();
    log.end();
    await expect(room).resolves.toBeUndefined();
  });
});
