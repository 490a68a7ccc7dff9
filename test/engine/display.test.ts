import { afterEach, describe, expect, it } from 'vitest';
import type { AgentEventBody, ToolCall } from '../../src/core/agent-event.ts';
import type { ProjectSettings } from '../../src/engine/settings.ts';
import { Harness, type HarnessOptions, plainSettings, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

const display = (change: Partial<ProjectSettings['display']>): HarnessOptions => ({
  settings: { display: { ...plainSettings.display, ...change } },
});
const full = display({});
const compact = display({ mode: 'compact', thinking: false, tools: false });
const quiet = display({ mode: 'quiet', thinking: false, tools: false });

const running = async (options: HarnessOptions = {}) => {
  chat = await Harness.open(options);
  await chat.running('do it');
};
const emit = (...bodies: AgentEventBody[]) => {
  for (const body of bodies) chat.agent.last?.emit(body);
};
const text = (words: string): AgentEventBody => ({ kind: 'text', text: words, mode: 'block' });
const tool = (call: Partial<ToolCall> = {}): AgentEventBody => ({
  kind: 'tool_started',
  call: { id: 't1', name: 'Read', summary: 'a.txt', form: 'plain', ...call },
});
const ended = (ok: boolean, output = '', exitCode?: number): AgentEventBody => ({
  kind: 'tool_ended',
  id: 't1',
  ok,
  output,
  exitCode,
});
const over = async () => {
  await until('the end', () => !chat.actor().turn && chat.queries.openTurns(chat.context.name).length === 0);
  // Progress goes out by itself: a turn does not wait for it.
  await chat.context.delivery.drained();
};
const finish = async (last?: string) => {
  if (last === undefined) chat.agent.last?.end({ status: 'ok' });
  else chat.agent.last?.reply(last);
  await over();
};

describe('display mode full', () => {
  it('shows thinking, tools and the text between them, each once and in order', async () => {
    await running(full);
    emit({ kind: 'thinking', text: 'let me see\nmore', mode: 'block' }, tool(), text('Found it.'), tool());
    await finish('Done.');
    expect(chat.platform.texts).toEqual([
      '> 💭 let me see\n> more',
      '🔧 **#1 Read** `a.txt`',
      'Found it.',
      '🔧 **#2 Read** `a.txt`',
      'Done.',
    ]);
  });

  it('shows no thinking that consists of dots', async () => {
    await running(full);
    emit({ kind: 'thinking', text: '...', mode: 'block' });
    await finish('Done.');
    expect(chat.platform.texts).toEqual(['Done.']);
  });
});

describe('a sub-agent', () => {
  it('says nothing of its own in the chat, and its end is not the end of the turn', async () => {
    await running(full);
    const agent = chat.agent.last;
    agent?.emit(text('I am only a helper.'), 'tool-1');
    agent?.emit({ kind: 'turn_end', prompts: [], outcome: { status: 'ok' } }, 'tool-1');
    await finish('Done.');
    expect(chat.platform.texts).toEqual(['Done.']);
  });

  it('may ask, and is answered', async () => {
    await running(full);
    const options = [{ id: 'yes', label: '', role: 'allow' as const }];
    const request = { kind: 'permission' as const, tool: 'Bash', summary: 'ls', input: {}, options };
    chat.agent.last?.emit({ kind: 'approval', wireId: 'w1', request }, 'tool-1');
    await until('the request', () => chat.platform.cards.length === 1);
    await chat.say('yes');
    await until('the answer', () => chat.agent.last?.answers.length === 1);
  });
});

describe('display mode compact', () => {
  it('hides thinking and tools, and still splits the text where tools ran', async () => {
    await running(compact);
    emit({ kind: 'thinking', text: 'hm', mode: 'block' }, text('Looking.'), tool(), ended(true, 'x'));
    await finish('Done.');
    expect(chat.platform.texts).toEqual(['Looking.', 'Done.']);
  });
});

describe('display mode quiet', () => {
  it('puts all text into one message, with a blank line where tools ran', async () => {
    await running(quiet);
    emit(text('Looking.'), tool(), ended(false, 'x', 1));
    await finish('Done.');
    expect(chat.platform.texts).toEqual(['Looking.\n\nDone.']);
  });
});

describe('a tool', () => {
  it.each<[string, Partial<ToolCall>, string]>([
    ['a command as shell', { name: 'Bash', summary: 'ls -l', form: 'shell' }, '```bash\nls -l\n```'],
    ['a change as diff', { name: 'Edit', summary: '-a\n+b', form: 'diff' }, '```diff\n-a\n+b\n```'],
    ['several lines as a block', { summary: 'a\nb' }, '```\na\nb\n```'],
    ['a fence as it is', { summary: '```js\n1\n```' }, '```js\n1\n```'],
    ['a backtick in a longer quote', { summary: 'a`b' }, '`` a`b ``'],
  ])('shows %s', async (_, call, shown) => {
    await running(full);
    emit(tool(call));
    await finish('Done.');
    expect(chat.platform.texts[0]).toContain(shown);
  });

  it('is cut at tool_max_len, never inside a character', async () => {
    await running(display({ toolMax: 4 }));
    emit(tool({ summary: 'abc😀def' }));
    await finish('Done.');
    expect(chat.platform.texts[0]).toContain('`abc…`');
  });

  it('whose result is good is not worth a message of its own; a failure is', async () => {
    await running(full);
    emit(tool(), ended(true, 'fine'), tool(), ended(false, 'no such file', 2));
    await finish('Done.');
    const all = chat.platform.texts.join('\n');
    expect(all).not.toContain('fine');
    expect(all).toContain('❌ (exit 2)\n```\nno such file\n```');
  });
});

describe('progress style compact', () => {
  it('is one message that grows, with results', async () => {
    await running({ ...full, progressStyle: 'compact' });
    emit(tool(), ended(true, 'fine'), tool({ summary: 'b.txt' }));
    await finish('Done.');
    expect(chat.platform.texts).toHaveLength(2);
    expect(chat.platform.texts[0]).toContain('#1 Read');
    expect(chat.platform.texts[0]).toContain('fine');
    expect(chat.platform.texts[0]).toContain('b.txt');
  });
});

describe('progress style card', () => {
  const card = { ...full, progressStyle: 'card' as const };

  it('is one card that says how it stands: working, then completed', async () => {
    await running(card);
    emit(tool());
    await until('the card', () => chat.platform.cards.length === 1);
    expect(chat.platform.cards[0]?.title).toBe('⏳ Working');
    emit(ended(true, 'fine'));
    await finish('Done.');
    await until('the state', () => chat.platform.cards[0]?.title === '✅ Completed');
    expect(chat.platform.shown).toHaveLength(2);
    expect(chat.platform.texts[0]).toContain('fine');
  });

  it('keeps the last ten entries and says how many fell off', async () => {
    await running(card);
    emit(...Array.from({ length: 13 }, (_, at) => tool({ summary: `file-${at + 1}.txt` })));
    await until('the card', () => chat.platform.texts[0]?.includes('file-13') === true);
    const blocks = chat.platform.cards[0]?.blocks ?? [];
    expect(blocks).toHaveLength(11);
    expect(chat.platform.texts[0]).toContain('… 3 earlier');
    expect(chat.platform.texts[0]).not.toContain('file-3.txt');
    await finish('Done.');
  });

  it('ends as failed when the turn does', async () => {
    await running(card);
    emit(tool());
    await until('the card', () => chat.platform.cards.length === 1);
    chat.agent.last?.end({ status: 'error', message: 'overloaded' });
    await until('the state', () => chat.platform.cards[0]?.title === '⏹ Ended early');
    expect(chat.platform.cards[0]?.tone).toBe('red');
  });

  it('does not appear where nothing happened', async () => {
    await running(card);
    await finish('Done.');
    expect(chat.platform.texts).toEqual(['Done.']);
  });
});

describe('NO_REPLY', () => {
  it.each(['NO_REPLY', '  no_reply \n'])(
    'as the whole text (%j) says nothing, but history keeps it',
    async (marker) => {
      await running(full);
      await finish(marker);
      expect(chat.platform.texts).toEqual([]);
      const session = chat.actor().sessions.known;
      expect(chat.queries.history(session?.id ?? ('' as never), 5).at(-1)?.text).toBe(marker);
    },
  );

  it('at the end is taken off', async () => {
    await running(full);
    await finish('All sent.\n\nNO_REPLY');
    expect(chat.platform.texts).toEqual(['All sent.']);
  });

  it('in the middle or as part of a word is text', async () => {
    await running(full);
    await finish('NO_REPLY is the marker, NO_REPLYX is not');
    expect(chat.platform.texts).toEqual(['NO_REPLY is the marker, NO_REPLYX is not']);
  });

  it('after tools and text leaves only the text', async () => {
    await running(full);
    emit(text('Looking.'), tool());
    await finish('NO_REPLY');
    expect(chat.platform.texts).toEqual(['Looking.', '🔧 **#1 Read** `a.txt`']);
  });

  it('in quiet mode ends the one message without it', async () => {
    await running(quiet);
    emit(text('Looking.'), tool());
    await finish('NO_REPLY');
    expect(chat.platform.texts).toEqual(['Looking.']);
  });
});

describe('an answer', () => {
  it('that is empty is told as such', async () => {
    await running(full);
    await finish('');
    expect(chat.platform.texts).toEqual(['(empty response)']);
  });

  it('that is empty after a command of the agent means that it is done', async () => {
    await running(full);
    emit({ kind: 'settings', commands: [{ name: 'compact', description: 'shrinks' }] });
    await finish('ready');
    await chat.running('/compact');
    await finish();
    expect(chat.platform.last).toBe('✅ /compact is done.');
    await chat.running('/etc/passwd, what is in it?');
    await finish();
    expect(chat.platform.last).toBe('(empty response)');
  });

  it('after frozen text needs no further word', async () => {
    await running(full);
    emit(text('All done.'), tool());
    await finish();
    expect(chat.platform.texts).toEqual(['All done.', '🔧 **#1 Read** `a.txt`']);
  });

  it('stated only at the end of the turn is delivered', async () => {
    await running(full);
    emit({
      kind: 'turn_end',
      prompts: [chat.agent.last?.prompts[0]?.id ?? ('' as never)],
      outcome: { status: 'ok' },
      text: 'stated',
    });
    await until('the answer', () => chat.platform.last === 'stated');
    await over();
  });

  it('that failed brings what was said, then the error', async () => {
    await running(full);
    emit(text('I tried'));
    chat.agent.last?.end({ status: 'error', message: 'model overloaded', code: 'server' });
    await over();
    expect(chat.platform.texts).toEqual(['I tried', '❌ The agent reported an error: model overloaded']);
  });

  it('whose text was cut off and comes again is shown once', async () => {
    await running(full);
    emit({ kind: 'text', text: 'Hello wor', mode: 'delta' }, { kind: 'text_end', void: true });
    emit({ kind: 'text', text: 'Hello world', mode: 'delta' }, { kind: 'text_end' });
    await finish();
    expect(chat.platform.texts).toEqual(['Hello world']);
  });

  it('that the agent has sent itself with `cc-connect send` is not repeated', async () => {
    await running(full);
    chat.actor().turn?.sentTexts.push('The report is ready.');
    await finish('The report is ready.\n');
    expect(chat.platform.texts).toEqual([]);
  });

  it('that says something else than what was sent is delivered', async () => {
    await running(full);
    chat.actor().turn?.sentTexts.push('The report is ready.');
    await finish('Anything else?');
    expect(chat.platform.texts).toEqual(['Anything else?']);
  });

  it('repeated or not, is followed by its footer once', async () => {
    await running(display({ footer: true }));
    chat.actor().turn?.sentTexts.push('Ready.');
    chat.agent.last?.reply('Ready.', { outputTokens: 12 });
    await over();
    expect(chat.platform.texts).toEqual(['*out 12*']);
  });
});

describe('the footer', () => {
  it('names model, tokens, cost and the share of the context', async () => {
    await running(display({ footer: true, context: true }));
    emit({ kind: 'settings', model: 'opus' });
    chat.agent.last?.reply('Done.', {
      outputTokens: 1234,
      inputTokens: 5,
      cacheWriteTokens: 2_000_000,
      cacheReadTokens: 999,
      costUsd: 0.1234,
      contextTokens: 50_000,
      contextWindow: 200_000,
    });
    await over();
    expect(chat.platform.last).toBe('Done.\n*opus · out 1.2k in 5 cw 2M cr 999 · $0.12 · ctx 25%*');
  });

  it('replaces what the agent itself says about its context', async () => {
    await running(display({ hideAgentFooter: true }));
    await finish('Done.\n[ctx: ~42%]');
    expect(chat.platform.last).toBe('Done.');
  });

  it('is left out where nothing of it is known or wanted', async () => {
    await running(full);
    chat.agent.last?.reply('Done.', { outputTokens: 12 });
    await over();
    expect(chat.platform.last).toBe('Done.');
  });
});

describe('an instant reply', () => {
  it.each([
    ['', '👀 On it…'],
    ['got it', 'got it'],
  ])('with content %j says %j before the answer', async (content, word) => {
    chat = await Harness.open({ settings: { instantReply: { enabled: true, content } } });
    await chat.running('do it');
    await finish('Done.');
    expect(chat.platform.texts).toEqual([word, 'Done.']);
  });
});

describe('the model that does not answer', () => {
  const attempt = (attempt: number): AgentEventBody => ({
    kind: 'notice',
    notice: { kind: 'retrying', max: 10, delayMs: 1000, reason: 'overloaded', attempt },
  });

  it('is told in one message, whatever the number of attempts', async () => {
    await running(full);
    emit(attempt(1), attempt(1));
    await until('the notice', () => chat.platform.texts.length === 1);
    expect(chat.platform.last).toBe('⏳ The model does not answer (overloaded); attempt 1 of 10');
    emit(attempt(2), attempt(3));
    await until('the edit', () => chat.platform.last.includes('attempt 3 of 10'));
    await finish('Done.');
    expect(chat.platform.texts).toHaveLength(2);
  });

  it('is told once where messages cannot be edited', async () => {
    chat = await Harness.open(full);
    Object.assign(chat.platform, { edit: undefined });
    await chat.running('do it');
    emit(attempt(1), attempt(2), attempt(3));
    await finish('Done.');
    expect(chat.platform.texts).toEqual([
      '⏳ The model does not answer (overloaded); attempt 1 of 10',
      'Done.',
    ]);
  });

  it('is told anew below what came in between', async () => {
    await running(full);
    emit(attempt(1));
    await until('the notice', () => chat.platform.texts.length === 1);
    emit(tool(), attempt(2));
    await finish('Done.');
    expect(chat.platform.texts.map((one) => one.slice(0, 12))).toEqual(
      ['⏳ The model ', '🔧 **#1 Read*', '⏳ The model ', 'Done.'].map((one) => one.slice(0, 12)),
    );
  });
});

describe('quoted messages', () => {
  it('reach the agent with their words and who said them', async () => {
    chat = await Harness.open();
    await chat.send({ text: 'do that', quoted: { message: 'q1', sender: 'Bob', text: 'clean up\nplease' } });
    await until('the prompt', () => chat.agent.last?.prompts.length === 1);
    expect(chat.agent.last?.prompts[0]?.text).toBe('> Bob: clean up\n> please\n\ndo that');
  });

  it('are no command, whatever they say', async () => {
    chat = await Harness.open();
    await chat.send({ text: 'why?', quoted: { message: 'q1', text: '/stop' } });
    await until('the prompt', () => chat.agent.last?.prompts.length === 1);
  });
});
