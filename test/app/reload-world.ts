import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Accounts } from '../../src/app/accounts.ts';
import type { AdapterRegistry } from '../../src/app/adapters.ts';
import type { HostDeps } from '../../src/app/host-deps.ts';
import { ProjectHost } from '../../src/app/project-host.ts';
import { applyReload, type ReloadDeps } from '../../src/app/reload.ts';
import { reservations } from '../../src/app/reservations.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Address } from '../../src/core/address.ts';
import { AppError } from '../../src/core/errors.ts';
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
export const slow = 'codex';
/** How often the checks before a reload load the agent of a project that runs. */
export const checks = 3;
/** A type that the config may name and that this version does not have. */
export const absent = 'reasonix';
export const quick = 'claudecode';
const nothing = () => undefined;
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent };

/** An entry for the one bot, which is the same whatever its options. */
export const botWith = (routes: string, options = 'token = "1:t", allow_from = "*"') =>
  `[[projects.platforms]]
type = "telegram"
options = { ${options} }
${routes && `routes = ${routes}`}`;

/** One bot whose connection the test plays, and agents that can be made to take their time. */
export class World {
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
    this.write(
      ...projects.map(
        ([name, agent, routes]) => [name, agent, routes === undefined ? '' : botWith(routes)] as const,
      ),
    );
  }

  /** As `configure`, with all platforms of a project as they stand in the file. */
  write(...projects: readonly (readonly [name: string, agent: string, platforms: string])[]): void {
    const text = projects.map(
      ([name, agent, platforms]) => `[[projects]]
name = "${name}"
[projects.agent]
type = "${agent}"
[projects.agent.options]
work_dir = ${JSON.stringify(this.home)}
${platforms}
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
      state: { config: loaded.config },
      log,
      setLevel: (level) => this.levels.push(level),
    };
    const { hosts, failed } = this.#reload;
    for (const project of loaded.config.projects)
      hosts.set(project.name, await ProjectHost.create(deps, loaded.config, project));
    deps.accounts.reservations = await reservations(deps, loaded.config, hosts, failed);
    await Promise.all([...hosts.values()].map((host) => host.start()));
  }

  /** Names of the projects that run. */
  get running(): string[] {
    return [...(this.#reload?.hosts.keys() ?? [])];
  }

  languageOf(project: string): string | undefined {
    return this.#reload?.hosts.get(project)?.project.context.settings.language;
  }

  /** Names of the projects that could not be started. */
  get failed(): string[] {
    return [...(this.#reload?.failed.keys() ?? [])];
  }

  /** What is said of the entries of a project that cannot be used. */
  problems(project: string): string[] {
    return [...(this.#reload?.hosts.get(project)?.platforms.problems.values() ?? [])];
  }

  /** The type of the agent that new conversations of the project are held with. */
  agentOf(project: string): string | undefined {
    return this.#reload?.hosts.get(project)?.project.context.agents.first.type;
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
        if (type === absent) throw new AppError('agent_inactive', `the agent type "${type}" is not active`);
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
