import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../../src/kit/sqlite.ts';
import { migrations } from '../../src/store/migrations.ts';
import { cc, Daemon, makeHome, until, writeConfig } from '../blackbox/daemon.ts';
import { ContractWorld } from './contract-world.ts';

let world: ContractWorld;
beforeEach(async () => {
  world = await ContractWorld.open();
  world.configure();
});
afterEach((context) => world.close(context.task.result?.state === 'fail'));

/** Starts the daemon where it cannot start; resolves with what it said. */
async function refused(): Promise<string> {
  const daemon = await Daemon.start(world.home, { ready: false });
  expect((await daemon.exited).code).toBe(1);
  return daemon.log;
}

const storePath = () => join(world.home.dataDir, 'state.db');

describe('config broken on reload', () => {
  it('keeps the old config, and the error names key and line', async () => {
    await world.start();
    const good = readFileSync(world.home.configFile, 'utf8');
    const last = good.split('\n').length;
    const broken = [
      ['[queue', last + 1, ''],
      [
        '[queue]\nmax_depth = "many"',
        last + 2,
        'queue.max_depth: is text in quotes; expected a number without quotes',
      ],
      ['[display]\nmode = "ful"', last + 2, 'display.mode: is not a valid value'],
    ] as const;
    for (const [text, line, key] of broken) {
      writeFileSync(world.home.configFile, `${good}\n${text}\n`);
      const reload = await cc(world.home, ['reload']);
      expect(reload.code).toBe(1);
      expect(reload.stderr).toMatch(new RegExp(`config\\.toml:${line}:\\d+: error: ${key}`));
    }
    world.telegramPlace.say('token: L1');
    await world.appears(world.telegramPlace, 'echo:L1');
  });
});

describe('store damaged or newer than the program', () => {
  it('a newer one is refused and not touched', async () => {
    await world.start();
    await world.daemon?.stop();
    const db = openSqlite(storePath());
    db.pragma('user_version = 999');
    db.close();
    const before = readFileSync(storePath());
    expect(await refused()).toMatch(/version 999/);
    expect(readFileSync(storePath()).equals(before)).toBe(true);
  });

  it('an older one is kept beside as it was before it is migrated', async () => {
    const version = migrations.length - 1;
    mkdirSync(world.home.dataDir, { mode: 0o700 });
    const old = openSqlite(storePath());
    for (const migration of migrations.slice(0, version)) old.exec(migration);
    old.pragma(`user_version = ${version}`);
    old.exec("INSERT INTO preferences VALUES ('demo', 'chat', 'kept', '1')");
    old.close();
    chmodSync(storePath(), 0o600);
    await world.start();
    world.telegramPlace.say('token: M1');
    await world.appears(world.telegramPlace, 'echo:M1');
    const backup = `${storePath()}.v${version}.bak`;
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    for (const [path, expected] of [
      [backup, version],
      [storePath(), migrations.length],
    ] as const) {
      const db = openSqlite(path, { readonly: true });
      expect(db.pragma('user_version', { simple: true })).toBe(expected);
      expect(db.prepare("SELECT value FROM preferences WHERE name = 'kept'").pluck().get()).toBe('1');
      db.close();
    }
  });

  it('a damaged one is refused, and the advice says what to do', async () => {
    await world.start();
    await world.daemon?.stop();
    writeFileSync(storePath(), Buffer.alloc(20_000, 7));
    const said = await refused();
    expect(said).toMatch(/state\.db/);
    expect(said).toMatch(/backup|bak/);
    expect(existsSync(storePath())).toBe(true);
  });
});

describe('two daemons', () => {
  it('on one data_dir: the second one says who uses it', async () => {
    const first = await world.start();
    expect(await refused()).toMatch(new RegExp(`another cc-connect \\(pid ${first.child.pid}\\) is using`));
    world.telegramPlace.say('token: O1');
    await world.appears(world.telegramPlace, 'echo:O1');
  });

  it('on one bot: it is said plainly', async () => {
    await world.start();
    const other = makeHome();
    writeConfig(other, {
      platforms: `[[projects.platforms]]
type = "telegram"
[projects.platforms.options]
token = "${world.telegram.token}"
api_base = "${world.telegram.url}"
allow_from = "*"
`,
    });
    const second = await Daemon.start(other);
    try {
      const both = () => `${world.daemon?.log}${second.log}`;
      await until(
        () => /another|other instance|somewhere else/i.test(both()),
        'a plain word about the conflict',
      );
    } finally {
      await second.stop();
      other.remove();
    }
  });
});
