import { afterEach, describe, expect, it } from 'vitest';
import type { Address } from '../../src/core/address.ts';
import { asId, type InputId } from '../../src/core/ids.ts';
import type { MigrateInbound } from '../../src/core/inbound.ts';
import type { InputRow } from '../../src/store/rows.ts';
import { alice, Harness, type HarnessOptions, until } from '../engine-harness/harness.ts';
import { FakePreviews } from './fake-previews.ts';

let chat: Harness;
afterEach(() => chat.close());

const at = (name: string): Address => ({ ...chat.address(), chat: name });
const actorAt = (name: string) => chat.project.actorFor(chat.platform.sessionKey(at(name), alice));
const sayIn = (name: string, text: string) => chat.send({ text, address: at(name) });
const shownIn = (name: string) =>
  chat.platform.shown.filter(({ to }) => to.chat === name).map(({ part }) => part.plain);
const appears = (name: string, text: string) =>
  until(`“${text}” in ${name}`, () => shownIn(name).some((one) => one.includes(text)));
const prompts = () => chat.agent.sessions.flatMap((one) => one.prompts.map(({ text }) => text));
const prompted = (text: string) => until(`the prompt ${text}`, () => prompts().includes(text));
const processOf = (text: string) => chat.agent.sessions.find((one) => one.prompts.at(-1)?.text === text);
const settled = () =>
  until('everything settled', () => chat.queries.openInputs(chat.context.name).length === 0);

const move = (fromChat: string, to: string): MigrateInbound => ({
  kind: 'migrate',
  dedupeKey: `g:${fromChat}:${to}`,
  fromChat,
  address: { account: chat.platform.account, chat: to, direct: false },
  sender: { id: 'bot', bot: true },
  at: 0,
});

/** A turn runs in c1 with two messages behind it, and another one runs in c7. */
const busy = async (options: HarnessOptions = {}, prepare = () => {}) => {
  chat = await Harness.open(options);
  prepare();
  for (const [name, text] of [
    ['c1', 'one'],
    ['c7', 'elsewhere'],
  ] as const) {
    await sayIn(name, text);
    await prompted(text);
    await until('the turn to be handed over', () => actorAt(name).turn?.state !== 'starting');
  }
  await sayIn('c1', 'two');
  await sayIn('c1', 'three');
  await until('the queue', () => actorAt('c1').waiting.length === 2);
};

