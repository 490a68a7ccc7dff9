import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Address } from '../../src/core/address.ts';
import type { AgentEventBody, ApprovalRequest } from '../../src/core/agent-event.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Part } from '../../src/core/outgoing.ts';
import type { PreviewRef, PreviewView } from '../../src/core/platform.ts';
import type { ProjectSettings } from '../../src/engine/settings.ts';
import { buttonsOf } from '../engine-harness/fake-platform.ts';
import { Harness, plainSettings, until } from '../engine-harness/harness.ts';
import { FakePreviews } from './fake-previews.ts';

let chat: Harness;
let previews: FakePreviews;
afterEach(async () => {
  vi.useRealTimers();
  await chat.close();
});

const running = async (
  preview: Partial<ProjectSettings['preview']> = {},
  settings: Partial<ProjectSettings> = {},
  paceMs?: number,
) => {
  const pace = { ...plainSettings.preview, enabled: true, intervalMs: 1, minDeltaChars: 0, ...preview };
  chat = await Harness.open({ settings: { preview: pace, ...settings } });
  previews = new FakePreviews(chat.platform);
  if (paceMs !== undefined)
    chat.platform.capabilities = {
      ...chat.platform.capabilities,
      previewPace: { directMs: paceMs, groupMs: paceMs },
    };
  await chat.running('do it');
};
const delta = (text: string): AgentEventBody => ({ kind: 'text', text, mode: 'delta' });
const emit = (...bodies: AgentEventBody[]) => {
  for (const body of bodies) chat.agent.last?.emit(body);
};
const tool: Extract<AgentEventBody, { kind: 'tool_started' }> = {
  kind: 'tool_started',
  call: { id: 't1', name: 'Read', summary: 'a.txt', form: 'plain' },
};
const retrying = (attempt: number): AgentEventBody => ({
  kind: 'notice',
  notice: { kind: 'retrying', attempt, max: 10, delayMs: 1, reason: 'overloaded' },
});
const permission: ApprovalRequest = {
  kind: 'permission',
  tool: 'Bash',
  summary: 'ls',
  input: {},
  options: [{ id: 'yes', label: '', role: 'allow' }],
};
const shows = (text: string) => until(`“${text}”`, () => chat.platform.texts.includes(text));
const over = () =>
  until('the end', () => !chat.actor().turn && chat.queries.openTurns(chat.context.name).length === 0);
const nothingOpen = () =>
  until('no open preview', () => chat.queries.openPreviews(chat.context.name).length === 0);

