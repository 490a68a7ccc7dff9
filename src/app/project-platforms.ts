import { join } from 'node:path';
import type { Config, PlatformConfig, ProjectConfig } from '../config/schema/root.ts';
import { AppError, describeError } from '../core/errors.ts';
import type { AccountId } from '../core/ids.ts';
import type { Log, Platform, PlatformContext } from '../core/platform.ts';
import type { Project } from '../engine/project.ts';
import type { PlatformLink } from '../engine/project-context.ts';
import { TokenBucket } from '../kit/token-bucket.ts';
import type { HostDeps } from './host-deps.ts';
import { PlatformHost } from './platform-host.ts';

interface HostedPlatform {
  /** Undefined for the terminal chat, which no config names. */
  readonly at: PlatformConfig | undefined;
  readonly account: AccountId;
  readonly host: PlatformHost;
}

/** The platforms one project is reached from: connected, published to, taken away again. */
export class ProjectPlatforms {
  /** Platforms of the config that cannot be used, and why. */
  readonly problems: string[] = [];
  private readonly deps: HostDeps;
  private readonly project: Project;
  private readonly log: Log;
  private readonly hosted: HostedPlatform[] = [];

  constructor(deps: HostDeps, project: Project, log: Log) {
    this.deps = deps;
    this.project = project;
    this.log = log;
  }

  /** A platform of the config; one that cannot be built is reported, not fatal. */
  async add(whole: Config, project: ProjectConfig, config: PlatformConfig): Promise<void> {
    try {
      const entry = await this.deps.adapters.platform(config.type);
      const { allow_from: allowFrom = '', progress_style: style, ...rest } = config.options;
      const context = platformContext(this.deps, project.name, this.log);
      const make = () => entry.create({ ...rest, progress_style: style }, context);
      const progressStyle = style === 'compact' || style === 'card' ? style : 'legacy';
      const outgoing = outgoingBucket(whole, config.type);
      const how = { allowFrom: String(allowFrom), progressStyle, trusted: false, outgoing } as const;
      this.link(make(), make, how, config);
    } catch (error) {
      const problem = `${config.at} (${config.type}): ${describeError(error)}`;
      this.problems.push(problem);
      this.log.error({ platform: config.at, error: describeError(error) }, 'platform cannot be used');
    }
  }

  /** A platform whose people are the operator. */
  addTrusted(platform: Platform): void {
    const how = { allowFrom: '*', progressStyle: 'legacy', trusted: true } as const;
    this.link(platform, () => platform, how, undefined);
  }

  async start(): Promise<void> {
    await Promise.all(this.hosted.map(({ host }) => host.start()));
    this.publishMenus();
  }

  async startOne(config: PlatformConfig): Promise<void> {
    await this.hosted.find(({ at }) => at === config)?.host.start();
    this.publishMenus();
  }

  async remove(matches: (config: PlatformConfig) => boolean): Promise<void> {
    for (const one of this.hosted.filter(({ at }) => at !== undefined && matches(at))) {
      this.hosted.splice(this.hosted.indexOf(one), 1);
      this.project.context.links.delete(one.account);
      await one.host.stop();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.hosted.map(({ host }) => host.stop()));
  }

  private link(
    platform: Platform,
    make: () => Platform,
    how: Pick<PlatformLink, 'allowFrom' | 'progressStyle' | 'trusted' | 'outgoing'>,
    config: PlatformConfig | undefined,
  ): void {
    const { links } = this.project.context;
    if (links.has(platform.account)) {
      throw new AppError(
        'account_twice',
        `the bot ${platform.account} is configured twice in project ${this.project.context.name}`,
        { kind: 'validation', advice: 'keep one of them' },
      );
    }
    const link: PlatformLink = { platform, ...how, state: { is: 'starting', since: Date.now() } };
    links.set(platform.account, link);
    const host = new PlatformHost(make, link, this.project.sinkFor(platform.account), this.log);
    this.hosted.push({ at: config, account: platform.account, host });
  }

  /** The command menu of each platform that has one; failures are no reason to be silent or to stop. */
  private publishMenus(): void {
    const entries = this.deps.table.all.map(({ name, summary }) => ({
      name,
      description: summary[this.project.context.settings.language ?? 'en'],
    }));
    for (const { platform } of this.project.context.links.values()) {
      platform.menu
        ?.publish(entries, AbortSignal.timeout(30_000))
        .catch((error: unknown) =>
          this.log.warn(
            { account: platform.account, error: describeError(error) },
            'command menu not published',
          ),
        );
    }
  }
}

/** What an adapter gets from us. */
export function platformContext(deps: HostDeps, project: string, log: Log): PlatformContext {
  return { log, cacheDir: join(deps.dataDir, 'platforms'), project };
}

/** How many messages per second a platform may send, if the config limits it. */
function outgoingBucket(config: Config, type: string): TokenBucket | undefined {
  const shared = config.outgoing_rate_limit;
  const own = shared.platforms[type];
  const perSecond = own?.max_per_second ?? shared.max_per_second ?? 0;
  if (perSecond <= 0) return undefined;
  return new TokenBucket({
    perSecond,
    capacity: own?.burst ?? shared.burst ?? Math.max(1, Math.ceil(perSecond)),
  });
}