describe('a chat that gets a new id', () => {
  it('takes its running turn and its queue along, in one process', async () => {
    await busy();
    await chat.project.input(move('c1', 'c2'));
    expect(actorAt('c2').turn?.inputs[0]?.body).toMatchObject({ text: 'one' });
    await sayIn('c2', 'four');
    await until('the queue', () => actorAt('c2').waiting.length === 3);
    for (const text of ['one', 'two', 'three', 'four']) {
      await prompted(text);
      processOf(text)?.reply(`to ${text}`);
      await appears('c2', `to ${text}`);
    }
    expect(chat.agent.sessions).toHaveLength(2);
    expect(prompts().filter((text) => text !== 'elsewhere')).toEqual(['one', 'two', 'three', 'four']);
    processOf('elsewhere')?.reply('to elsewhere');
    await settled();
    expect(chat.queries.sessionsOfProject(chat.context.name)).toHaveLength(2);
  });

  it('can be stopped by a word in the new one', async () => {
    await busy();
    await chat.project.input(move('c1', 'c2'));
    await sayIn('c2', '/stop');
    await appears('c2', 'Stopped');
    expect(shownIn('c2').join()).not.toContain('Nothing is running');
  });

  it('leaves the turns of all other chats alone', async () => {
    await busy();
    const other = actorAt('c7');
    await chat.project.input(move('c1', 'c2'));
    expect(actorAt('c7')).toBe(other);
    await sayIn('c7', 'behind it');
    await until('the queue', () => other.waiting.length === 1);
    expect(chat.agent.sessions).toHaveLength(2);
    processOf('elsewhere')?.reply('to elsewhere');
    await appears('c7', 'to elsewhere');
    await prompted('behind it');
    expect(chat.agent.sessions).toHaveLength(2);
  });

  it('ends its process with the daemon, and the next start judges its turn in the new chat', async () => {
    await busy();
    await chat.project.input(move('c1', 'c2'));
    const running = processOf('one');
    await chat.restart();
    expect(running?.closed).toBe(true);
    await appears('c2', 'was restarted');
    await prompted('two');
    expect(processOf('two')?.spec.resume).toBe('native-1');
    expect(shownIn('c1').filter((text) => text.includes('was restarted'))).toEqual([]);
  });

  it('has what is asked there asked again, and words answer it', async () => {
    await busy();
    processOf('one')?.emit({
      kind: 'approval',
      wireId: 'w1',
      request: {
        kind: 'permission',
        tool: 'Bash',
        summary: 'make',
        input: {},
        options: [{ id: 'yes', label: '', role: 'allow' }],
      },
    });
    await appears('c1', 'Permission: Bash');
    await until('its record', () => chat.context.delivery.waiting() === 0);
    await chat.project.input(move('c1', 'c2'));
    await appears('c2', 'Permission: Bash');
    await until('its record', () => chat.context.delivery.waiting() === 0);
    await sayIn('c2', 'yes');
    await until('the answer', () => processOf('one')?.answers.length === 1);
    await until('the card to be settled', () => !shownIn('c2').some((text) => text.includes('[')));
    // The dead chat is not written to.
    expect(shownIn('c1').some((text) => text.includes('['))).toBe(true);
  });

  it('gets the preview of the running turn anew', async () => {
    let previews: FakePreviews | undefined;
    const preview = { enabled: true, disabledPlatforms: [], intervalMs: 1, minDeltaChars: 1, maxChars: 2000 };
    await busy({ settings: { preview } }, () => {
      previews = new FakePreviews(chat.platform);
    });
    processOf('one')?.emit({ kind: 'text', text: 'It begins', mode: 'delta' });
    await appears('c1', 'It begins');
    await chat.project.input(move('c1', 'c2'));
    processOf('one')?.emit({ kind: 'text', text: ' and goes on', mode: 'delta' });
    await appears('c2', 'It begins and goes on');
    const turn = actorAt('c2').turn?.id;
    processOf('one')?.end({ status: 'ok' });
    await until('the end', () => previews?.calls.includes('finish') === true);
    expect(shownIn('c2')).toEqual(['It begins and goes on']);
    await until(
      'no preview of it open',
      () => !chat.queries.openPreviews(chat.context.name).some(({ turnId }) => turnId === turn),
    );
    // A message of the same id in the new chat is somebody else's.
    expect(previews?.calls).not.toContain('discard');
  });

  it('gets its unsent parts, in order, before what is said later', async () => {
    await busy();
    chat.platform.broken = new Error('away');
    processOf('one')?.reply('to one');
    await until('the part to wait', () => chat.queries.openParts(chat.context.name).length === 1);
    await chat.project.input(move('c1', 'c2'));
    await prompted('two');
    processOf('two')?.reply('to two');
    const stored = () => chat.queries.openParts(chat.context.name);
    await until('both parts to wait', () => stored().length === 2);
    expect(stored().map(({ address, lane }) => [address.chat, lane])).toEqual([
      ['c2', 'fake:bot|c2|'],
      ['c2', 'fake:bot|c2|'],
    ]);
    chat.platform.broken = undefined;
    chat.context.delivery.wake(chat.platform.account);
    await appears('c2', 'to two');
    expect(shownIn('c2')).toEqual(['to one', 'to two']);
  });

  it('is told what waited in the new one for a platform that was away as soon as it is back', async () => {
    await busy();
    await sayIn('c2', 'early');
    await prompted('early');
    chat.platform.broken = new Error('away');
    for (const text of ['early', 'one']) processOf(text)?.reply(`to ${text}`);
    const tries = () =>
      chat.queries
        .openParts(chat.context.name)
        .filter(({ attempts, part }) => attempts > 0 && part.plain.startsWith('to '));
    await until('both parts to wait', () => tries().length === 2);
    await chat.project.input(move('c1', 'c2'));
    expect(chat.context.delivery.waiting()).toBe(2);
    // Some more attempts, so that the next would be long in coming.
    for (const attempts of [2, 3, 4]) {
      chat.context.delivery.wake(chat.platform.account);
      await until('another attempt', () => tries().every((part) => part.attempts >= attempts));
    }
    chat.platform.broken = undefined;
    chat.context.delivery.wake(chat.platform.account);
    await until('both', () => shownIn('c2').length === 2, 1500);
    await chat.context.delivery.drained();
    expect(shownIn('c2').sort()).toEqual(['to early', 'to one']);
  });

  it('that somebody has spoken in already goes on there with what waited', async () => {
    await busy();
    await sayIn('c2', 'early');
    await prompted('early');
    await chat.project.input(move('c1', 'c2'));
    processOf('one')?.reply('to one');
    await appears('c2', 'to one');
    expect(actorAt('c2').waiting).toHaveLength(2);
    processOf('early')?.reply('to early');
    await prompted('two');
    const active = chat.queries.sessionsOfProject(chat.context.name).filter(({ active }) => active);
    expect(new Set(active.map(({ sessionKey }) => sessionKey)).size).toBe(active.length);
  });
});