describe('a preview', () => {
  it('grows into the answer: one message from first word to last', async () => {
    await running();
    emit(delta('Hello'));
    await shows('Hello');
    emit(delta(' world'));
    await shows('Hello world');
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(chat.platform.texts).toEqual(['Hello world']);
    expect(previews.calls[0]).toBe('open');
    expect(previews.calls.at(-1)).toBe('finish');
    await nothingOpen();
  });

  it('is finished only when its message is on disk: a later life could not tell it from an answer', async () => {
    await running();
    let stored: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      stored = resolve;
    });
    const commit = chat.store.commit.bind(chat.store);
    vi.spyOn(chat.store, 'commit').mockImplementation(async (name, args) => {
      if (name === 'previewOpened') await gate;
      return commit(name, args);
    });
    emit(delta('Hello'));
    await shows('Hello');
    chat.agent.last?.end({ status: 'ok' });
    await until('the end is stored', () => chat.queries.openParts(chat.context.name).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(previews.calls).not.toContain('finish');
    stored();
    await over();
    expect(previews.calls.at(-1)).toBe('finish');
  });

  it('has its message recorded at once when its end waits for that', async () => {
    await running();
    const { store } = chat;
    const commit = store.commit.bind(store);
    const hurried = new Promise<void>((resolve) => {
      vi.spyOn(store, 'hurry').mockImplementation(resolve);
    });
    vi.spyOn(store, 'commit').mockImplementation(async (name, args, urgency) => {
      if (name === 'previewOpened') await hurried;
      return commit(name, args, urgency);
    });
    emit(delta('Hello'));
    await shows('Hello');
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(previews.calls).toEqual(['open', 'finish']);
  });

  it('begins no update once its final text is on its way to the disk: that would have to wait for it', async () => {
    await running({}, {}, 20);
    const commit = chat.store.commit.bind(chat.store);
    vi.spyOn(chat.store, 'commit').mockImplementation(async (name, args) => {
      if (name === 'endTurn') await new Promise((resolve) => setTimeout(resolve, 100));
      return commit(name, args);
    });
    emit(delta('Hello'));
    await shows('Hello');
    emit(delta(' world'));
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(previews.calls).toEqual(['open', 'finish']);
    expect(chat.platform.texts).toEqual(['Hello world']);
  });

  it('has at most one call in flight and skips what was overtaken', async () => {
    await running();
    let open: () => void = () => undefined;
    previews.gate = new Promise((resolve) => {
      open = resolve;
    });
    for (const word of ['a', 'b', 'c', 'd', 'e']) emit(delta(word));
    await until('the words', () => chat.actor().turn?.view.text === 'abcde');
    await until('the call', () => previews.inFlight === 1);
    open();
    await shows('abcde');
    expect(previews.mostInFlight).toBe(1);
    expect(previews.views.length).toBeLessThanOrEqual(2);
  });

  it('is frozen where a tool starts; what follows is a message of its own', async () => {
    await running();
    emit(delta('First.'), { kind: 'text_end' });
    await shows('First.');
    emit(tool, delta('Second.'), { kind: 'text_end' });
    await shows('Second.');
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(chat.platform.texts.filter((text) => !text.startsWith('🔧'))).toEqual(['First.', 'Second.']);
    const rows = chat.queries
      .sentRefs(chat.platform.account, 'fake:bot|c1|', 10)
      .map(({ part }) => part.plain);
    expect(rows).toEqual(['Second.', 'First.']);
  });

  it('holds steps and answer of the whole turn with rich cards; only the answer stays', async () => {
    await running({}, { display: { ...plainSettings.display, cardMode: 'rich' } });
    emit(tool);
    await shows('> ⏳ Read `a.txt`');
    emit({ kind: 'thinking', text: 'look at it', mode: 'block' }, delta('First.'), { kind: 'text_end' });
    await shows('> ⏳ Read `a.txt`  \n> 💭 look at it\n\nFirst.');
    emit({ kind: 'tool_ended', id: 't1', ok: false, output: 'no such file' });
    await shows('> ❌ Read `a.txt`  \n> 💭 look at it\n\nFirst.');
    emit({ ...tool, call: { ...tool.call, id: 't2' } }, delta('Second.'), { kind: 'text_end' });
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(chat.platform.texts).toEqual(['First.\n\nSecond.']);
    await nothingOpen();
  });

  it('counts the steps that no longer fit', async () => {
    await running({}, { display: { ...plainSettings.display, cardMode: 'rich' } });
    for (let at = 1; at <= 9; at += 1)
      emit({ ...tool, call: { ...tool.call, id: `t${at}`, summary: `${at}` } });
    await until('the steps', () =>
      chat.platform.texts.some((text) => text.startsWith('> … +3  \n> ⏳ Read `4`')),
    );
  });

  it('is frozen before a request and opened anew after its answer', async () => {
    await running();
    emit(delta('I need something.'));
    await shows('I need something.');
    emit({ kind: 'approval', wireId: 'w1', request: permission });
    await until('the request', () => chat.platform.cards.length === 1);
    await chat.press(buttonsOf(chat.platform.cards[0])[0] ?? '');
    emit(delta('Thanks.'));
    await shows('Thanks.');
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(chat.platform.texts[0]).toBe('I need something.');
    expect(chat.platform.texts.at(-1)).toBe('Thanks.');
    expect(chat.platform.texts).toHaveLength(3);
  });

  it('that cannot become final is sent as a message of its own, once', async () => {
    await running();
    previews.finishes = 'resend';
    emit(delta('Hello'));
    await shows('Hello');
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(chat.platform.texts).toEqual(['Hello']);
    expect(chat.platform.shown[0]?.id).toMatch(/^m/);
  });

  it('whose creation nobody heard of is found once and kept, when its end has to be tried again', async () => {
    chat = await Harness.open({
      settings: { preview: { ...plainSettings.preview, enabled: true, intervalMs: 1 } },
    });
    previews = new FakePreviews(chat.platform);
    const { open, finish } = previews;
    const unheard: PreviewRef[] = [];
    let finishes = 0;
    let breaks: () => void = () => undefined;
    const cut = new Promise<void>((resolve) => {
      breaks = resolve;
    });
    Object.assign(previews, {
      open: async (to: Address, view: PreviewView) => {
        unheard.push(await open.call(previews, to, view));
        await cut;
        throw new AppError('lost', 'the connection broke', { kind: 'ambiguous' });
      },
      find: async () => unheard.pop(),
      finish: async (ref: PreviewRef, part: Part) => {
        finishes += 1;
        if (finishes === 1) throw new AppError('busy', 'status 502', { kind: 'unavailable' });
        return finish.call(previews, ref, part);
      },
    });
    await chat.running('do it');
    emit(delta('Hello there, this is long enough to be shown'));
    await until('the creation', () => unheard.length > 0);
    chat.agent.last?.end({ status: 'ok' });
    await until('the end', () => chat.actor().turn === undefined);
    breaks();
    await over();
    expect(finishes).toBe(2);
    expect(chat.platform.texts).toEqual(['Hello there, this is long enough to be shown']);
  });

  it('of an earlier life that is found once is removed, when that has to be tried again', async () => {
    chat = await Harness.open({ settings: { preview: { ...plainSettings.preview, enabled: true } } });
    previews = new FakePreviews(chat.platform);
    await chat.turn('do it', 'Done.');
    const { id: turnId, address } = chat.lastTurn();
    const intent = { id: 'lost', project: chat.context.name, account: address.account, turnId };
    const row = { ...intent, address, state: 'intent', ref: null, createdAt: Date.now() } as const;
    await chat.store.commit('previewIntent', { preview: row });
    const found = [await previews.open(address, { markdown: 'Half of' })];
    const { discard } = previews;
    let removals = 0;
    Object.assign(previews, {
      find: async () => found.pop(),
      discard: async (ref: PreviewRef) => {
        removals += 1;
        if (removals === 1) throw new AppError('busy', 'status 502', { kind: 'unavailable' });
        return discard.call(previews, ref);
      },
    });
    await chat.restart();
    await nothingOpen();
    expect(removals).toBe(2);
    expect(chat.platform.texts).toEqual(['Done.']);
  });

  it('is not shown while the text may still be the silence marker', async () => {
    await running();
    for (const piece of ['NO', '_RE', 'PLY']) emit(delta(piece));
    await until('the text', () => chat.actor().turn?.view.text === 'NO_REPLY');
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(previews.calls).toEqual([]);
    expect(chat.platform.texts).toEqual([]);
    await nothingOpen();
  });

  it('shows all of the text at once when it turns out to be no marker', async () => {
    await running();
    emit(delta('No'));
    emit(delta(' problem'));
    await shows('No problem');
    expect(previews.views[0]?.markdown).toBe('No problem');
  });

  it('is removed when the turn ends silently', async () => {
    await running();
    emit(delta('Working on it'));
    await shows('Working on it');
    chat.actor().turn?.sentTexts.push('Working on it');
    chat.agent.last?.end({ status: 'ok' });
    await over();
    await nothingOpen();
    expect(chat.platform.texts).toEqual([]);
    expect(previews.calls.at(-1)).toBe('discard');
  });

  it('keeps what was said when the turn is stopped', async () => {
    await running();
    emit(delta('Half of'));
    await shows('Half of');
    await chat.say('/stop');
    await over();
    await until('the notice', () => chat.platform.texts.length === 2);
    expect(chat.platform.texts).toEqual(['Half of', '⏹ Stopped.']);
    await nothingOpen();
  });

  it('waits out a rate limit and goes on', async () => {
    await running();
    emit(delta('a'));
    await shows('a');
    previews.updateFailure = new AppError('slow', 'slow down', { kind: 'rate_limit', retryAfterMs: 5 });
    emit(delta('b'));
    await until('the refusal', () => previews.calls.includes('update'));
    previews.updateFailure = undefined;
    emit(delta('c'));
    await shows('abc');
  });

  it('shows what a rate limit refused, though nothing newer comes', async () => {
    await running();
    emit(delta('a'));
    await shows('a');
    previews.updateFailure = new AppError('slow', 'slow down', { kind: 'rate_limit', retryAfterMs: 20 });
    emit(delta('b'));
    await until('the refusal', () => previews.calls.includes('update'));
    previews.updateFailure = undefined;
    await shows('ab');
  });

  it.each([
    ['back', -86_400_000],
    ['ahead', 86_400_000],
  ])('keeps its pace when the clock is set %s', async (_way, byMs) => {
    await running({ intervalMs: 40 });
    emit(delta('a'));
    await shows('a');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + byMs });
    emit(delta('b'));
    await shows('ab');
    emit(delta('c'));
    await shows('abc');
  });

  it('gives up after failures in a row, and the answer comes all the same', async () => {
    await running();
    emit(delta('a'));
    await shows('a');
    previews.updateFailure = new AppError('broken', 'broken', { kind: 'unavailable' });
    for (const at of [1, 2, 3]) {
      emit(delta('b'));
      await until('the call', () => previews.calls.filter((call) => call === 'update').length === at);
      await until('its end', () => previews.inFlight === 0);
    }
    emit(delta('c'), delta('d'));
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(previews.calls.filter((call) => call === 'update')).toHaveLength(3);
    expect(chat.platform.texts).toEqual(['abbbcd']);
  });

  it('shows the newest part of a long text, and the answer all of it', async () => {
    await running({ maxChars: 40 });
    const long = Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n');
    emit(delta(long));
    await until('the preview', () => previews.views.length > 0);
    expect(previews.views[0]?.markdown).toMatch(/^…\n/);
    expect(previews.views[0]?.markdown).toContain('line 29');
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(chat.platform.texts).toEqual([long]);
  });

  it('carries the word about a model that does not answer', async () => {
    await running();
    emit(delta('Hello'));
    await shows('Hello');
    emit(retrying(2));
    await until('the status', () => previews.views.at(-1)?.status?.includes('attempt 2 of 10') === true);
    emit(delta(' again'));
    await until('its end', () => previews.views.at(-1)?.status === undefined);
    expect(chat.platform.shown).toHaveLength(1);
  });

  it('begins with that word where nothing was said yet, and becomes the answer', async () => {
    await running();
    emit(retrying(1));
    await until('the status', () => previews.views.at(-1)?.status?.includes('attempt 1 of 10') === true);
    emit(retrying(2));
    await until('the next one', () => previews.views.at(-1)?.status?.includes('attempt 2 of 10') === true);
    expect(chat.platform.shown).toHaveLength(1);
    emit(delta('Hello'));
    await shows('Hello');
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(chat.platform.texts).toEqual(['Hello']);
    expect(previews.calls.filter((call) => call === 'open')).toHaveLength(1);
  });

  it('does not stay above what comes next when it shows that word only', async () => {
    await running();
    emit(retrying(1));
    await until('the status', () => previews.views.length === 1);
    emit(tool);
    await until('the tool', () => chat.platform.texts.some((text) => text.includes('Read')));
    emit(delta('Hello'));
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(chat.platform.texts).toEqual(['🔧 **#1 Read** `a.txt`', 'Hello']);
  });

  it('goes away with that word when the agent stays silent', async () => {
    await running();
    emit(retrying(1));
    await until('the status', () => previews.views.length === 1);
    emit(delta('NO_REPLY'));
    chat.agent.last?.end({ status: 'ok' });
    await over();
    await until('an empty chat', () => chat.platform.texts.length === 0);
  });

  it('does not appear where previews are off for this platform', async () => {
    await running({ disabledPlatforms: ['fake'] });
    emit(delta('Hello'));
    chat.agent.last?.end({ status: 'ok' });
    await over();
    expect(previews.calls).toEqual([]);
    expect(chat.platform.texts).toEqual(['Hello']);
  });
});

