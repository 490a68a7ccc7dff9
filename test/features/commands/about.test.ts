import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { version } from '../../../src/kit/version.ts';
import { buttonsOf } from '../../engine-harness/fake-platform.ts';
import { Harness, until } from '../../engine-harness/harness.ts';

let chat: Harness;
beforeEach(async () => {
  chat = await Harness.open();
});
afterEach(() => chat.close());

describe('/usage', () => {
  it('says plainly that nothing is known before the agent has told anything', async () => {
    expect(await chat.ask('/usage')).toContain('Nothing is known yet');
  });

  it('tells tokens, context, cost and what is left of the allowances', async () => {
    await chat.running('work');
    chat.agent.last?.emit({
      kind: 'limits',
      limits: [
        { usedPercent: 81.4, windowMinutes: 300, resetsAt: Date.now() + 2 * 3_600_000 + 30_000 },
        { usedPercent: 20, windowMinutes: 10_080 },
      ],
    });
    chat.agent.last?.emit({
      kind: 'usage',
      usage: {
        inputTokens: 1200,
        outputTokens: 340,
        contextTokens: 50_000,
        contextWindow: 200_000,
        costUsd: 0.25,
      },
    });
    chat.agent.last?.reply('done');
    await until('the end', () => !chat.actor().turn);
    const text = await chat.ask('/quota');
    expect(chat.platform.cards.at(-1)?.tone).toBe('indigo');
    for (const line of [
      'Last turn: in 1.2k · out 340',
      'Context: 50k / 200k (25 %)',
      'Cost since the start: $0.25',
      'Allowance (Fake Agent): 5 h: 19 % left, whole again in 2 h 0 min',
      '7 d: 80 % left',
    ])
      expect(text).toContain(line);
  });
});

describe('/status', () => {
  it('tells project, agent, platforms, queue and settings', async () => {
    const text = await chat.ask('/status');
    expect(chat.platform.cards.at(-1)?.tone).toBe('green');
    for (const line of [
      'Project: demo',
      'Agent: Fake Agent',
      '🟢 fake:bot: connected',
      'Mode: Default',
      'Running: nothing',
      'Waiting messages: 0',
      'Live agents: 0',
    ])
      expect(text).toContain(line);
  });

  it('says why a platform is away', async () => {
    const { links } = chat.context;
    const state = { is: 'denied', detail: 'token revoked', since: 0 } as const;
    for (const [account, link] of links) links.set(account, { ...link, state });
    expect(await chat.ask('/status')).toContain('access denied (token revoked)');
  });

  it('tells what became of the last messages, each with its trace id', async () => {
    await chat.turn('done one', 'answer');
    await chat.running('failing one');
    chat.agent.last?.end({ status: 'error', message: 'model overloaded' });
    await until('the end', () => chat.platform.last.includes('overloaded') && !chat.actor().turn);
    await until('the record', () => chat.queries.openTurns(chat.context.name).length === 0);
    await chat.running('running one');
    await chat.say('waiting one');
    await until('the queue', () => chat.actor().waiting.length === 1);
    await chat.say('/status');
    await until('the card', () => chat.platform.cards.length > 0);
    const text = chat.platform.texts.findLast((one) => one.includes('Your last messages')) ?? '';
    expect(text).toMatch(/“done one” — answered and delivered `[0-9A-Z]{26}`/);
    expect(text).toMatch(/“failing one” — failed: model overloaded/);
    expect(text).toMatch(/“running one” — the agent (is working on it|has it)/);
    expect(text).toMatch(/“waiting one” — waits its turn/);
    expect(text).toContain('Waiting messages: 1');
  });

  it('tells that an answer could not be delivered', async () => {
    await chat.running('hello');
    chat.expectsProblems = true;
    chat.platform.broken = new AppError('chat_gone', 'the chat is gone', { kind: 'not_found' });
    chat.agent.last?.reply('nobody reads this');
    await until('the part to be given up', () => chat.queries.deadParts(chat.context.name, 5).length > 0);
    chat.platform.broken = undefined;
    expect(await chat.ask('/status')).toContain('not deliverable: the chat is gone');
  });

  it('adds up what turns cost', async () => {
    for (const text of ['one', 'two']) {
      await chat.running(text);
      chat.agent.last?.reply(`did ${text}`, { inputTokens: 1200, outputTokens: 40, costUsd: 0.25 });
      await until('the end', () => chat.platform.texts.includes(`did ${text}`) && !chat.actor().turn);
    }
    expect(await chat.ask('/status')).toContain('Usage: in 1.2k · out 40 · Σ $0.50');
  });
});

describe('/help', () => {
  it('lists every command and offers a tab per group', async () => {
    const text = await chat.ask('/help');
    for (const { name } of chat.project.commands.table.all) expect(text).toContain(`/${name}`);
    expect(chat.platform.cards.at(-1)?.tone).toBe('blue');
    const reply = await chat.press('nav:/help agent');
    expect(JSON.stringify(reply.card)).toContain('/model');
    expect(JSON.stringify(reply.card)).not.toContain('/whoami');
  });

  it('leaves out what is switched off here', async () => {
    chat.context.settings = { ...chat.context.settings, disabledCommands: ['allow', '/btw'] };
    const text = await chat.ask('/help');
    expect(text).not.toContain('/allow');
    expect(text).not.toContain('/ps');
  });

  it('explains one command, and knows what it does not know', async () => {
    expect(await chat.ask('/help btw')).toContain('Also: /btw');
    expect(await chat.ask('/help nonsense')).toContain('nonsense');
  });
});

describe('/start, /whoami, /version', () => {
  it('welcomes instead of passing /start on to the agent', async () => {
    expect(await chat.ask('/start')).toContain('Hello Alice');
    expect(buttonsOf(chat.platform.cards.at(-1))).toEqual(['nav:/help']);
    expect(chat.agent.sessions).toHaveLength(0);
  });

  it('tells people their ids and whether they are admin', async () => {
    chat.context.settings = { ...chat.context.settings, adminFrom: 'alice' };
    const text = await chat.ask('/myid');
    expect(text).toContain('User id: alice');
    expect(text).toContain('Session key: fake:c1:alice');
    expect(text).toContain('Admin: yes');
    expect(await chat.ask('/whoami', { id: 'bob' })).toContain('Admin: no');
  });

  it('tells the version of the package', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(version).toBe(manifest.version);
    expect(await chat.ask('/version')).toBe(`cc-connect ${version}`);
  });
});
