import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accessFindings, People } from '../../src/app/people.ts';
import { type AccountId, asId } from '../../src/core/ids.ts';
import type { PairingRow } from '../../src/store/rows.ts';
import { Harness } from '../engine-harness/harness.ts';

let first: Harness;
let second: Harness;
let people: People;

beforeEach(async () => {
  first = await Harness.open({ name: 'one', allowFrom: '' });
  second = await Harness.open({ name: 'two', allowFrom: '', beside: first });
  const projects = new Map([first, second].map((one) => [String(one.context.name), one.project]));
  people = new People(first.queries, (name) => projects.get(name)?.pairing);
});
afterEach(async () => {
  await second.close();
  await first.close();
});

/** Somebody at a bot of a project. */
async function has(
  project: Harness,
  account: string,
  userId: string,
  more: Partial<PairingRow> = {},
): Promise<void> {
  const row: PairingRow = {
    project: project.context.name,
    account: asId<AccountId>(account),
    userId,
    userName: null,
    state: 'approved',
    code: null,
    address: null,
    createdAt: 1,
    expiresAt: null,
    approvedAt: 1,
    ...more,
  };
  await project.store.commit('pairing', { row });
}

const waiting = { state: 'pending', code: 'ABCD2345', expiresAt: Date.now() + 3_600_000 } as const;
const states = () =>
  people
    .list()
    .map(({ id, state }) => `${id} ${state}`)
    .sort();

describe('taking access back', () => {
  it('by the listed id touches that bot and that project only', async () => {
    await has(first, 'fake:a', '123');
    await has(first, 'fake:b', '123');
    await has(second, 'fake:b', '123');
    expect(await people.revoke('one/fake:b/123')).toMatchObject({ id: 'one/fake:b/123', state: 'revoked' });
    expect(states()).toEqual([
      'one/fake:a/123 approved',
      'one/fake:b/123 revoked',
      'two/fake:b/123 approved',
    ]);
  });

  it.each([['123'], ['Bob']])('by %s is refused where it fits several, naming them all', async (who) => {
    await has(first, 'fake:a', '123', { userName: 'Bob' });
    await has(second, 'fake:b', '123', { userName: 'Bob' });
    await expect(people.revoke(who)).rejects.toMatchObject({
      code: 'pair_ambiguous',
      advice: 'name one by its id: one/fake:a/123, two/fake:b/123',
    });
    expect(states()).toEqual(['one/fake:a/123 approved', 'two/fake:b/123 approved']);
  });

  it.each([['123'], ['Bob']])('by %s is refused where somebody waits under it, too', async (who) => {
    await has(first, 'fake:a', '123', { ...waiting, userName: 'Bob' });
    await has(second, 'fake:b', '123', { userName: 'Bob' });
    await expect(people.revoke(who)).rejects.toMatchObject({
      code: 'pair_ambiguous',
      advice: 'name one by its id: one/fake:a/123, two/fake:b/123',
    });
    expect(states()).toEqual(['one/fake:a/123 pending', 'two/fake:b/123 approved']);
  });

  it.each([['123'], ['Bob']])('by %s finds the only one who has it, paired or waiting', async (who) => {
    await has(first, 'fake:a', '123', { state: 'revoked', userName: 'Bob' });
    await has(second, 'fake:b', '123', { ...waiting, userName: 'Bob' });
    expect(await people.revoke(who)).toMatchObject({ id: 'two/fake:b/123' });
    await has(second, 'fake:b', '123', { userName: 'Bob' });
    expect(await people.revoke(who)).toMatchObject({ id: 'two/fake:b/123' });
    expect(states()).toEqual(['one/fake:a/123 revoked', 'two/fake:b/123 revoked']);
  });

  it('says so when there is nobody to take it from', async () => {
    await has(first, 'fake:a', '123', { state: 'revoked' });
    await has(first, 'fake:a', '124', { ...waiting, expiresAt: Date.now() - 1 });
    for (const who of ['123', '124', '125', 'one/fake:a/123'])
      await expect(people.revoke(who), who).rejects.toMatchObject({ code: 'pair_unknown' });
  });
});

describe('what the owner is told of paired people', () => {
  it('names all whose id allow_from does not list, whatever they call themselves', async () => {
    const listing = await Harness.open({ name: 'three', allowFrom: '123, bob' });
    try {
      const account = String([...listing.context.links.keys()][0]);
      await has(listing, account, '123', { userName: 'Ada' });
      await has(listing, account, '124', { userName: 'Bob' });
      listing.project.access.refresh();
      expect(accessFindings(listing.project)).toMatchObject([
        {
          level: 'warning',
          what: expect.stringMatching(/^124 \(Bob\) is not listed by id in allow_from/),
          fix: `cc-connect pair revoke three/${account}/124, or add the id to allow_from`,
        },
      ]);
    } finally {
      await listing.close();
    }
  });
});

describe('letting somebody in', () => {
  it('takes the code as people type it', async () => {
    await has(second, 'fake:b', '7', { ...waiting, code: 'ABCD2305' });
    expect(await people.approve('abcd-23o5')).toMatchObject({ id: 'two/fake:b/7', state: 'approved' });
  });

  it('takes the listed id or the user id of somebody whose access was taken back', async () => {
    await has(first, 'fake:a', '123', { state: 'revoked' });
    await people.approve('123');
    expect(states()).toEqual(['one/fake:a/123 approved']);
    await people.revoke('123');
    await people.approve('one/fake:a/123');
    expect(states()).toEqual(['one/fake:a/123 approved']);
  });

  it('is refused where a user id fits several, and by the name people give themselves', async () => {
    await has(first, 'fake:a', '123', { state: 'revoked', userName: 'Bob' });
    await has(second, 'fake:b', '123', { ...waiting, userName: 'Bob' });
    await expect(people.approve('123')).rejects.toMatchObject({ code: 'pair_ambiguous' });
    await expect(people.approve('Bob')).rejects.toMatchObject({ code: 'pair_unknown' });
    expect(states()).toEqual(['one/fake:a/123 revoked', 'two/fake:b/123 pending']);
  });

  it('says that a project is not running', async () => {
    await has(first, 'fake:a', '123', { state: 'revoked' });
    const alone = new People(first.queries, () => undefined);
    await expect(alone.approve('123')).rejects.toThrow('the project one is not running');
    await expect(alone.approve('WRONG234')).rejects.toMatchObject({ code: 'pair_unknown' });
  });
});