describe('the ping after a long turn', () => {
  const longTurn = async (change: (chat: Harness) => void = () => undefined) => {
    await running({}, { notifyAfterMs: 60_000 });
    chat.platform.capabilities = { ...chat.platform.capabilities, editNotifies: false };
    change(chat);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    emit(delta('Hello'));
    await shows('Hello');
    vi.setSystemTime(Date.now() + 65_000);
  };
  const end = async () => {
    chat.agent.last?.end({ status: 'ok' });
    await over();
    await until('everything out', () => chat.context.delivery.waiting() === 0);
  };

  it('comes where the answer was an edit that raises no notification', async () => {
    await longTurn();
    await end();
    await until('the ping', () => chat.platform.last.startsWith('✅ Done (1 min'));
    expect(chat.platform.texts).toHaveLength(2);
  });

  it('comes where the last words stood before a tool, and nothing was said after it', async () => {
    await longTurn();
    emit(tool);
    await until('the tool', () => chat.platform.texts.some((text) => text.includes('Read')));
    await end();
    await until('the ping', () => chat.platform.last.startsWith('✅ Done (1 min'));
    expect(chat.platform.texts).toHaveLength(3);
  });

  it('does not come when the agent chose to say nothing', async () => {
    await longTurn();
    emit(tool, delta('NO_REPLY'));
    await until('the tool', () => chat.platform.texts.some((text) => text.includes('Read')));
    await end();
    expect(chat.platform.texts).toHaveLength(2);
  });

  it('does not come when the preview was sent anew', async () => {
    await longTurn();
    previews.finishes = 'resend';
    await end();
    expect(chat.platform.texts).toEqual(['Hello']);
  });

  it('does not come where edits notify', async () => {
    await longTurn(() => {
      chat.platform.capabilities = { ...chat.platform.capabilities, editNotifies: true };
    });
    await end();
    expect(chat.platform.texts).toEqual(['Hello']);
  });

  it('does not come after a short turn', async () => {
    await running({}, { notifyAfterMs: 60_000 });
    chat.platform.capabilities = { ...chat.platform.capabilities, editNotifies: false };
    emit(delta('Hello'));
    await shows('Hello');
    await end();
    expect(chat.platform.texts).toEqual(['Hello']);
  });
});
