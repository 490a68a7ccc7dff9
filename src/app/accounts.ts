import type { Finding } from '../config/problem.ts';
import { AppError } from '../core/errors.ts';
import type { AccountId, ProjectName } from '../core/ids.ts';
import type { Sender } from '../core/inbound.ts';
import type { Log, Platform } from '../core/platform.ts';
import { RouteChoices } from '../engine/routing/choices.ts';
import type { Queries } from '../store/queries.ts';
import type { Store } from '../store/store.ts';
import { BotAccount, type Membership, type Reservation } from './bot-account.ts';
import type { OutgoingRate } from './outgoing-rate.ts';
import { type HostTimings, hostTimings } from './platform-host.ts';
import { routeFindings } from './route-findings.ts';
import type { BotBook } from './route-report.ts';
import { differingOptions } from './shared-options.ts';

export interface AccountsDeps {
  readonly store: Store;
  readonly queries: Queries;
  readonly log: Log;
}

/** All bots of the daemon, each connected once. */
export class Accounts {
  readonly choices: RouteChoices;
  /** What projects that do not run claim; replaced whenever that may have changed. */
  reservations: readonly Reservation[] = [];
  private readonly deps: AccountsDeps;
  private readonly accounts = new Map<AccountId, BotAccount>();

  constructor(deps: AccountsDeps) {
    this.deps = deps;
    this.choices = new RouteChoices(deps.store, deps.queries);
  }

  get all(): readonly BotAccount[] {
    return [...this.accounts.values()];
  }

  get(id: AccountId): BotAccount | undefined {
    return this.accounts.get(id);
  }

  /**
   * The bot of this connection, shared from now on with whoever has it already. Throws `account_differs` when it is
   * in use with other credentials.
   */
  join(platform: Platform, member: Membership, rate: OutgoingRate | undefined): BotAccount {
    const known = this.accounts.get(platform.account);
    if (known) {
      this.compare(known, member);
      known.join(member);
      return known;
    }
    const { queries, log } = this.deps;
    const reservations = () => this.reservations;
    const deps = { queries, log, choices: this.choices, timings: timings(), reservations };
    const account = new BotAccount(platform, member, deps);
    account.limit(rate);
    this.accounts.set(account.id, account);
    return account;
  }

  async leave(id: AccountId, project: ProjectName): Promise<void> {
    const account = this.accounts.get(id);
    if (!account?.memberOf(project)) return;
    if (account.isOnly(project)) this.accounts.delete(id);
    await account.leave(project);
  }

  /** A reload begins: until `releaseRoutes` every message goes where it would have gone before. */
  holdRoutes(): void {
    for (const account of this.accounts.values()) account.holdRoutes();
  }

  /** From now on, and from this moment at all bots, the projects stand in this order and what was changed holds. */
  releaseRoutes(order: readonly string[]): void {
    for (const account of this.accounts.values()) {
      for (const member of account.all) member.order = order.indexOf(member.sharer.project);
      account.releaseRoutes();
    }
  }

  /** From now on bots may send as much as `rate` says; nobody counts in the terminal chat. */
  limit(rate: (type: string) => OutgoingRate | undefined): void {
    for (const account of this.accounts.values())
      if (account.all.some(({ config }) => config)) account.limit(rate(account.host.platform.type));
  }

  /** This project is about to leave all bots. */
  part(project: ProjectName): void {
    for (const account of this.accounts.values()) account.part(project);
  }

  /** After a reload: projects may have changed places, and with them who is first. */
  async settle(): Promise<void> {
    await Promise.all(this.all.map((account) => account.settle()));
  }

  /** What is told about routes; the terminal chat has none. */
  books(): BotBook[] {
    return this.all.flatMap(({ id, host, all, reserved }) => {
      const running = all.flatMap(({ config, sharer, order }) =>
        config
          ? [{ project: sharer.project, config, order, allows: (sender: Sender) => sharer.allows(sender) }]
          : [],
      );
      const closed = reserved.map(({ config, candidate, order, problem }) => ({
        project: candidate.project,
        config,
        order,
        problem,
        allows: (sender: Sender) => candidate.allows(sender),
      }));
      const members = [...running, ...closed].sort((a, b) => a.order - b.order);
      const book: BotBook = {
        account: id,
        type: host.platform.type,
        members,
        choices: this.choices.all(id),
        choicesAt: (chat, thread) => this.choices.of({ account: id, chat, ...(thread && { thread }) }),
        formerChats: (chat) => this.choices.formerChats(id, chat),
      };
      return members.length > 0 ? [book] : [];
    });
  }

  /** What does not fit together among the bots that are shared. */
  findings(): Finding[] {
    return routeFindings(
      this.all.flatMap(({ id, all }) =>
        all.flatMap(({ config, sharer }) =>
          config ? [{ account: id, project: sharer.project, config }] : [],
        ),
      ),
    );
  }

  private compare(account: BotAccount, member: Membership): void {
    const [first] = account.all;
    if (!first?.config || !member.config) return;
    const { credentials } = differingOptions(first.config, member.config);
    if (credentials.length > 0)
      throw new AppError(
        'account_differs',
        `the bot ${account.id} has another ${credentials.join(', ')} at ${first.config.at}`,
        { kind: 'validation', advice: 'use the same credentials in both places' },
      );
  }
}

/** `CC_CONNECT_DEAF_AFTER_MS`, for trying out what happens: silence after which a connection is given up. */
function timings(): HostTimings {
  const boundMs = Number(process.env.CC_CONNECT_DEAF_AFTER_MS);
  if (!(boundMs > 0)) return hostTimings;
  return { ...hostTimings, boundMs, watchEveryMs: Math.min(hostTimings.watchEveryMs, boundMs / 4) };
}
