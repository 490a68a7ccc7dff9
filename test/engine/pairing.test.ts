import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AccountId, asId } from '../../src/core/ids.ts';
import type { Sender } from '../../src/core/inbound.ts';
import { alice, Harness, until } from '../engine-harness/harness.ts';

const bob: Sender = { id: 'bob', name: 'Bob' };
const minute = 60_000;

let chat: Harness;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-02T03:04:05Z') });
});
afterEach(async () => {
  vi.useRealTimers();
  await chat.close();
});

const account = () => chat.platform.account;
const row = (sender: Sender, at: AccountId = account()) =>
  chat.queries.pairings().find(({ userId, account: of }) => userId === sender.id && of === at);
const codeOf = (text: string) => /approve ([0-9A-Z]{8})/.exec(text)?.[1];
const audit = () =>
  chat.queries
    .audits(chat.context.name, 50)
    .map(({ actor, action, detail }) => `${actor} ${action} ${detail}`);
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** What the bot says to somebody who is let in: the agent has the words. */
async function isHeard(sender: Sender): Promise<boolean> {
  const { verdict } = await chat.send({ text: 'are you there' }, sender);
  return verdict === 'accepted';
}

async function pair(sender: Sender): Promise<void> {
  await chat.ask('hello', sender);
  await chat.project.pairing.approve(account(), sender.id);
}

describe('a stranger in a direct chat', () => {
  it('gets a code, and gets in once the owner has approved it', async () => {
    chat = await Harness.open({ allowFrom: '' });
    const told = await chat.ask('do something');
    expect(codeOf(told)).toBe(row(alice)?.code);
    expect(told).toContain('15 minutes');
    expect(chat.agent.last).toBeUndefined();
    await chat.project.pairing.approve(account(), 'alice');
    await until('the news', () => chat.platform.last.includes('You are paired'));
    await chat.turn('now do it', 'done');
  });

  it('is told the same code again after a minute, not before, with the time that is left', async () => {
    chat = await Harness.open({ allowFrom: '' });
    const code = codeOf(await chat.ask('one'));
    later(minute - 1);
    await chat.say('two');
    await chat.context.delivery.caughtUp(chat.address());
    expect(chat.platform.texts).toHaveLength(1);
    later(1);
    const again = await chat.ask('three');
    expect(codeOf(again)).toBe(code);
    expect(again).toContain('14 minutes');
  });

  it('gets a new code after 15 minutes, and the old one opens nothing', async () => {
    chat = await Harness.open({ allowFrom: '' });
    const code = codeOf(await chat.ask('one'));
    later(15 * minute);
    await expect(chat.project.pairing.approve(account(), 'alice')).rejects.toMatchObject({
      code: 'pair_unknown',
    });
    const fresh = codeOf(await chat.ask('two'));
    expect(fresh).toBeDefined();
    expect(fresh).not.toBe(code);
    expect(chat.queries.pairingByCode(code ?? '')).toBeUndefined();
    expect(chat.queries.pairingByCode(fresh ?? '')?.userId).toBe('alice');
  });

  it('gets none while 20 are open, and one as soon as those have expired', async () => {
    chat = await Harness.open({ allowFrom: '' });
    for (let n = 0; n < 20; n++) await chat.say('hi', { id: `s${n}` });
    expect(chat.queries.pairings()).toHaveLength(20);
    await chat.say('hi', { id: 'one-more' });
    expect(row({ id: 'one-more' })).toBeUndefined();
    later(minute);
    await chat.say('again', { id: 's0' });
    await until('the known one to be told again', () => chat.platform.texts.length === 21);
    later(14 * minute);
    await chat.say('hi', { id: 'one-more' });
    expect(row({ id: 'one-more' })?.state).toBe('pending');
  });

  it('changes nothing by a form, and sees none of it answered', async () => {
    chat = await Harness.open({ allowFrom: '' });
    const reply = await chat.press('act:/quiet compact', bob, { form: { answer: 'yes' } });
    expect(reply).toMatchObject({ toastKind: 'error' });
    expect(reply.card).toBeUndefined();
    expect(chat.context.settings.display.mode).toBe('full');
    expect(chat.queries.pairings()).toEqual([]);
    expect(audit()).toEqual(['bob access.refused fake:bot button act']);
  });

  it('has the refused words noted, without the words', async () => {
    chat = await Harness.open({ allowFrom: '' });
    await chat.ask('my secret', bob);
    expect(audit()).toEqual(['bob pairing.asked fake:bot', 'bob access.refused fake:bot message']);
  });
});

describe('what strangers try', () => {
  const inbound = (kind: 'edit' | 'stop', more: object = {}) => ({
    ...(kind === 'edit' ? { kind, message: 'm1', text: 'new words' } : { kind }),
    dedupeKey: `${kind}:${Math.random()}`,
    address: chat.address(bob),
    sender: bob,
    at: 0,
    ...more,
  });

  it('is noted for edits and stops as well, and changes nothing', async () => {
    chat = await Harness.open({ allowFrom: 'alice' });
    await chat.running('work');
    expect(await chat.project.input(inbound('edit'))).toBe('refused');
    expect(await chat.project.input(inbound('stop'))).toBe('refused');
    expect(chat.agent.last?.busy).toBe(true);
    expect(audit()).toEqual(['bob access.refused fake:bot stop', 'bob access.refused fake:bot edit']);
  });

  it('is not noted where people of a group edit what they said to each other', async () => {
    chat = await Harness.open({ allowFrom: 'alice' });
    const address = { ...chat.address(bob), direct: false };
    expect(await chat.project.input(inbound('edit', { address }))).toBe('refused');
    expect(audit()).toEqual([]);
  });

  it('fills no more than ten lines of the audit log an hour for each of them', async () => {
    chat = await Harness.open({ allowFrom: 'alice' });
    for (let n = 0; n < 12; n++) await chat.say('hi', bob);
    await chat.say('hi', { id: 'carol' });
    expect(audit().filter((line) => line.startsWith('bob'))).toHaveLength(10);
    expect(audit().filter((line) => line.startsWith('carol'))).toHaveLength(1);
    later(60 * minute);
    await chat.say('hi', bob);
    expect(audit().filter((line) => line.startsWith('bob'))).toHaveLength(11);
  });
});

