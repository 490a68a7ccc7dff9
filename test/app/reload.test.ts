import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Accounts } from '../../src/app/accounts.ts';
import type { AdapterRegistry } from '../../src/app/adapters.ts';
import type { HostDeps } from '../../src/app/host-deps.ts';
import { applyReload, type ReloadDeps } from '../../src/app/reload.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Address } from '../../src/core/address.ts';
import { type AccountId, asId } from '../../src/core/ids.ts';
import type { Log, PlatformSink } from '../../src/core/platform.ts';
import { AgentSlots } from '../../src/engine/agent-slots.ts';
import { CommandTable } from '../../src/engine/command-table.ts';
import { ModelSwitch } from '../../src/engine/model-switch.ts';
import { coreCommands } from '../../src/features/commands/table.ts';
import { Redactor } from '../../src/kit/redact.ts';
import type { ReloadResult } from '../../src/servers/local/backend.ts';
import { Queries } from '../../src/store/queries.ts';
import { Store } from '../../src/store/store.ts';
import { FakeAgent } from '../engine-harness/fake-agent.ts';
import { FakePlatform } from '../engine-harness/fake-platform.ts';

/** The agent type whose adapter takes as long to load as the test wants. */
const slow = 'codex';
const quick = 'claudecode';
const nothing = () => undefined;
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent };

const botWith = (routes: string) =>
  `[[projects.platforms]]
type = "telegram"
options = { token = "1:t", allow_from = "*" }
${routes && `routes = ${routes}`}`;

/** One bot whose connection the test plays, and agents that can be made to take their time. */
class World {
  readonly home = mkdtempSync(join(tmpdir(), 'cc-reload-'));
  readonly #sinks: PlatformSink[] = [];
  #store: Store | undefined;
  #reload: ReloadDeps | undefined;
  #gate: Promise<void> = Promise.resolve();
  #reached: () => void = () => undefined;
  stopped = 0;
  /** Above the projects in the file. */
  top = '';
  readonly levels: string[] = [];
  #loadsLeft = Number.POSITIVE_INFINITY;
  #next = 1;

  get connections(): number {
    return this.#sinks.length;
  }

  configure(...projects: readonly (readonly [name: string, agent: string, routes?: string])[]): void {
    const text = projects.map(
      ([name, agent, routes]) => `[[projects]]
name = "${name}"
[projects.agent]
type = "${agent}"
[projects.agent.options]
work_dir = ${JSON.stringify(this.home)}
${routes === undefined ? '' : botWith(routes)}
`,
    );
    writeFileSync(
      join(this.home, 'config.toml'),
      `data_dir = ${JSON.stringify(this.home)}\n${this.top}\n${text.join('')}`,
      { mode: 0o600 },
    );
  }

  async open(): Promise<void> {
    const log = silent;
    const loaded = await loadConfig(join(this.home, 'config.toml'), {});
    if (!loaded.config) throw new Error(loaded.problems.map(({ message }) => message).join());
    this.#store = await Store.open({ path: join(this.home, 'state.db'), durability: 'normal' });
    const store = this.#store;
    const queries = new Queries(store.read);
    const deps: HostDeps = {
      store,
      queries,
      slots: new AgentSlots(4),
      modelSwitch: new ModelSwitch(),
      table: new CommandTable(coreCommands),
      adapters: this.#adapters(),
      accounts: new Accounts({ store, queries, log }),
      log,
      dataDir: this.home,
      startedAt: Date.now(),
      loaded,
    };
    this.#reload = {
      options: { configFile: join(this.home, 'config.toml'), log: { to: 'stderr' } },
      deps,
      hosts: new Map(),
      failed: new Map(),
      redactor: new Redactor([]),
      state: { config: { ...loaded.config, projects: [] } },
      log,
      setLevel: (level) => this.levels.push(level),
    };
    await this.reload();
  }

  reload(): Promise<ReloadResult> {
    if (!this.#reload) throw new Error('not open');
    return applyReload(this.#reload);
  }

  /** Resolves when the project with the slow agent is being built; it goes on when the result is called. */
  async holdUp(): Promise<() => void> {
    let go: () => void = () => undefined;
    // Its options are tried once before anything is built.
    await new Promise<void>((resolve) => {
      this.#reached = resolve;
    });
    this.#gate = new Promise((resolve) => {
      go = resolve;
    });
    await new Promise<void>((resolve) => {
      this.#reached = resolve;
    });
    return go;
  }

  /** So many times more the slow agent can be loaded; then once it cannot. */
  breakAfter(loads: number): void {
    this.#loadsLeft = loads;
  }

  #adapters(): AdapterRegistry {
    return {
      agent: async (type) => {
        if (type === slow) {
          if (this.#loadsLeft-- === 0) throw new Error('the disk is gone');
          this.#reached();
          await this.#gate;
        }
        return { type, binaries: [], options: ['work_dir'], create: () => new FakeAgent(this.home, type) };
      },
      platform: async (type) => ({ type, options: ['token'], create: () => this.#bot() }),
      catalogue: async () => [],
    };
  }

  #bot(): FakePlatform {
    const bot = new FakePlatform();
    const sinks = this.#sinks;
    const start = (sink: PlatformSink): Promise<void> => {
      sinks.push(sink);
      sink.state('ready');
      return Promise.resolve();
    };
    const stop = (): Promise<void> => {
      this.stopped += 1;
      return Promise.resolve();
    };
    Object.assign(bot, { start, stop });
    return bot;
  }

  /** How long the project must wait before it may send so many messages through the bot; undefined without a limit. */
  wait(project: string, messages: number): number | undefined {
    const { links } = this.#reload?.hosts.get(project)?.project.context ?? {};
    return links?.get(asId<AccountId>('fake:bot'))?.outgoing?.waitMs(messages);
  }

  /** Resolves with the project that took the message in. */
  async writes(chat: string): Promise<string> {
    const [sink] = this.#sinks;
    if (!sink) throw new Error('not connected');
    const message = `m${this.#next++}`;
    const address: Address = { account: asId<AccountId>('fake:bot'), chat, direct: true, user: 'ada' };
    const verdict = await sink.input({
      kind: 'message',
      dedupeKey: message,
      address,
      sender: { id: 'ada' },
      at: 0,
      message,
      text: 'hello',
      addressed: true,
    });
    expect(verdict).toBe('accepted');
    const rows = this.#reload?.deps.queries.inputsByMessage(address.account, message);
    return String(rows?.[0]?.project);
  }

  async close(): Promise<void> {
    await Promise.all([...(this.#reload?.hosts.values() ?? [])].map((host) => host.stop()));
    await this.#store?.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

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
    world.breakAfter(1);
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
    expect(world.levels).toEqual(['info', 'debug']);
    world.top = '[outgoing_rate_limit.platforms.telegram]\nmax_per_second = 5\n';
    world.configure(['demo', quick, '']);
    await world.reload();
    // The fake bot calls itself otherwise than its entry.
    expect(world.wait('demo', 3)).toBeUndefined();
  });
});
