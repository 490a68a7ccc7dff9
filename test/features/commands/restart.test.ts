import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asId, type InputId } from '../../../src/core/ids.ts';
import { sortableId } from '../../../src/kit/ids.ts';
import { alice, Harness, until } from '../../engine-harness/harness.ts';

let chat: Harness;
beforeEach(async () => {
  chat = await Harness.open();
});
afterEach(() => chat.close());

/** What an earlier life of the daemon took in and did not get to. */
async function leftOver(data: string, state: 'queued' | 'running'): Promise<InputId> {
  const id = asId<InputId>(sortableId());
  const address = chat.address();
  await chat.store.commit('acceptInput', {
    input: {
      id,
      project: chat.context.name,
      account: address.account,
      dedupeKey: id,
      sessionKey: chat.actor().key,
      sessionId: null,
      agent: null,
      kind: 'action',
      state,
      message: null,
      promptId: null,
      turnId: null,
      body: { kind: 'action', dedupeKey: id, address, sender: alice, at: 0, data },
      detail: null,
      attempts: 0,
      platformAt: 0,
      receivedAt: Date.now(),
      finishedAt: null,
    },
  });
  return id;
}

describe('a pressed button after a restart', () => {
  it.each(['act:/quiet compact', 'cmd:/quiet compact'])(
    'runs %s if it was waiting its turn',
    async (data) => {
      const id = await leftOver(data, 'queued');
      await chat.project.recover();
      await until('the answer', () => chat.platform.last.includes('compact'));
      await until('its end', () => chat.queries.input(id)?.state === 'done');
      expect(chat.context.settings.display.mode).toBe('compact');
    },
  );

  it('is acted on, too, when it was stored and being answered', async () => {
    const id = await leftOver('act:/quiet compact', 'running');
    await chat.project.recover();
    await until('its end', () => chat.queries.input(id)?.state === 'done');
    expect(chat.context.settings.display.mode).toBe('compact');
  });
});
