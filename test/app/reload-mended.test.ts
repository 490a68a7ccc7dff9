import { afterEach, describe, expect, it } from 'vitest';
import { absent, botWith, checks, quick, slow, World } from './reload-world.ts';

let world: World;
afterEach(() => world.close());

const everybody = botWith('');
const ada = botWith('', 'token = "1:t", allow_from = "ada"');
const eve = botWith('', 'token = "1:t", allow_from = "eve"');

describe('a reload after a bot was configured twice', () => {
  it.each([
    ['the same entries', everybody, everybody],
    ['entries with other routes', botWith('{ chats = ["c1"] }'), botWith('{ default = true }')],
    ['entries with other options', eve, ada],
  ])('keeps the bot connected when one of the two is taken out: %s', async (_, first, second) => {
    for (const kept of [first, second]) {
      world = new World();
      world.write(['demo', quick, `${first}\n${second}`]);
      await world.open();
      expect(world.problems('demo').join()).toContain('configured twice');
      world.write(['demo', quick, kept]);
      await world.reload();
      expect(world.problems('demo')).toEqual([]);
      expect([world.connections, world.stopped]).toEqual([1, 0]);
      if (kept !== eve) expect(await world.writes('c1')).toBe('demo');
      // The next one finds nothing left to do.
      expect(await world.reload()).toMatchObject({ applied: [] });
      expect([world.connections, world.stopped]).toEqual([1, 0]);
      if (kept !== second) await world.close();
    }
  });

  it('ends the connection when both are taken out', async () => {
    world = new World();
    world.write(['demo', quick, `${everybody}\n${everybody}`]);
    await world.open();
    world.write(['demo', quick, '']);
    expect((await world.reload()).applied).toEqual(['demo: telegram removed', 'demo: telegram disconnected']);
    expect([world.problems('demo'), world.stopped]).toEqual([[], 1]);
  });

  it('says so again as long as both are there, and lets neither take the place of the other', async () => {
    world = new World();
    world.write(['demo', quick, `${ada}\n${eve}`]);
    await world.open();
    for (const edited of [botWith('', 'token = "1:t", allow_from = "ada,bob"'), ada]) {
      world.write(['demo', quick, `${edited}\n${eve}`]);
      const { applied, notes } = await world.reload();
      expect(applied).toEqual(['demo: telegram changed']);
      expect(notes.filter((note) => note.includes('cannot be used'))).toHaveLength(1);
      expect(world.problems('demo')).toHaveLength(1);
      expect(await world.writes('c1')).toBe('demo');
    }
    expect([world.connections, world.stopped]).toEqual([1, 0]);
  });
});

describe('a reload that takes away why an entry could not be used', () => {
  const old = botWith('{ default = true }', 'token = "1:old", allow_from = "*"');
  const right = botWith('{ default = true }', 'token = "1:new", allow_from = "*"');
  const other = botWith('{ chats = ["c2"] }', 'token = "1:new", allow_from = "*"');

  it.each([
    ['before it', true],
    ['behind it', false],
  ])('uses the entry though nothing in it changed; the cause stands %s in the file', async (_, before) => {
    world = new World();
    const order = <T>(cause: T, broken: T): T[] => (before ? [cause, broken] : [broken, cause]);
    // Whoever is first at the start has the bot.
    world.write(['first', quick, old], ['second', quick, other]);
    await world.open();
    expect(world.problems('second')).toHaveLength(1);
    world.write(...order(['first', quick, right] as const, ['second', quick, other] as const));
    const { applied, notes } = await world.reload();
    expect(applied).toEqual(['first: telegram changed', 'second: telegram connected']);
    expect(notes.filter((note) => note.includes('cannot be used'))).toEqual([]);
    expect(world.problems('second')).toEqual([]);
    expect([await world.writes('c1'), await world.writes('c2')]).toEqual(['first', 'second']);
    // One with the old token, one with the new.
    expect([world.connections, world.stopped]).toEqual([2, 1]);
  });

  it('uses it, too, when the project in its way is gone', async () => {
    world = new World();
    world.write(['first', quick, old], ['second', quick, other]);
    await world.open();
    world.write(['second', quick, other]);
    expect((await world.reload()).applied).toEqual(['project first removed', 'second: telegram connected']);
    expect(world.problems('second')).toEqual([]);
    expect(await world.writes('c2')).toBe('second');
    expect([world.connections, world.stopped]).toEqual([2, 1]);
  });
});

describe('a reload that cannot be applied as a whole', () => {
  it('refuses to leave a running project without any agent of this version, and changes nothing', async () => {
    world = new World();
    world.configure(['gone', quick], ['demo', quick], ['last', quick]);
    await world.open();
    world.configure(['new', quick], ['demo', absent], ['last', slow]);
    await expect(world.reload()).rejects.toThrow(
      /projects\[1\]\.agent\.type: .*"reasonix" is not active in this version/,
    );
    expect(world.running).toEqual(['gone', 'demo', 'last']);
    expect([world.agentOf('demo'), world.agentOf('last')]).toEqual([quick, quick]);
  });

  it('starts what it can beside a new project that has no agent of this version', async () => {
    world = new World();
    world.configure(['demo', quick]);
    await world.open();
    world.configure(['new', absent], ['demo', slow]);
    expect((await world.reload()).notes.join()).toContain('project new cannot be started');
    expect([world.running, world.agentOf('demo')]).toEqual([['demo'], slow]);
  });

  it('gives the others what is new when one project fails, and says which', async () => {
    world = new World();
    world.top = 'language = "ja"';
    world.configure(['demo', quick], ['last', quick, '']);
    await world.open();
    world.top = 'language = "es"';
    world.configure(
      ['demo', slow],
      ['last', quick, '{ default = true }'],
      ['new', quick, '{ chats = ["c1"] }'],
    );
    world.breakAfter(checks);
    await expect(world.reload()).rejects.toThrow(/demo: .*the disk is gone/);
    expect([await world.writes('c1'), await world.writes('c2')]).toEqual(['new', 'last']);
    expect([world.languageOf('demo'), world.languageOf('last')]).toEqual(['ja', 'es']);
  });

  it('is undone by the next one, also where that says what was said before it', async () => {
    world = new World();
    const before = () => world.configure(['gone', quick], ['last', quick, ''], ['demo', quick]);
    before();
    await world.open();
    world.configure(
      ['new', quick, '{ chats = ["c1"] }'],
      ['last', quick, '{ default = true }'],
      ['demo', slow],
    );
    world.breakAfter(checks);
    await expect(world.reload()).rejects.toThrow('the disk is gone');
    expect(world.running).toEqual(['last', 'demo', 'new']);
    before();
    const { applied } = await world.reload();
    expect(applied).toEqual(['project new removed', 'last: telegram changed', 'project gone added']);
    expect(world.running).toEqual(['last', 'demo', 'gone']);
    expect(await world.writes('c1')).toBe('last');
  });

  it('forgets a project that could not be started once the file does not name it any more', async () => {
    world = new World();
    world.configure(['demo', quick]);
    await world.open();
    world.configure(['new', absent], ['demo', slow]);
    world.breakAfter(checks);
    await expect(world.reload()).rejects.toThrow('the disk is gone');
    expect(world.failed).toEqual(['new']);
    world.configure(['demo', quick]);
    await world.reload();
    expect(world.failed).toEqual([]);
  });
});