describe('a stranger in a group', () => {
  it('meets silence and gets no code', async () => {
    chat = await Harness.open({ allowFrom: '' });
    const { verdict } = await chat.send(
      { text: 'hello all', address: { ...chat.address(bob), chat: 'group', direct: false } },
      bob,
    );
    expect(verdict).toBe('refused');
    expect(chat.platform.texts).toEqual([]);
    expect(chat.queries.pairings()).toEqual([]);
    expect(audit()).toEqual(['bob access.refused fake:bot message']);
  });
});

describe('where the config lists who may', () => {
  it('a stranger is refused without a code, told once an hour', async () => {
    chat = await Harness.open({ allowFrom: 'alice' });
    expect(await chat.ask('hello', bob)).toContain('may not use');
    later(59 * minute);
    await chat.say('hello?', bob);
    expect(chat.platform.texts).toHaveLength(1);
    later(minute + 1);
    await chat.ask('hello??', bob);
    expect(chat.platform.texts).toHaveLength(2);
    expect(chat.queries.pairings()).toEqual([]);
  });
});

describe('a person whose access was taken back', () => {
  it('is no longer heard, nor asked to pair again, until let in again', async () => {
    chat = await Harness.open({ allowFrom: '' });
    await pair(alice);
    expect(await isHeard(alice)).toBe(true);
    await chat.project.pairing.revoke(account(), 'alice');
    expect(await isHeard(alice)).toBe(false);
    later(60 * minute);
    const before = chat.platform.texts.length;
    await chat.say('please', alice);
    await chat.context.delivery.caughtUp(chat.address());
    expect(chat.platform.texts).toHaveLength(before);
    await chat.project.pairing.approve(account(), 'alice');
    expect(await isHeard(alice)).toBe(true);
  });

  it('stays out after a restart', async () => {
    chat = await Harness.open({ allowFrom: '' });
    await pair(alice);
    await chat.restart();
    expect(await isHeard(alice)).toBe(true);
    await chat.project.pairing.revoke(account(), 'alice');
    await chat.restart();
    expect(await isHeard(alice)).toBe(false);
  });

  it('keeps the access at another bot of the project, and nobody else loses any', async () => {
    chat = await Harness.open({ allowFrom: '' });
    const other = asId<AccountId>('fake:other');
    const link = chat.context.links.get(account());
    if (!link) throw new Error('no link');
    chat.context.links.set(other, link);
    await pair(alice);
    await chat.send({ text: 'hi', address: { ...chat.address(), account: other } });
    await chat.project.pairing.approve(other, 'alice');
    await chat.project.pairing.revoke(other, 'alice');
    expect(row(alice)?.state).toBe('approved');
    expect(row(alice, other)?.state).toBe('revoked');
    expect(chat.project.access.isAllowed(account(), alice)).toBe(true);
    expect(chat.project.access.isAllowed(other, alice)).toBe(false);
  });

  it('can be turned down before being let in: the code is dead', async () => {
    chat = await Harness.open({ allowFrom: '' });
    const code = codeOf(await chat.ask('hello', bob));
    await chat.project.pairing.revoke(account(), 'bob');
    expect(chat.queries.pairingByCode(code ?? '')).toBeUndefined();
    expect(row(bob)?.state).toBe('revoked');
    await expect(chat.project.pairing.revoke(account(), 'bob')).rejects.toMatchObject({
      code: 'pair_unknown',
    });
  });

  it('leaves a trail: asked, approved, revoked, approved', async () => {
    chat = await Harness.open({ allowFrom: '' });
    await pair(bob);
    await chat.project.pairing.revoke(account(), 'bob');
    await chat.project.pairing.approve(account(), 'bob');
    expect(audit().filter((line) => line.includes('pairing.'))).toEqual([
      'operator pairing.approved fake:bot bob',
      'operator pairing.revoked fake:bot bob',
      'operator pairing.approved fake:bot bob',
      'bob pairing.asked fake:bot',
    ]);
  });
});

describe('the first person who was paired', () => {
  it('is admin until admin_from is set; the next one follows when their access is taken back', async () => {
    chat = await Harness.open({ allowFrom: '' });
    const isAdmin = (sender: Sender) => chat.project.access.isAdmin(account(), sender);
    await pair(bob);
    later(minute);
    await pair(alice);
    expect([isAdmin(bob), isAdmin(alice)]).toEqual([true, false]);
    await chat.project.pairing.revoke(account(), 'bob');
    expect([isAdmin(bob), isAdmin(alice)]).toEqual([false, true]);
    later(minute);
    await chat.project.pairing.approve(account(), 'bob');
    expect([isAdmin(bob), isAdmin(alice)]).toEqual([false, true]);
    chat.context.settings = { ...chat.context.settings, adminFrom: 'bob' };
    expect([isAdmin(bob), isAdmin(alice)]).toEqual([true, false]);
  });
});
