import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address } from '../../src/core/address.ts';
import type { CatalogueEntry } from '../../src/core/agent.ts';
import { asId, type ProjectName } from '../../src/core/ids.ts';
import type { Action, InputVerdict, MessageInbound, Sender } from '../../src/core/inbound.ts';
import type { ActionReply, Log } from '../../src/core/platform.ts';
import type { SessionActor } from '../../src/engine/actor.ts';
import { AgentRoster, type UsableMember } from '../../src/engine/agent-roster.ts';
import { AgentSlots } from '../../src/engine/agent-slots.ts';
import type { CommandSpec } from '../../src/engine/command.ts';
import { CommandTable } from '../../src/engine/command-table.ts';
import { Delivery } from '../../src/engine/delivery.ts';
import { Languages } from '../../src/engine/language.ts';
import { ModelSwitch } from '../../src/engine/model-switch.ts';
import { OpenPreviews } from '../../src/engine/preview.ts';
import { Project } from '../../src/engine/project.ts';
import type { PlatformLink, ProjectContext } from '../../src/engine/project-context.ts';
import type { Router } from '../../src/engine/routing/router.ts';
import type { ProjectSettings } from '../../src/engine/settings.ts';
import { coreCommands } from '../../src/features/commands/table.ts';
import { Queries } from '../../src/store/queries.ts';
import type { TurnRow } from '../../src/store/rows.ts';
import { Store } from '../../src/store/store.ts';
import { FakeAgent } from './fake-agent.ts';
import { FakePlatform } from './fake-platform.ts';

export const alice: Sender = { id: 'alice', name: 'Alice' };

const projectName = asId<ProjectName>('demo');

export interface HarnessOptions {
  readonly settings?: Partial<ProjectSettings>;
  readonly commands?: readonly CommandSpec[];
  readonly allowFrom?: string;
  /** Further agents of the project; each has its name as its type. */
  readonly moreAgents?: readonly string[];
  readonly catalogue?: readonly CatalogueEntry[];
  /** How long a change waits for another program that holds the store. */
  readonly busyTimeoutMs?: number;
  readonly progressStyle?: PlatformLink['progressStyle'];
  readonly name?: string;
  /** The bot, store and folder of another project. */
  readonly beside?: Harness;
}

/** One project with a real store, a chat in memory and an agent that the test plays. */
export class Harness {
  readonly folder: string;
  readonly store: Store;
  readonly platform: FakePlatform;
  /** Who decides between projects behind one bot; set by who tests that. */
  routing: Router | undefined;
  readonly agent: FakeAgent;
  /** By name, in the order of the config. */
  readonly agents: readonly (readonly [string, FakeAgent])[];
  project: Project;
  private readonly options: HarnessOptions;
  /** Errors that were logged; closing fails on any unless they are expected. */
  readonly problems: string[] = [];
  expectsProblems = false;
  private next = 1;

  private constructor(folder: string, store: Store, options: HarnessOptions) {
    this.folder = folder;
    this.platform = options.beside?.platform ?? new FakePlatform();
    this.store = store;
    this.agent = new FakeAgent(folder);
    const more = (options.moreAgents ?? []).map((name) => [name, new FakeAgent(folder, name)] as const);
    this.agents = [[this.agent.type, this.agent], ...more];
    this.options = options;
    this.project = new Project(this.contextFor(options), new CommandTable(options.commands ?? coreCommands));
  }

  static async open(options: HarnessOptions = {}): Promise<Harness> {
    if (options.beside) return new Harness(options.beside.folder, options.beside.store, options);
    const folder = mkdtempSync(join(tmpdir(), 'cc-engine-'));
    const store = await Store.open({
      path: join(folder, 'state.db'),
      durability: 'normal',
      busyTimeoutMs: options.busyTimeoutMs,
    });
    return new Harness(folder, store, options);
  }

  async close(): Promise<void> {
    this.context.delivery.stop();
    await this.project.stop();
    if (!this.options.beside) {
      await this.store.close();
      rmSync(this.folder, { recursive: true, force: true });
    }
    if (this.problems.length > 0 && !this.expectsProblems) throw new Error(this.problems.join('\n'));
  }

