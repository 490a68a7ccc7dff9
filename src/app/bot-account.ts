import type { PlatformConfig } from '../config/schema/root.ts';
import { describeError } from '../core/errors.ts';
import type { AccountId, ProjectName } from '../core/ids.ts';
import type { Log, MenuEntry, Platform } from '../core/platform.ts';
import type { PlatformLink } from '../engine/project-context.ts';
import { Router, type RouterDeps } from '../engine/routing/router.ts';
import type { Reserved, Sharer } from '../engine/routing/sharer.ts';
import { TokenBucket } from '../kit/token-bucket.ts';
import type { OutgoingRate } from './outgoing-rate.ts';
import { type HostTimings, PlatformHost } from './platform-host.ts';
import type { Recovered } from './recovered.ts';
import { sameConnection } from './shared-options.ts';

/** One project at a bot: where it stands in the config, and whether it can take messages yet. */
export interface Membership {
  readonly sharer: Sharer;
  /** Undefined for the terminal chat, which no config names. */
  config: PlatformConfig | undefined;
  /** Makes a connection as this project configures it. */
  make: () => Platform;
  /** Resolves once what is left of an earlier life was put right: messages wait for it. */
  readonly recovery: Recovered;
  /** Place of the project in the file. */
  order: number;
  connected(): void;
  menu(): readonly MenuEntry[];
}

type Candidate = Sharer | Reserved;

/** What a project that does not run claims of a bot, and why it does not. */
export interface Reservation {
  readonly account: AccountId;
  readonly config: PlatformConfig;
  readonly order: number;
  readonly problem: string;
  readonly candidate: Reserved;
}

export interface BotAccountDeps extends Omit<RouterDeps, 'account' | 'sharers' | 'candidates'> {
  /** Of all bots, as the config is now. */
  reservations(): readonly Reservation[];
  readonly timings?: HostTimings | undefined;
}

/** One bot with its one connection, whatever number of projects it serves. */
export class BotAccount {
  readonly id: AccountId;
  readonly host: PlatformHost;
  readonly router: Router;
  /** What may still be sent now; undefined when nothing limits it. */
  outgoing: TokenBucket | undefined;
  private rate: OutgoingRate | undefined;
  private readonly members = new Map<ProjectName, Membership>();
  /** Projects that are about to leave: nothing comes to them any more. */
  private readonly parted = new Set<ProjectName>();
  /** Where things go while a reload is under way: as before it. */
  private held:
    | { readonly sharers: readonly Sharer[]; readonly candidates: readonly Candidate[] }
    | undefined;
  private readonly log: Log;
  private readonly reservations: () => readonly Reservation[];
  private started: Promise<void> | undefined;
  /** Whose options the connection was made with. */
  private options: PlatformConfig | undefined;

  constructor(platform: Platform, first: Membership, deps: BotAccountDeps) {
    this.id = platform.account;
    this.log = deps.log;
    this.reservations = () => deps.reservations();
    this.options = first.config;
    this.router = new Router({
      ...deps,
      account: this.id,
      sharers: () => this.held?.sharers ?? this.all.map(({ sharer }) => sharer),
      candidates: () => this.held?.candidates ?? this.candidates((sharer) => sharer),
    });
    this.host = new PlatformHost(platform, {
      make: first.make,
      sink: {
        input: (inbound) => this.router.input(inbound),
        action: (action) => this.router.action(action),
        suggest: (typed) => this.router.suggest(typed),
      },
      log: deps.log,
      changed: ({ is }) => {
        if (is === 'ready') for (const member of this.members.values()) member.connected();
      },
      timings: deps.timings,
    });
    this.members.set(first.sharer.project, first);
  }

  get empty(): boolean {
    return this.members.size === 0;
  }

  /** In the order of the file; those that are about to leave are not among them. */
  get all(): readonly Membership[] {
    return [...this.members.values()]
      .filter(({ sharer }) => !this.parted.has(sharer.project))
      .sort((a, b) => a.order - b.order);
  }

