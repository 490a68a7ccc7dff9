import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../../../src/kit/sqlite.ts';
import { Daemon, type DaemonHome, makeHome, program, until, writeConfig } from '../../blackbox/daemon.ts';
import { TelegramSim } from '../../sim/telegram/simulator.ts';

let home: DaemonHome;
let sim: TelegramSim;
let daemon: Daemon | undefined;
beforeEach(async () => {
  home = makeHome();
  sim = await TelegramSim.start();
});
afterEach(async () => {
  await daemon?.stop();
  daemon = undefined;
  await sim.close();
  home.remove();
});

function stored(): number {
  const db = openSqlite(join(home.dataDir, 'state.db'), { readonly: true, timeout: 2000 });
  try {
    return Number(db.prepare('SELECT COUNT(*) FROM inputs').pluck().get());
  } finally {
    db.close();
  }
}

const answers = (at: number) =>
  sim.botMessages(501).filter((message) => message.text?.includes(`echo:B${at}`)).length;

describe('a batch of five messages is one transaction', () => {
  it.each([
    ['before', 'acceptInput@before:1', 0],
    ['after', 'acceptInput:1', 5],
  ])(
    '[feature: one transaction per batch] killed right %s its commit the daemon has stored none or all of it',
    async (_when, failpoint, rows) => {
      expect(existsSync(program), 'npm run build comes before this test').toBe(true);
      const options = `token = "${sim.token}"\napi_base = "${sim.url}"\nallow_from = "*"`;
      const platforms = `[[projects.platforms]]\ntype = "telegram"\n[projects.platforms.options]\n${options}\n`;
      writeConfig(home, { platforms });
      const user = sim.addPrivateChat({ id: 501, name: 'Ada' });
      for (let at = 0; at < 5; at++) sim.userSends(user, 501, { text: `say: hi ;; token: B${at}` });
      daemon = await Daemon.start(home, { env: { CC_CONNECT_FAILPOINT: failpoint }, ready: false });
      expect(await daemon.exited).toMatchObject({ signal: 'SIGKILL' });
      expect(stored()).toBe(rows);
      expect(sim.pendingUpdates).toBe(5);
      daemon = await Daemon.start(home);
      await until(() => [0, 1, 2, 3, 4].every((at) => answers(at) > 0), 'all answers', 60_000);
      expect([0, 1, 2, 3, 4].map(answers)).toEqual([1, 1, 1, 1, 1]);
      expect(stored()).toBe(5);
    },
    120_000,
  );
});
