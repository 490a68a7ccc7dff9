import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../../src/kit/sqlite.ts';
import { weixinWorld } from '../blackbox/chat-world.ts';
import { cc, Daemon, ledgerLines, makeHome, until, writeConfig } from '../blackbox/daemon.ts';
import { TelegramPlace } from '../torture/worlds/telegram.ts';
import { ContractWorld } from './contract-world.ts';

/** Kills at the commits that nobody in the torture brings about. */
describe('killed at a rare change', () => {
  let world: ContractWorld;
  beforeEach(async () => {
    world = await ContractWorld.open();
  });
  afterEach((context) => world.close(context.task.result?.state === 'fail'));

  it.each(['migrateChat:1', 'migrateChat@before:1'])(
    'a group that gets a new id, at %s: its conversation goes on there',
    async (point) => {
      world.configure();
      await world.start();
      const [before, after] = [7, 8].map((number) => new TelegramPlace(world.telegram, number, true));
      if (!before || !after) throw new Error('no groups');
      before.say('token: M1');
      await world.appears(before, 'echo:M1');
      await world.daemon?.kill();
      const daemon = await world.startToDie(point);
      world.telegram.migrate(Number(before.chat), Number(after.chat));
      expect(await daemon.exited).toMatchObject({ signal: 'SIGKILL' });
      await world.start();
      after.say('token: M2');
      await world.appears(after, 'echo:M2');
      expect([world.runs('M1'), world.runs('M2')]).toEqual([1, 1]);
      const { stdout } = await cc(world.home, ['sessions', 'list', '--json']);
      const chats = (JSON.parse(stdout) as { chat: string }[]).map(({ chat }) => chat);
      expect(chats).toContain(after.chat);
      expect(chats).not.toContain(before.chat);
    },
  );

  it.each(['processBackground:1', 'processBackground@before:1'])(
    'a task begun in the background, at %s: its message runs once',
    async (point) => {
      world.configure({ eof: 'die' });
      const place = world.telegramPlace;
      const daemon = await world.startToDie(point);
      place.say('background: 60 the-server ;; token: G1');
      expect(await daemon.exited).toMatchObject({ signal: 'SIGKILL' });
      await world.start();
      place.say('token: G2');
      await world.appears(place, 'echo:G2');
      await until(() => world.openInputs() === 0, 'everything settled');
      expect([world.runs('G1'), world.runs('G2')]).toEqual([1, 1]);
      expect(world.count(place, 'echo:G1')).toBeLessThanOrEqual(1);
    },
  );

  it.each(['stoppedInOrder:1', 'stoppedInOrder@before:1'])(
    'an orderly stop, at %s: what ran is told once, and nothing runs again',
    async (point) => {
      world.configure({ eof: 'die' });
      const place = world.telegramPlace;
      const daemon = await world.startToDie(point);
      place.say('slow: 60 ;; token: S1');
      await world.running('S1');
      expect(await daemon.stop()).toMatchObject({ signal: 'SIGKILL' });
      await world.start();
      await world.button(place, 'Continue');
      place.say('token: S2');
      await world.appears(place, 'echo:S2');
      expect([world.runs('S1'), world.runs('S2')]).toEqual([1, 1]);
      expect(place.seen().filter(({ buttons }) => buttons.includes('Continue'))).toHaveLength(1);
    },
  );

  it.each(['importRows:1', 'importRows@before:1'])(
    'the import from the Go version, at %s: the next one ends with each conversation once',
    async (point) => {
      world.configure();
      mkdirSync(join(world.home.dataDir, 'sessions'), { recursive: true });
      const session = {
        sessions: { s1: { agent_session_id: 'native-1', history: [{ role: 'user', content: 'hello' }] } },
        user_sessions: { 'telegram:505:505': ['s1'] },
      };
      writeFileSync(join(world.home.dataDir, 'sessions', 'demo.json'), JSON.stringify(session));
      const command = ['import', 'go', '--config', world.home.configFile];
      expect((await cc(world.home, command, { CC_CONNECT_FAILPOINT: point })).stdout).toBe('');
      expect(await cc(world.home, command)).toMatchObject({ code: 0 });
      await world.start();
      const { stdout } = await cc(world.home, ['sessions', 'list', '--json']);
      expect(JSON.parse(stdout)).toMatchObject([{ chat: '505', platform: 'telegram' }]);
    },
  );
});

describe('killed where messages held by a send budget are joined', () => {
  it.each(['partsMerged:1', 'partsMerged@before:1'])('at %s: they go out once', async (point) => {
    const home = makeHome();
    const world = await weixinWorld();
    let daemon: Daemon | undefined;
    const count = (text: string) => world.seen().filter((message) => message.text.includes(text)).length;
    const begun = (token: string) =>
      until(() => ledgerLines(home).some((line) => line.includes(token)), `the agent to begin ${token}`);
    const said: string[] = [];
    try {
      writeConfig(home, { platforms: world.config() });
      daemon = await Daemon.start(home, { env: { CC_CONNECT_FAILPOINT: point }, ready: false });
      world.sim.sendsLeft = 0;
      let dead = false;
      void daemon.exited.then(() => {
        dead = true;
      });
      // The answers are joined when the person writes once more; which time that is, depends on who is faster.
      for (let number = 1; !dead && number < 9; number += 1) {
        said.push(`W${number}`);
        world.send(`token: W${number}`);
        if (number === 1) await begun('W1');
        if (number === 1)
          await until(() => Number(openParts(join(home.dataDir, 'state.db'))) > 0, 'its answer');
        if (number === 3) world.sim.sendsLeft = undefined;
        await sleep(500);
      }
      expect(await daemon.exited).toMatchObject({ signal: 'SIGKILL' });
      world.sim.sendsLeft = undefined;
      daemon = await Daemon.start(home);
      world.send('token: WLAST');
      await until(() => count('echo:WLAST') > 0, 'the last answer');
      expect(said.map((token) => [token, count(`echo:${token}`)])).toEqual(said.map((token) => [token, 1]));
    } catch (error) {
      process.stderr.write(`${daemon?.log ?? ''}\n${JSON.stringify(world.seen(), null, 1).slice(0, 4000)}\n`);
      throw error;
    } finally {
      await daemon?.stop();
      await world.close();
      home.remove();
    }
  });
});

function openParts(path: string): unknown {
  const db = openSqlite(path, { readonly: true, timeout: 2000 });
  try {
    return db
      .prepare("SELECT COUNT(*) FROM outbox WHERE state IN ('held', 'pending', 'sending')")
      .pluck()
      .get();
  } finally {
    db.close();
  }
}
