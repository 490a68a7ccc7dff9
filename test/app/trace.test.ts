import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { traceOf } from '../../src/app/trace.ts';
import { buttonsOf } from '../engine-harness/fake-platform.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
beforeEach(async () => {
  chat = await Harness.open();
});
afterEach(() => chat.close());

const traced = (id: string) =>
  traceOf(chat.queries, id, (message) => chat.queries.inputsByMessage(chat.platform.account, message));

describe('the trace of a message', () => {
  it('tells everything from its arrival to the last part, approvals included, in order', async () => {
    const { message } = await chat.send({ text: 'deploy', at: Date.now() });
    await until('the prompt', () => chat.agent.last?.prompts.length === 1);
    chat.agent.last?.emit({
      kind: 'approval',
      wireId: 'w1',
      request: {
        kind: 'permission',
        tool: 'Bash',
        summary: 'make deploy',
        input: {},
        options: [{ id: 'yes', label: '', role: 'allow' }],
      },
    });
    await until('the request', () => chat.platform.cards.length === 1);
    await chat.press(buttonsOf(chat.platform.cards[0])[0] ?? '');
    chat.agent.last?.reply('deployed');
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
    await until('everything out', () => chat.context.delivery.waiting() === 0);
    const { entries } = traced(message);
    const what = entries.map((entry) => entry.what);
    for (const step of [
      'sent',
      'received',
      'input.queued',
      'turn.starting',
      'turn.handed',
      'approval',
      'approval.open',
      'approval.answered',
      'turn.delivering',
      'part.sent',
      'turn.done',
    ])
      expect(what, step).toContain(step);
    expect(entries.find((entry) => entry.what === 'approval')?.detail).toContain(
      '(permission, Bash), now answered by Alice',
    );
    // The request, its resolved form, and the answer: each once.
    expect(what.filter((one) => one === 'part')).toHaveLength(3);
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).sort((a, b) => a - b));
  });

  it('is found by the id of the message, of the input and of the turn alike', async () => {
    const { message } = await chat.send({ text: 'one' });
    await until('the prompt', () => chat.agent.last?.prompts.length === 1);
    chat.agent.last?.reply('a');
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
    const [input] = chat.queries.inputsByMessage(chat.platform.account, message);
    const ids = [message, input?.id ?? '', input?.turnId ?? ''];
    const [first, ...others] = ids.map((id) => traced(id).entries);
    for (const other of others) expect(other).toEqual(first);
  });

  it('tells why a message was kept aside', async () => {
    chat.context.settings = { ...chat.context.settings, queueDepth: 1 };
    await chat.running('one');
    await chat.say('two');
    const { message } = await chat.send({ text: 'three' });
    expect(traced(message).entries.map(({ what }) => what)).toContain('input.deferred');
  });

  it('of something unknown says what to give', () => {
    expect(() => traced('nothing')).toThrow('nothing is known about nothing');
  });
});