describe('a turn that runs when its chat becomes one that somebody has spoken in', () => {
  it('is stopped by a word there, together with what runs there itself', async () => {
    await busy();
    await sayIn('c2', 'early');
    await prompted('early');
    processOf('early')?.reply('to early');
    await appears('c2', 'to early');
    await until('the end of the turn', () => actorAt('c2').turn === undefined);
    await chat.project.input(move('c1', 'c2'));
    await prompted('two');
    const [one, two] = [processOf('one'), processOf('two')];
    await sayIn('c2', '/stop');
    await until('the end of both', () => one?.interrupts === 1 && two?.interrupts === 1);
    await until('both words', () => shownIn('c2').filter((text) => text.includes('Stopped')).length === 2);
    await until('the end of the turns', () => !actorAt('c2').isBusy);
  });
});

describe('what a stop has held back in a chat that gets a new id', () => {
  it('is still held where somebody has spoken in the new one already', async () => {
    await busy();
    await sayIn('c1', '/stop');
    await appears('c1', 'Stopped');
    await until('the end of the turn', () => actorAt('c1').turn === undefined);
    await sayIn('c2', 'early');
    await prompted('early');
    await chat.project.input(move('c1', 'c2'));
    expect([actorAt('c2').isHeld, actorAt('c2').waiting.length]).toEqual([true, 2]);
    processOf('early')?.reply('to early');
    await appears('c2', 'to early');
    await until('the end of the turn', () => actorAt('c2').turn === undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(prompts()).not.toContain('two');
  });
});

describe('a move that was stored and not acted on', () => {
  it('is made up for before anything else of the last life is judged', async () => {
    await busy();
    const body = move('c1', 'c2');
    const row: InputRow = {
      id: asId<InputId>('zz-last'),
      project: chat.context.name,
      account: chat.platform.account,
      dedupeKey: body.dedupeKey,
      sessionKey: chat.platform.sessionKey(body.address, body.sender),
      sessionId: null,
      agent: null,
      kind: 'migrate',
      state: 'running',
      message: null,
      promptId: null,
      turnId: null,
      body,
      detail: null,
      attempts: 0,
      platformAt: 0,
      receivedAt: Date.now(),
      finishedAt: null,
    };
    await chat.store.commit('acceptInput', { input: row });
    const before = shownIn('c1').length;
    await chat.restart();
    await appears('c2', 'was restarted');
    await appears('c7', 'was restarted');
    await sayIn('c2', 'four');
    for (const text of ['two', 'three', 'four']) {
      await prompted(text);
      processOf(text)?.reply(`to ${text}`);
      await appears('c2', `to ${text}`);
    }
    expect(prompts().filter((text) => text !== 'elsewhere')).toEqual(['one', 'two', 'three', 'four']);
    expect(shownIn('c1')).toHaveLength(before);
    // The two of the first life, and one that goes on with the conversation of c1.
    expect(chat.agent.sessions).toHaveLength(3);
    await settled();
  });
});
