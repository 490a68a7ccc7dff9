import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCapabilities } from '../../engine-harness/fake-agent.ts';
import { buttonsOf } from '../../engine-harness/fake-platform.ts';
import { Harness, until } from '../../engine-harness/harness.ts';

let chat: Harness;
beforeEach(async () => {
  chat = await Harness.open();
});
afterEach(() => chat.close());

describe('/mode', () => {
  it('lists the modes with buttons and marks the current one', async () => {
    const text = await chat.ask('/mode');
    expect(text).toContain('▶ **Default**');
    expect(chat.platform.cards.at(-1)?.tone).toBe('violet');
    expect(buttonsOf(chat.platform.cards.at(-1))).toEqual([
      'act:/mode default',
      'act:/mode acceptEdits',
      'act:/mode bypass',
    ]);
  });

  it('changes the running agent at once, by alias, and is kept for the next process', async () => {
    await chat.running('work');
    expect(await chat.ask('/mode EDITS')).toContain('Accept edits');
    expect(chat.agent.last?.changes).toEqual([{ mode: 'acceptEdits' }]);
    expect(chat.agent.last?.closed).toBe(false);
    expect(chat.queries.sessionsOf(chat.context.name, chat.actor().key)[0]?.mode).toBe('acceptEdits');
  });

  it('restarts the agent after the turn when this change cannot be made live', async () => {
    await chat.running('work');
    const first = chat.agent.last;
    if (first) first.settable = false;
    expect(await chat.ask('/mode yolo')).toContain('when the running turn is over');
    expect(first?.closed).toBe(false);
    first?.reply('done');
    await until('the process to end', () => first?.closed === true);
    await chat.turn('more', 'yes');
    expect(chat.agent.last?.spec).toMatchObject({ mode: 'bypass', resume: 'native-1' });
  });

  it('waits its turn where the agent can change no mode live', async () => {
    chat.agent.capabilities = { ...fakeCapabilities, liveMode: false };
    await chat.running('work');
    await chat.say('/mode edits');
    await until('it to wait', () => chat.actor().waiting.length === 1);
    chat.agent.last?.reply('done');
    await until('the change', () => chat.platform.last.includes('Accept edits'));
    expect(chat.agent.sessions[0]?.closed).toBe(true);
  });

  it('names the modes when the wanted one does not exist', async () => {
    expect(await chat.ask('/mode warp')).toContain('default, acceptEdits, bypass');
  });

  it('answers a press with the card in its new state', async () => {
    const reply = await chat.press('act:/mode acceptEdits');
    expect(JSON.stringify(reply.card)).toContain('▶ **Accept edits**');
  });
});

describe('/model', () => {
  it('lists configured models and switches by number, keeping the conversation', async () => {
    chat.agent.configuredModels = [{ id: 'small' }, { id: 'large-1', label: 'large' }];
    await chat.turn('hi', 'ok');
    expect(await chat.ask('/model')).toContain('2. large `large-1`');
    expect(buttonsOf(chat.platform.cards.at(-1))).toContain('act:/model large-1');
    expect(await chat.ask('/model switch 2')).toContain('large-1');
    expect(chat.agent.last?.changes).toEqual([{ model: 'large-1' }]);
    expect(chat.agent.last?.closed).toBe(false);
    expect(await chat.ask('/model')).toContain('▶ 2. large');
  });

  it('restarts and resumes where the agent cannot change it live', async () => {
    chat.agent.capabilities = { ...fakeCapabilities, liveModel: false };
    await chat.turn('hi', 'ok');
    await chat.ask('/model Any-Name');
    await until('the process to end', () => chat.agent.sessions[0]?.closed === true);
    await chat.turn('more', 'yes');
    expect(chat.agent.last?.spec).toMatchObject({ model: 'Any-Name', resume: 'native-1' });
  });

  it('waits for the running turn', async () => {
    await chat.running('work');
    await chat.say('/model other');
    await until('it to wait', () => chat.actor().waiting.length === 1);
    expect(chat.agent.last?.changes).toEqual([]);
    chat.agent.last?.reply('done');
    await until('the change', () => chat.agent.last?.changes.length === 1);
  });

  it("shows the running agent's own models and goes back to the default", async () => {
    await chat.turn('hi', 'ok');
    if (chat.agent.last) chat.agent.last.offered = [{ id: 'native-large' }];
    expect(await chat.ask('/model')).toContain('native-large');
    await chat.ask('/model native-large');
    await chat.ask('/model default');
    expect(chat.agent.last?.changes.at(-1)).toEqual({ model: null });
    expect(chat.actor().sessions.known?.model).toBeNull();
  });
});

describe('/quiet', () => {
  it('goes round full, quiet, compact, full and is remembered', async () => {
    const mode = () => chat.context.settings.display.mode;
    const remembered = () => chat.queries.preference(chat.context.name, 'project', 'display.mode');
    await chat.ask('/quiet');
    expect([mode(), remembered()]).toEqual(['quiet', 'quiet']);
    expect(chat.context.settings.display.tools).toBe(false);
    await chat.ask('/quiet');
    expect(mode()).toBe('compact');
    await chat.ask('/quiet');
    expect([mode(), remembered()]).toEqual(['full', 'full']);
    expect(chat.context.settings.display.tools).toBe(true);
  });

  it('takes a mode by name and refuses others', async () => {
    await chat.ask('/quiet Compact');
    expect(chat.context.settings.display.mode).toBe('compact');
    expect(await chat.ask('/quiet silent')).toContain('/quiet full');
    expect(chat.context.settings.display.mode).toBe('compact');
  });
});

describe('/lang', () => {
  it('answers in the chosen language from now on, for this person only', async () => {
    expect(await chat.ask('/lang 日本語')).toContain('日本語');
    expect(await chat.ask('/stop')).toBe('実行中の作業はありません。');
    expect(await chat.ask('/stop', { id: 'bob' })).toBe('Nothing is running.');
    expect(await chat.ask('/lang auto')).toContain('follows what you write');
    expect(await chat.ask('/stop')).toBe('Nothing is running.');
  });

  it('offers the languages as buttons and refuses unknown ones', async () => {
    await chat.ask('/lang');
    expect(chat.platform.cards.at(-1)?.tone).toBe('wathet');
    expect(buttonsOf(chat.platform.cards.at(-1))).toContain('act:/lang zh-TW');
    expect(await chat.ask('/lang klingon')).toContain('klingon');
  });
});

describe('/allow', () => {
  it('adds tools for the next process', async () => {
    expect(await chat.ask('/allow')).toContain('No tool is allowed');
    await chat.ask('/allow Bash(git log:*)');
    await chat.ask('/allow Bash(git log:*)');
    expect(await chat.ask('/allow')).toContain('`Bash(git log:*)`');
    await chat.turn('hi', 'ok');
    expect(chat.agent.last?.spec.allowedTools).toEqual(['Bash(git log:*)']);
  });

  it('refuses what could pass for an option of a program', async () => {
    expect(await chat.ask('/allow --dangerous')).toContain('not the name of a tool');
    expect(chat.context.allowedTools).toEqual([]);
  });
});
