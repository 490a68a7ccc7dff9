import { same } from '../config/reload.ts';
import type { Config, PlatformConfig, ProjectConfig } from '../config/schema/root.ts';
import { AppError, describeError } from '../core/errors.ts';
import type { AccountId } from '../core/ids.ts';
import type { Log, MenuEntry, Platform } from '../core/platform.ts';
import type { Project } from '../engine/project.ts';
import type { PlatformLink } from '../engine/project-context.ts';
import { noRules, type RouteRules } from '../engine/routing/rules.ts';
import type { BotAccount, Membership } from './bot-account.ts';
import type { HostDeps } from './host-deps.ts';
import { type OutgoingRate, outgoingRate } from './outgoing-rate.ts';
import { Recovered } from './recovered.ts';
import { makePlatform, surroundingsOf } from './surroundings.ts';

interface HostedPlatform {
  /** Undefined for the terminal chat, which no config names. */
  readonly config: PlatformConfig | undefined;
  readonly account: BotAccount;
}

type How = Pick<PlatformLink, 'allowFrom' | 'progressStyle' | 'trusted' | 'agent'>;

/** The bots one project is reached through, its own and those it shares with other projects. */
export class ProjectPlatforms {
  /** Platforms of the config that cannot be used, and why. */
  readonly problems = new Map<PlatformConfig, string>();
  private readonly deps: HostDeps;
  private readonly project: Project;
  private readonly log: Log;
  private hosted: readonly HostedPlatform[] = [];

  constructor(deps: HostDeps, project: Project, log: Log) {
    this.deps = deps;
    this.project = project;
    this.log = log;
  }

  /** A platform of the config; one that cannot be built is reported, not fatal. Resolves with what is wrong with it. */
  async add(whole: Config, project: ProjectConfig, config: PlatformConfig): Promise<string | undefined> {
    try {
      const make = await this.maker(config);
      const platform = make();
      this.insist(platform.account);
      const order = whole.projects.findIndex(({ name }) => name === project.name);
      const member = this.member(platform.account, { make, order, config }, config.routes);
      this.host(platform, member, howOf(config), outgoingRate(whole, config.type));
      return undefined;
    } catch (error) {
      const problem = describeError(error);
      this.problems.set(config, `${config.at} (${config.type}): ${problem}`);
      this.log.error({ platform: config.at, error: problem }, 'platform cannot be used');
      return problem;
    }
  }

  /** Why this entry of the config, as it reads now, cannot be used. */
  problemOf(config: PlatformConfig): string | undefined {
    return [...this.problems].find(([broken]) => same(broken, config))?.[1];
  }

  /** The entries as they were read when they were put to use, with those that cannot be used. */
  get entries(): readonly PlatformConfig[] {
    return [...this.hosted.flatMap(({ config }) => config ?? []), ...this.problems.keys()];
  }

  /**
   * Tries what of the entries is not in use, also what could not be used before: the cause may be gone. Resolves with
   * what is wrong with each now.
   */
  async addMissing(
    whole: Config,
    project: ProjectConfig,
  ): Promise<readonly { readonly platform: PlatformConfig; readonly problem: string | undefined }[]> {
    const missing = this.missing(project.platforms);
    this.problems.clear();
    const found: { platform: PlatformConfig; problem: string | undefined }[] = [];
    for (const platform of missing)
      found.push({ platform, problem: await this.add(whole, project, platform) });
    return found;
  }

  /** Those of the entries that are not in use; of two that say the same only the second may be missing. */
  missing(entries: readonly PlatformConfig[]): readonly PlatformConfig[] {
    const used = this.hosted.flatMap(({ config }) => config ?? []);
    return entries.filter((entry) => {
      const found = used.findIndex((one) => same(one, entry));
      if (found >= 0) used.splice(found, 1);
      return found < 0;
    });
  }

  /** A platform whose people are the operator. */
  addTrusted(platform: Platform): void {
    const member = this.member(platform.account, { make: () => platform, order: 0, config: undefined });
    this.host(platform, member, { allowFrom: '*', progressStyle: 'legacy', trusted: true }, undefined);
  }

  /** The project can take messages. */
  async start(): Promise<void> {
    await Promise.all(this.hosted.map(({ account }) => account.ready(this.project.context.name)));
  }

  async startOne(config: PlatformConfig): Promise<void> {
    const found = this.hosted.find((one) => one.config === config);
    await found?.account.ready(this.project.context.name);
  }