  get context(): ProjectContext {
    return this.project.context;
  }

  get queries(): Queries {
    return this.context.queries;
  }

  address(sender: Sender = alice): Address {
    return { account: this.platform.account, chat: 'c1', direct: true, user: sender.id };
  }

  actor(sender: Sender = alice): SessionActor {
    return this.project.actorFor(this.platform.sessionKey(this.address(sender), sender));
  }

  /** A message from a person, committed when this resolves. */
  async say(text: string, sender: Sender = alice): Promise<void> {
    await this.send({ text }, sender);
  }

  /** Like `say`, with anything a message can carry. Resolves to the platform's id of the message. */
  async send(
    fields: Partial<MessageInbound>,
    sender: Sender = alice,
  ): Promise<{ message: string; verdict: InputVerdict }> {
    const message = fields.message ?? `in${this.next++}`;
    const verdict = await this.project.input({
      kind: 'message',
      dedupeKey: `m:${message}`,
      address: this.address(sender),
      sender,
      at: 0,
      message,
      text: '',
      addressed: true,
      ...fields,
    });
    return { message, verdict };
  }

  recall(message: string): Promise<InputVerdict> {
    return this.amend({ kind: 'recall', message });
  }

  edit(message: string, text: string): Promise<InputVerdict> {
    return this.amend({ kind: 'edit', message, text });
  }

  private amend(
    what: { kind: 'recall'; message: string } | { kind: 'edit'; message: string; text: string },
  ): Promise<InputVerdict> {
    return this.project.input({
      ...what,
      dedupeKey: `x:${this.next++}`,
      address: this.address(),
      sender: alice,
      at: 0,
    });
  }

  /** The daemon ends and starts again over the same store, chat and agent. `crashed`: nobody knows why it ended. */
  async restart({ crashed = false } = {}): Promise<void> {
    this.context.delivery.stop();
    await this.project.stop();
    if (crashed) await this.forgetStop();
    this.project = new Project(
      this.contextFor(this.options),
      new CommandTable(this.options.commands ?? coreCommands),
    );
    await this.project.recover();
  }

  private async forgetStop(): Promise<void> {
    const sign = { project: this.context.name, scope: 'daemon', name: 'stopped', value: null };
    await this.store.commit('setPreference', sign);
  }

  press(data: string, sender: Sender = alice, fields: Partial<Action> = {}): Promise<ActionReply> {
    return this.project.action({
      kind: 'action',
      dedupeKey: `a:${this.next++}`,
      address: this.address(sender),
      sender,
      at: 0,
      data,
      ...fields,
    });
  }

  /** Sends a text and resolves to what the bot says next, once all that it had to say before is out. */
  async ask(text: string, sender: Sender = alice): Promise<string> {
    await this.context.delivery.caughtUp(this.address(sender));
    const before = this.platform.shown.length;
    await this.say(text, sender);
    await until(`an answer to ${text}`, () => this.platform.shown.length > before);
    return this.platform.last;
  }

  /** The newest turn of the conversation, as it is stored. */
  lastTurn(): TurnRow {
    const session = this.actor().sessions.known?.id;
    const [turn] = session ? this.queries.turnsOf(session, 1) : [];
    if (!turn) throw new Error('no turn');
    return turn;
  }

  /** A whole turn: the message reaches the agent, which answers. */
  async turn(text: string, answer: string): Promise<void> {
    await this.running(text);
    this.agent.last?.reply(answer);
    await until(`the answer ${answer}`, () => this.platform.texts.includes(answer));
    await until('the end of the turn', () => this.actor().turn === undefined);
  }

  /** A message whose turn runs when this resolves. */
  async running(text: string): Promise<void> {
    await this.say(text);
    await until(
      `the agent to get ${text}`,
      () => this.agent.last?.prompts.at(-1)?.text.includes(text) === true,
    );
    await until('the turn to be handed over', () => this.actor().turn?.state !== 'starting');
  }

