import { afterEach, describe, expect, it } from 'vitest';
import { botWith, checks, quick, slow, World } from './reload-world.ts';

let world: World;
afterEach(() => world.close());

describe('a reload of projects behind one bot', () => {
  it('changes all routes at one moment: what comes while projects are added goes where it went before', async () => {
    world = new World();
    world.configure(['demo', quick, '']);
    await world.open();
    expect(await world.writes('c2')).toBe('demo');
    world.configure(
      ['first', quick, '{ chats = ["c1"] }'],
      ['second', slow, '{ chats = ["c2"] }'],
      ['demo', quick, '{ default = true }'],
    );
    const held = world.holdUp();
    const reloaded = world.reload();
    const go = await held;
    expect([await world.writes('c1'), await world.writes('c2'), await world.writes('c3')]).toEqual([
      'demo',
      'demo',
      'demo',
    ]);
    go();
    await reloaded;
    expect([await world.writes('c1'), await world.writes('c2'), await world.writes('c3')]).toEqual([
      'first',
      'second',
      'demo',
    ]);
    expect(world.connections).toBe(1);
  });

  it('gives the chats of a project that leaves to nobody else before its successor is there', async () => {
    world = new World();
    world.configure(['demo', quick, '{ default = true }'], ['old', quick, '{ chats = ["c2"] }']);
    await world.open();
    world.configure(['demo', quick, '{ default = true }'], ['new', slow, '{ chats = ["c2"] }']);
    const held = world.holdUp();
    const reloaded = world.reload();
    const go = await held;
    expect(await world.writes('c2')).toBe('old');
    go();
    expect((await reloaded).applied).toEqual(['project old removed', 'project new added']);
    expect([await world.writes('c2'), await world.writes('c1')]).toEqual(['new', 'demo']);
  });

  it('keeps changed routes back until everything they belong to is there', async () => {
    world = new World();
    world.configure(['demo', quick, ''], ['other', quick, '{ chats = ["c1"] }']);
    await world.open();
    world.configure(
      ['demo', quick, '{ chats = ["c1"] }'],
      ['other', quick, '{ chats = ["c2"] }'],
      ['third', slow, '{ default = true }'],
    );
    const held = world.holdUp();
    const reloaded = world.reload();
    const go = await held;
    expect([await world.writes('c1'), await world.writes('c2')]).toEqual(['other', 'demo']);
    go();
    await reloaded;
    expect([await world.writes('c1'), await world.writes('c2'), await world.writes('c3')]).toEqual([
      'demo',
      'other',
      'third',
    ]);
  });

  it('connects a new bot only once all its projects can take messages', async () => {
    world = new World();
    world.configure(['lone', quick]);
    await world.open();
    world.configure(['first', quick, '{ default = true }'], ['second', slow, '{ chats = ["c2"] }']);
    const held = world.holdUp();
    const reloaded = world.reload();
    const go = await held;
    expect(world.connections).toBe(0);
    go();
    await reloaded;
    expect(world.connections).toBe(1);
    expect([await world.writes('c1'), await world.writes('c2')]).toEqual(['first', 'second']);
  });

  it('ends the connection with the last project, and only then', async () => {
    world = new World();
    world.configure(['demo', quick, ''], ['other', quick, '']);
    await world.open();
    world.configure(['fresh', quick, '']);
    await world.reload();
    expect(await world.writes('c1')).toBe('fresh');
    expect([world.connections, world.stopped]).toEqual([1, 0]);
    world.configure(['lone', quick]);
    await world.reload();
    expect(world.stopped).toBe(1);
  });

  it('says of a platform that cannot be used that it cannot, and not that it is connected', async () => {
    world = new World();
    world.configure(['demo', quick]);
    await world.open();
    world.configure(['demo', quick, `{ default = true }\n${botWith('')}`]);
    const { applied, notes } = await world.reload();
    expect(applied.filter((line) => line.includes('connected'))).toEqual(['demo: telegram connected']);
    expect(notes.join()).toContain('demo: telegram cannot be used: the bot fake:bot is configured twice');
  });

  it('does again what a reload that failed midway has done, and goes on with the rest', async () => {
    world = new World();
    world.configure(['demo', quick, '{ chats = ["c1"] }'], ['other', quick, '{ default = true }']);
    await world.open();
    world.configure(['demo', quick, '{ chats = ["c2"] }'], ['other', slow, '{ default = true }']);
    world.breakAfter(checks);
    await expect(world.reload()).rejects.toThrow('the disk is gone');
    world.configure(['demo', quick, '{ chats = ["c3"] }'], ['other', slow, '{ default = true }']);
    const { applied } = await world.reload();
    expect(applied).toContain('demo: telegram changed');
    expect(applied.some((line) => line.startsWith('other: agents changed'))).toBe(true);
    expect([await world.writes('c2'), await world.writes('c3')]).toEqual(['other', 'demo']);
    expect(world.connections).toBe(1);
  });

  it('changes the rate of a bot and the level of the log at once', async () => {
    world = new World();
    world.configure(['demo', quick, '']);
    await world.open();
    expect(world.wait('demo', 3)).toBeUndefined();
    world.top = '[outgoing_rate_limit]\nmax_per_second = 2\n[log]\nlevel = "debug"\n';
    world.configure(['demo', quick, '']);
    expect((await world.reload()).applied).toEqual(['settings: log, outgoing_rate_limit']);
    expect([world.wait('demo', 2), world.wait('demo', 3)]).toEqual([0, Number.POSITIVE_INFINITY]);
    expect(world.levels).toEqual(['debug']);
    world.top = '[outgoing_rate_limit.platforms.telegram]\nmax_per_second = 5\n';
    world.configure(['demo', quick, '']);
    await world.reload();
    // The fake bot calls itself otherwise than its entry.
    expect(world.wait('demo', 3)).toBeUndefined();
  });
});
