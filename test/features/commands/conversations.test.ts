import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentStore, HistoryEntry, NativeSession } from '../../../src/core/agent.ts';
import { asId, type NativeId } from '../../../src/core/ids.ts';
import { buttonsOf } from '../../engine-harness/fake-platform.ts';
import { Harness, until } from '../../engine-harness/harness.ts';

let chat: Harness;
beforeEach(async () => {
  chat = await Harness.open();
});
afterEach(() => chat.close());

const native = (id: string, title: string): NativeSession => ({
  id: asId<NativeId>(id),
  title,
  updatedAt: 1,
  messages: 4,
});

function storeOf(sessions: NativeSession[], history: HistoryEntry[] = []): AgentStore {
  return {
    list: () => Promise.resolve(sessions),
    has: (_dir, id) => Promise.resolve(sessions.some((one) => one.id === id) || id.startsWith('native-')),
    history: (_dir, _id, entries) => Promise.resolve(history.slice(-entries)),
  };
}

describe('/new', () => {
  it('starts a fresh conversation with a new process and keeps the old one in the list', async () => {
    await chat.turn('first things', 'ok');
    const first = chat.agent.last;
    expect(await chat.ask('/new second')).toContain('second');
    expect(first?.closed).toBe(true);
    await chat.turn('other things', 'fine');
    expect(chat.agent.last?.spec.resume).toBeUndefined();
    const list = await chat.ask('/list');
    expect(list).toContain('▶ 1. second');
    expect(list).toContain('2. first things');
  });

  it('waits for the turn before it and lets the message after it into the new conversation', async () => {
    await chat.running('one');
    const [old] = chat.actor().sessions.list();
    await chat.say('/new');
    await chat.say('two');
    expect(chat.actor().sessions.known?.id).toBe(old?.id);
    chat.agent.last?.reply('answer one');
    await until(
      'the second prompt',
      () => chat.agent.sessions.length === 2 && chat.agent.last?.busy === true,
    );
    expect(chat.agent.last?.prompts[0]?.text).toContain('two');
    expect(chat.actor().turn?.sessionId).not.toBe(old?.id);
  });

  it('takes along what is written while it still closes the old process', async () => {
    await chat.turn('one', 'ok');
    const old = chat.actor().sessions.known?.id;
    let closed: () => void = () => undefined;
    const session = chat.agent.last;
    if (session)
      session.gate = new Promise((resolve) => {
        closed = resolve;
      });
    await chat.say('/new');
    await until('the closing', () => chat.actor().live?.alive === false);
    await chat.say('two');
    closed();
    await until(
      'the second prompt',
      () => chat.agent.sessions.length === 2 && chat.agent.last?.busy === true,
    );
    expect(chat.actor().turn?.sessionId).not.toBe(old);
    expect(chat.agent.last?.spec.resume).toBeUndefined();
  });

  it('names what the old process was doing in the background before it ends', async () => {
    await chat.turn('start the server', 'ok');
    chat.agent.last?.emit({ kind: 'background', running: ['npm run dev'] });
    await until('the task', () => (chat.actor().live?.background.length ?? 0) > 0);
    await chat.say('/new');
    await until('the new conversation', () => chat.platform.last.includes('New conversation'));
    expect(chat.platform.texts.at(-2)).toContain('npm run dev');
  });

  it('keeps mode and model of the conversation before', async () => {
    await chat.turn('hi', 'ok');
    await chat.ask('/mode acceptEdits');
    await chat.ask('/model big');
    await chat.ask('/new');
    await chat.turn('again', 'yes');
    expect(chat.agent.last?.spec).toMatchObject({ mode: 'acceptEdits', model: 'big' });
  });
});

describe('/list', () => {
  it('says how to begin when there is no conversation', async () => {
    const reply = await chat.press('nav:/list');
    expect(JSON.stringify(reply.card)).toContain('No conversation yet');
  });

  it('shows twenty at a time and turns pages in place', async () => {
    chat.agent.store = storeOf(
      Array.from({ length: 25 }, (_, at) => native(`outside-${at}`, `outside ${at}`)),
    );
    await chat.turn('mine', 'ok');
    await chat.ask('/list');
    const card = chat.platform.cards.at(-1);
    expect(card?.tone).toBe('turquoise');
    expect(buttonsOf(card).filter((data) => data.startsWith('act:/switch '))).toHaveLength(20);
    expect(buttonsOf(card).at(-1)).toBe('nav:/list 2');
    const reply = await chat.press('nav:/list 2');
    expect(buttonsOf(reply.card).filter((data) => data.startsWith('act:/switch '))).toHaveLength(6);
    expect(buttonsOf(reply.card).at(-1)).toBe('nav:/list 1');
  });

  it('hides what others and the agent itself started when external sessions are filtered', async () => {
    chat.agent.store = storeOf([native('outside-1', 'from the terminal')]);
    expect(await chat.ask('/list')).toContain('from the terminal');
    chat.context.settings = { ...chat.context.settings, filterExternalSessions: true };
    expect(await chat.ask('/list')).not.toContain('from the terminal');
  });

  it("does not offer the conversation of another person's chat", async () => {
    await chat.turn('secret plan', 'ok');
    const id = chat.actor().sessions.known?.nativeId;
    chat.agent.store = storeOf([native(id ?? '', 'secret plan')]);
    const list = await chat.ask('/list', { id: 'bob' });
    expect(list).not.toContain('secret plan');
  });
});