  private contextFor(options: HarnessOptions): ProjectContext {
    const name = asId<ProjectName>(options.name ?? projectName);
    const queries = new Queries(this.store.read);
    const harness = this;
    const previews = new OpenPreviews();
    const log = quietLog(this.problems);
    const link: PlatformLink = {
      platform: this.platform,
      allowFrom: options.allowFrom ?? '*',
      progressStyle: options.progressStyle ?? 'legacy',
      trusted: false,
      state: { is: 'ready', since: Date.now() },
      get routing() {
        return harness.routing;
      },
    };
    const links = new Map([[this.platform.account, link]]);
    const { store } = this;
    return {
      name,
      settings: { ...plainSettings, name, ...options.settings },
      store,
      queries,
      agents: new AgentRoster(this.agents.map(([name, agent]) => memberOf(name, agent))),
      slots: new AgentSlots(4),
      modelSwitch: new ModelSwitch(),
      links,
      delivery: new Delivery({
        store,
        queries,
        log,
        previews,
        platformOf: (account) => links.get(account)?.platform,
        shown: (row) => this.project.desk.shown(row),
      }),
      previews,
      log,
      dataDir: this.folder,
      commandDir: '',
      allowedTools: [],
      nativeCommands: new Map(),
      usageLimits: new Map(),
      catalogue: () => Promise.resolve(options.catalogue ?? []),
      languages: new Languages({ store, queries, log }, name),
      startedAt: Date.now(),
    };
  }
}

/** An agent as the daemon would put it into the roster. */
export function memberOf(name: string, agent: FakeAgent): UsableMember {
  const { type, label } = agent;
  const words = [...new Set([name, type])];
  return {
    name,
    type,
    label,
    words,
    provider: undefined,
    agent,
    problem: undefined,
    baseEnv: {},
  };
}

export const plainSettings: ProjectSettings = {
  name: projectName,
  language: 'en',
  display: {
    mode: 'full',
    cardMode: 'legacy',
    thinking: true,
    tools: true,
    thinkingMax: 300,
    toolMax: 500,
    historyMax: 1000,
    footer: false,
    context: false,
    workDir: false,
    hideAgentFooter: false,
  },
  preview: { enabled: false, disabledPlatforms: [], intervalMs: 1500, minDeltaChars: 30, maxChars: 2000 },
  references: {
    agents: [],
    platforms: [],
    style: { path: 'dirname_basename', marker: 'emoji', enclosure: 'code' },
  },
  instantReply: { enabled: false, content: '' },
  busyMode: 'queue',
  collectWindowMs: 10,
  queueDepth: 5,
  staleAfterMs: 0,
  notifyAfterMs: 0,
  approvalTimeoutMs: 0,
  resetOnIdleMs: 0,
  agentIdleCloseMs: 0,
  idleTimeoutMs: 0,
  maxTurnMs: 0,
  rateLimit: { max: 0, windowMs: 60_000 },
  bannedWords: [],
  disabledCommands: [],
  adminFrom: '',
  roles: [],
  defaultRole: '',
  aliases: [],
  modelRoutes: [],
  modelSwitch: undefined,
  pins: [],
  injectSender: false,
  filterExternalSessions: false,
  attachmentSend: true,
  maxAttachmentBytes: 1_000_000,
  stagingQuotaBytes: 1_000_000,
  stagingMaxAgeMs: 1_000_000,
  onInterruptedTurn: 'notify',
  restartGraceMs: 0,
  maxCrashes: 3,
};

/** Polls until the predicate holds; the error says what was waited for. */
export async function until(what: string, predicate: () => boolean, timeoutMs = 10_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!predicate()) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Keeps what is worth an error, so that a test can insist on there being none. */
function quietLog(problems: string[]): Log {
  const nothing = () => undefined;
  const error = (fields: object, message: string) =>
    void problems.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: nothing, info: nothing, warn: nothing, error, child: () => log };
  return log;
}
