import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { fakeCapabilities } from '../engine-harness/fake-agent.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
const place = 'You are reached through cc-connect';
const hint = 'No tables here.';
const prompts = () => chat.agent.sessions.flatMap((session) => session.prompts.map(({ text }) => text));

beforeEach(async () => {
  chat = await Harness.open();
  chat.agent.capabilities = { ...fakeCapabilities, systemPrompt: false };
  chat.platform.capabilities = { ...chat.platform.capabilities, formattingHint: hint };
});
afterEach(() => chat.close());

describe('an agent that takes no system prompt is told where it runs', () => {
  it('with the first message, how the chat shows text included, and not with the next', async () => {
    await chat.turn('one', 'a');
    expect(prompts()[0]).toContain(place);
    expect(prompts()[0]).toContain(hint);
    expect(prompts()[0]).toContain('one');
    await chat.turn('two', 'b');
    expect(prompts()[1]).toBe('two');
  });

  it('not again when its conversation is resumed', async () => {
    await chat.turn('one', 'a');
    await chat.actor().closeAgent();
    await chat.turn('two', 'b');
    expect(chat.agent.last?.spec.resume).toBeDefined();
    expect(prompts()[1]).toBe('two');
  });

  it.each(['open', 'prompt'] as const)(
    'again in the conversation that takes the place of one that cannot be resumed: at %s',
    async (at) => {
      await chat.turn('one', 'a');
      await chat.actor().closeAgent();
      chat.agent.resumeFailure = { at, error: new AppError('resume_failed', 'no such conversation') };
      await chat.running('two');
      expect(prompts().at(-1)).toContain(place);
      expect(prompts().at(-1)).toContain(hint);
    },
  );

  it('again when the old conversation belongs to another folder', async () => {
    chat.agent.store = {
      list: () => Promise.resolve([]),
      has: () => Promise.resolve(false),
      history: () => Promise.resolve([]),
    };
    await chat.turn('one', 'a');
    await chat.actor().closeAgent();
    await chat.running('two');
    expect(prompts().at(-1)).toContain(place);
  });
});

it('an agent that takes a system prompt gets all of that there', async () => {
  chat.agent.capabilities = fakeCapabilities;
  await chat.turn('one', 'a');
  await until('the session', () => chat.agent.sessions.length === 1);
  expect(chat.agent.last?.spec.systemPrompt).toContain(place);
  expect(chat.agent.last?.spec.systemPrompt).toContain(hint);
  expect(prompts()).toEqual(['one']);
});