describe('/switch', () => {
  it('goes back to a conversation by number and resumes it', async () => {
    await chat.turn('alpha', 'ok');
    const first = chat.actor().sessions.known;
    await chat.ask('/new');
    await chat.turn('beta', 'ok');
    expect(await chat.ask('/switch 2')).toContain('alpha');
    expect(chat.actor().sessions.known?.id).toBe(first?.id);
    await chat.turn('go on', 'yes');
    expect(chat.agent.last?.spec.resume).toBe(first?.nativeId);
  });

  it('finds a conversation by name, by start of its id and by words of its first message', async () => {
    await chat.turn('fix the parser', 'ok');
    const parser = chat.actor().sessions.known;
    await chat.ask('/new docs');
    await chat.turn('write docs', 'ok');
    const docs = chat.actor().sessions.known;
    await chat.ask('/switch parser');
    expect(chat.actor().sessions.known?.id).toBe(parser?.id);
    await chat.ask('/switch docs');
    expect(chat.actor().sessions.known?.id).toBe(docs?.id);
    await chat.ask(`/switch ${parser?.nativeId}`);
    expect(chat.actor().sessions.known?.id).toBe(parser?.id);
  });

  it('changes nothing when several fit or none does', async () => {
    await chat.turn('fix the parser', 'ok');
    await chat.ask('/new');
    await chat.turn('fix the lexer', 'ok');
    const active = chat.actor().sessions.known?.id;
    expect(await chat.ask('/switch fix')).toContain('fits several');
    expect(await chat.ask('/switch nonsense')).toContain('nonsense');
    expect(await chat.ask('/switch')).toContain('/switch <');
    expect(chat.actor().sessions.known?.id).toBe(active);
  });

  it('takes over a conversation the agent made elsewhere, if it can be resumed', async () => {
    chat.agent.store = storeOf([native('outside-1', 'from the terminal')]);
    await chat.ask('/list');
    const [first] = buttonsOf(chat.platform.cards.at(-1)).filter((data) => data.includes('outside'));
    await chat.press(first ?? '');
    expect(chat.actor().sessions.known).toMatchObject({ nativeId: 'outside-1', name: 'from the terminal' });
    await chat.turn('go on', 'yes');
    expect(chat.agent.last?.spec.resume).toBe('outside-1');
  });

  it('refuses a conversation the agent cannot resume here', async () => {
    chat.agent.store = { ...storeOf([native('outside-1', 'foreign')]), has: () => Promise.resolve(false) };
    expect(await chat.ask('/switch foreign')).toContain('cannot continue');
    expect(chat.actor().sessions.known?.nativeId).toBeNull();
  });

  it('waits for the running turn when its button is pressed meanwhile', async () => {
    await chat.turn('alpha', 'ok');
    const alpha = chat.actor().sessions.known;
    await chat.ask('/new');
    await chat.running('beta');
    const beta = chat.actor().sessions.known;
    const pressed = await chat.press(`act:/switch ${alpha?.id}`);
    expect(pressed.toast).toContain('Queued');
    expect(chat.agent.last?.closed).toBe(false);
    expect(chat.actor().sessions.known?.id).toBe(beta?.id);
    chat.agent.last?.reply('beta done');
    await until('the switch', () => chat.actor().sessions.known?.id === alpha?.id);
    await until('its answer', () => chat.platform.last.includes('alpha'));
    expect(chat.platform.texts).toContain('beta done');
  });
});

describe('/name', () => {
  it('names the current conversation, or another one by number, without moving it in the list', async () => {
    await chat.turn('alpha', 'ok');
    await chat.ask('/new');
    await chat.turn('beta', 'ok');
    await chat.ask('/name 2 the   old one');
    await chat.ask('/name the new one');
    const list = await chat.ask('/list');
    expect(list).toContain('▶ 1. the new one');
    expect(list).toContain('📌 2. the old one');
  });

  it('asks for the name when there is none', async () => {
    expect(await chat.ask('/name')).toContain('/name <text>');
  });
});

describe('/current and /history', () => {
  it('tells the facts of the current conversation', async () => {
    await chat.turn('alpha', 'ok');
    const text = await chat.ask('/current');
    expect(text).toContain('Name: alpha');
    expect(text).toContain("Agent's id: native-1");
    expect(text).toContain('Messages: 2');
  });

  it('shows the newest entries, oldest first', async () => {
    await chat.turn('question one', 'answer one');
    await chat.turn('question two', 'answer two');
    const text = await chat.ask('/history 2');
    expect(text).not.toContain('question one');
    expect(text.indexOf('question two')).toBeLessThan(text.indexOf('answer two'));
  });

  it('cuts long entries', async () => {
    chat.context.settings = {
      ...chat.context.settings,
      display: { ...chat.context.settings.display, historyMax: 10 },
    };
    await chat.turn('short', 'x'.repeat(500));
    expect(await chat.ask('/history')).toContain(`${'x'.repeat(10)}…`);
  });

  it('asks the agent for the history of a conversation made elsewhere', async () => {
    chat.agent.store = storeOf(
      [native('outside-1', 'foreign')],
      [{ role: 'user', text: 'from long ago', at: 0 }],
    );
    await chat.ask('/switch foreign');
    expect(await chat.ask('/history')).toContain('from long ago');
  });

  it('says so when nothing was said', async () => {
    expect(await chat.ask('/history')).toContain('Nothing was said');
  });
});