  /** Until `releaseRoutes` everything goes where it goes now, whatever changes: a reload takes effect at one moment. */
  holdRoutes(): void {
    const copies = new Map(this.all.map(({ sharer }) => [sharer, { ...sharer }]));
    const copy = (sharer: Sharer) => copies.get(sharer) ?? sharer;
    this.held = { sharers: [...copies.values()], candidates: this.candidates(copy) };
  }

  releaseRoutes(): void {
    this.held = undefined;
  }

  /** This project is about to `leave`. */
  part(project: ProjectName): void {
    if (this.members.has(project)) this.parted.add(project);
  }

  isOnly(project: ProjectName): boolean {
    return this.members.size === 1 && this.members.has(project);
  }

  /** Of projects that do not run. */
  get reserved(): readonly Reservation[] {
    return this.reservations().filter(
      ({ account, candidate }) => account === this.id && !this.members.has(candidate.project),
    );
  }

  memberOf(project: ProjectName): Membership | undefined {
    return this.members.get(project);
  }

  join(member: Membership): void {
    this.parted.delete(member.sharer.project);
    this.members.set(member.sharer.project, member);
  }

  /** The connection stays for those who are left; without any it ends. */
  async leave(project: ProjectName): Promise<void> {
    this.members.delete(project);
    this.parted.delete(project);
    if (this.empty) await this.host.stop();
  }

  /** This project can take messages. The connection is opened once all projects behind the bot can. */
  async ready(project: ProjectName): Promise<void> {
    const member = this.members.get(project);
    member?.recovery.done();
    if (this.started) {
      if (this.host.state.is === 'ready') member?.connected();
      this.publishMenu();
    } else if (this.all.every(({ recovery }) => recovery.isDone)) {
      this.started = this.host.start();
      await this.started;
      this.publishMenu();
    }
  }

  /** After the config changed: the connection is made anew if the first project wants another one than it has. */
  async settle(): Promise<void> {
    const [first] = this.all;
    if (!first) return;
    this.host.make = first.make;
    if (!this.started || sameConnection(first.config, this.options)) return;
    this.options = first.config;
    this.log.info(
      { account: this.id, options: first.config?.at },
      'connection options changed; connecting anew',
    );
    await this.host.renew();
    this.publishMenu();
  }

  /** A limit that is what it was goes on counting. */
  limit(rate: OutgoingRate | undefined): void {
    if (rate?.perSecond === this.rate?.perSecond && rate?.capacity === this.rate?.capacity) return;
    this.rate = rate;
    this.outgoing = rate && new TokenBucket(rate);
  }

  /** How one project sees the bot. */
  linkFor(how: Pick<PlatformLink, 'allowFrom' | 'progressStyle' | 'trusted' | 'agent'>): PlatformLink {
    const { host, router } = this;
    const outgoing = () => this.outgoing;
    return {
      ...how,
      get outgoing() {
        return outgoing();
      },
      routing: router,
      get platform() {
        return host.platform;
      },
      get state() {
        return host.state;
      },
    };
  }

  private candidates(of: (sharer: Sharer) => Sharer): readonly Candidate[] {
    const { all, reserved } = this;
    if (reserved.length === 0) return all.map(({ sharer }) => of(sharer));
    return [
      ...all.map(({ order, sharer }) => ({ order, one: of(sharer) })),
      ...reserved.map(({ order, candidate }) => ({ order, one: candidate })),
    ]
      .sort((a, b) => a.order - b.order)
      .map(({ one }) => one);
  }

  /** One menu per bot, in the words of its first project; a failure is no reason to be silent or to stop. */
  private publishMenu(): void {
    const { platform } = this.host;
    const [first] = this.all;
    if (!first || !platform.menu) return;
    platform.menu
      .publish(first.menu(), AbortSignal.timeout(30_000))
      .catch((error: unknown) =>
        this.log.warn({ account: this.id, error: describeError(error) }, 'command menu not published'),
      );
  }
}