  /**
   * Other settings for a bot that is connected already, whichever entry it was connected by; resolves with that entry.
   * Undefined when the new one is for another bot, or when the bot's own entry is `kept` as it is.
   */
  async change(after: PlatformConfig, kept: readonly PlatformConfig[]): Promise<PlatformConfig | undefined> {
    const mine = this.hosted.filter(({ config }) => config?.type === after.type);
    if (mine.length === 0) return undefined;
    const make = await this.maker(after);
    const { account: id } = make();
    const found = mine.find(({ account }) => account.id === id);
    const before = found?.config;
    const member = found?.account.memberOf(this.project.context.name);
    if (!found || !before || !member || kept.some((one) => same(one, before))) return undefined;
    this.forget(after);
    member.config = after;
    member.make = make;
    member.sharer.rules = after.routes;
    this.project.context.links.set(id, found.account.linkFor(howOf(after)));
    this.hosted = this.hosted.map((one) => (one === found ? { ...one, config: after } : one));
    return before;
  }

  /**
   * Nothing comes through this platform any more. Returns what removes it; undefined when nothing came through it, be
   * it that another entry, even one that says the same, has the bot.
   */
  part(platform: PlatformConfig): (() => Promise<void>) | undefined {
    if (this.forget(platform)) return undefined;
    const found = this.hosted.find(({ config }) => config && same(config, platform));
    if (!found) return undefined;
    const { name, links } = this.project.context;
    found.account.part(name);
    return async () => {
      this.hosted = this.hosted.filter((one) => one !== found);
      links.delete(found.account.id);
      await this.deps.accounts.leave(found.account.id, name);
    };
  }

  async stop(): Promise<void> {
    const { name } = this.project.context;
    await Promise.all(this.hosted.map(({ account }) => this.deps.accounts.leave(account.id, name)));
    this.hosted = [];
  }

  /** One entry that could not be used is gone, or is used now. */
  private forget(config: PlatformConfig): boolean {
    const broken = [...this.problems.keys()].find((one) => same(one, config));
    return broken !== undefined && this.problems.delete(broken);
  }

  private host(platform: Platform, member: Membership, how: How, rate: OutgoingRate | undefined): void {
    const account = this.deps.accounts.join(platform, member, rate);
    this.project.context.links.set(account.id, account.linkFor(how));
    this.hosted = [...this.hosted, { config: member.config, account }];
  }

  private member(
    account: AccountId,
    place: Pick<Membership, 'make' | 'order' | 'config'>,
    rules: RouteRules = noRules,
  ): Membership {
    const { project } = this;
    const recovery = new Recovered();
    const sharer = project.sharerOf(account, rules);
    const { input, action, turnAway } = sharer;
    sharer.input = (inbound) => recovery.whenDone(() => input(inbound));
    sharer.action = (pressed) => recovery.whenDone(() => action(pressed));
    sharer.turnAway = (inbound, reserved) => recovery.whenDone(() => turnAway(inbound, reserved));
    return {
      ...place,
      sharer,
      recovery,
      connected: () => project.context.delivery.wake(account),
      menu: () => this.menu(),
    };
  }

  private maker(config: PlatformConfig): Promise<() => Platform> {
    return platformMaker(this.deps, this.project.context.name, config, this.log);
  }

  private insist(account: AccountId): void {
    const { links, name } = this.project.context;
    if (!links.has(account)) return;
    throw new AppError('account_twice', `the bot ${account} is configured twice in project ${name}`, {
      kind: 'validation',
      advice: 'keep one of them',
    });
  }

  private menu(): readonly MenuEntry[] {
    const language = this.project.context.settings.language ?? 'en';
    return this.deps.table.all.map(({ name, summary }) => ({ name, description: summary[language] }));
  }
}

/** Makes connections of an entry; rejects when there is no such adapter. */
export async function platformMaker(
  deps: Parameters<typeof surroundingsOf>[0],
  project: string,
  config: PlatformConfig,
  log: Log,
): Promise<() => Platform> {
  const definition = await deps.adapters.platform(config.type);
  return () => makePlatform(surroundingsOf(deps), definition, project, config, log);
}

/** What the daemon itself reads of the options of a platform. */
export function howOf({ options }: Pick<PlatformConfig, 'options'>): How {
  const { allow_from: allowFrom = '', progress_style: named, agent: pinned } = options;
  const agent = typeof pinned === 'string' && pinned !== '' ? pinned : undefined;
  const style = typeof named === 'string' ? named.trim() : undefined;
  const progressStyle = style === 'compact' || style === 'card' ? style : 'legacy';
  return { allowFrom: String(allowFrom), progressStyle, trusted: false, agent };
}
