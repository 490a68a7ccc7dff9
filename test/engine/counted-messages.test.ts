import { afterEach, describe, expect, it } from 'vitest';
import type { AgentEventBody } from '../../src/core/agent-event.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

describe('a platform that counts messages', () => {
  it('gets a turn as one message: no thinking, no tools, and the texts between them together', async () => {
    chat = await Harness.open();
    chat.platform.capabilities = {
      ...chat.platform.capabilities,
      budget: { messages: 4, windowMs: 86_400_000 },
    };
    await chat.running('do it');
    const bodies: AgentEventBody[] = [
      { kind: 'thinking', text: 'let me see', mode: 'block' },
      { kind: 'text', text: 'I will look.', mode: 'block' },
      { kind: 'tool_started', call: { id: 't1', name: 'Read', summary: 'a.txt', form: 'plain' } },
      { kind: 'tool_ended', id: 't1', ok: false, output: 'gone', exitCode: 1 },
      { kind: 'plan', steps: [{ state: 'running', text: 'look' }] },
    ];
    for (const body of bodies) chat.agent.last?.emit(body);
    chat.agent.last?.reply('Done.');
    await until('the end', () => !chat.actor().turn);
    await until('the answer', () => chat.platform.texts.length > 0);
    expect(chat.platform.texts).toEqual(['I will look.\n\nDone.']);
  });
});
