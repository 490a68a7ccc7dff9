import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import type { GatewayDispatchPayload } from 'discord.js';
import type { Address, MessageRef } from '../../core/address.ts';
import type { PlatformCapabilities } from '../../core/capabilities.ts';
import { type AccountId, asId, type SessionKey } from '../../core/ids.ts';
import type { Sender } from '../../core/inbound.ts';
import type { Outgoing, Part } from '../../core/outgoing.ts';
import type {
  ActivityAbility,
  ChatDescription,
  FilesAbility,
  Finding,
  Log,
  MenuAbility,
  Platform,
  PlatformContext,
  PlatformSink,
  ThreadsAbility,
} from '../../core/platform.ts';
import { activityOf } from './activity.ts';
import { DiscordApi } from './api.ts';
import { capabilitiesOf } from './capabilities.ts';
import { checkDiscord } from './check.ts';
import { filesOver } from './files.ts';
import { Gateway } from './gateway.ts';
import type { LiveSession } from './gateway-run.ts';
import { Intake } from './intake.ts';
import { Interactions } from './interactions.ts';
import { Memory } from './memory.ts';
import { menuOver } from './menu.ts';
import type { DiscordOptions } from './options.ts';
import { Outbound } from './outbound.ts';
import { Places, record, word } from './places.ts';
import { Previews } from './preview.ts';
import { renderParts } from './render.ts';
import { makeSessionKey, readSessionKey } from './session-keys.ts';
import { Threads } from './threads.ts';
import { defaultTiming, type Timing } from './timing.ts';

/** One Discord bot. */
export class DiscordPlatform implements Platform {
  readonly type = 'discord';
  readonly account: AccountId;
  readonly capabilities: PlatformCapabilities;
  readonly preview: Previews;
  readonly activity: ActivityAbility;
  readonly files: FilesAbility;
  readonly menu: MenuAbility;
  readonly threads: ThreadsAbility;
  readonly #options: DiscordOptions;
  readonly #timing: Timing;
  readonly #log: Log;
  readonly #api: DiscordApi;
  readonly #memory: Memory;
  readonly #places: Places;
  readonly #threads: Threads;
  readonly #outbound: Outbound;
  readonly #ending = new AbortController();
  #gateway: Gateway | undefined;
  #intake: Intake | undefined;
  #interactions: Interactions | undefined;
  #session: LiveSession | undefined;

  constructor(options: DiscordOptions, context: PlatformContext, timing: Timing = defaultTiming) {
    // Every interaction under way listens for the end.
    setMaxListeners(0, this.#ending.signal);
    this.account = asId<AccountId>(`discord:${options.botId}`);
    this.capabilities = capabilitiesOf(options);
    this.#options = options;
    this.#timing = timing;
    this.#log = context.log;
    this.#api = new DiscordApi(options, timing.callMs);
    this.#memory = new Memory(join(context.cacheDir, `discord-${options.botId}.json`), context.log);
    this.#places = new Places(options.botId);
    this.#threads = new Threads(this.#api, context.log);
    this.#outbound = new Outbound(this.#api, this.#memory, this.#threads);
    this.preview = new Previews(this.#outbound);
    this.activity = activityOf(this.#api, this.#threads, options);
    this.files = filesOver(this.#api, options);
    this.menu = menuOver(this.#api, options, this.#memory);
    this.threads = { open: (to, title, signal) => this.#threads.open(to, title, signal) };
  }

  async start(sink: PlatformSink, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#memory.load();
    const context = { account: this.account, options: this.#options, places: this.#places };
    const shared = {
      context,
      sink,
      api: this.#api,
      memory: this.#memory,
      timing: this.#timing,
      log: this.#log,
      signal: this.#ending.signal,
    };
    const intake = new Intake({
      ...shared,
      threads: this.#threads,
      settled: (seq) => this.#noteSession(seq),
      again: (seq) => this.#session && this.#gateway?.renew({ ...this.#session, seq }),
    });
    this.#intake = intake;
    this.#interactions = new Interactions({ ...shared, outbound: this.#outbound });
    const kept = this.#memory.session;
    this.#gateway = new Gateway(
      this.#options,
      this.#api,
      {
        state: (state, detail) => sink.state(state, detail),
        session: (session) => this.#sessionChanged(session),
        ready: (resumed) => resumed || intake.catchUp(),
        dispatch: (event) => this.#dispatch(event, intake),
      },
      this.#timing,
      this.#log,
    );
    if (kept) {
      this.#session = kept;
      intake.begin(kept.seq);
      // A life before may have been killed while it caught up; what the resumed session tells comes after that.
      intake.catchUp();
    }
    this.#gateway.start(kept);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#gateway?.stop();
    await this.#intake?.idle();
    await this.#interactions?.idle();
    await this.#api.close();
    await this.#memory.close();
  }

  health(): { lastProgressAt: number; boundMs: number } {
    const { silenceMs, helloMs, retryMaxMs } = this.#timing;
    return {
      lastProgressAt: this.#gateway?.lastProgressAt ?? 0,
      boundMs: 2 * (silenceMs + helloMs) + 2 * retryMaxMs,
    };
  }

  sessionKey(address: Address, sender: Sender): SessionKey {
    return makeSessionKey(address, sender.id, this.#options.shareSession);
  }

  parseSessionKey(key: string): Address | undefined {
    return readSessionKey(key, this.account, this.#options.shareSession, (channel) => {
      const known = this.#memory.channel(channel);
      return known !== undefined && known.guild === undefined;
    });
  }

  render(content: Outgoing, _to: Address): readonly Part[] {
    const { longText, maxUploadBytes } = this.capabilities;
    return renderParts(content, { longAfter: longText?.afterParts, uploadBytes: maxUploadBytes.file });
  }

  send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    return this.#outbound.send(to, part, key, signal);
  }

  edit(ref: MessageRef, part: Part, signal: AbortSignal): Promise<void> {
    return this.#outbound.edit(ref, part, signal);
  }

  remove(ref: MessageRef, signal: AbortSignal): Promise<void> {
    return this.#outbound.remove(ref, signal);
  }

  async describe(address: Address, signal: AbortSignal): Promise<ChatDescription> {
    const channel = record(
      await this.#api.call('GET', `/channels/${address.chat}`, { kind: 'repeatable', signal }),
    );
    if (channel.type === 1) {
      const person = record((channel.recipients as readonly unknown[] | undefined)?.[0]);
      const title = word(person.global_name) ?? word(person.username);
      return { kind: 'direct', ...(title ? { title } : {}) };
    }
    const title = word(channel.name);
    return { kind: channel.type === 5 ? 'channel' : 'group', ...(title ? { title: `#${title}` } : {}) };
  }

  check(signal: AbortSignal): Promise<readonly Finding[]> {
    return checkDiscord(this.#api, this.#options.guildId, signal);
  }

  #dispatch(event: GatewayDispatchPayload, intake: Intake): void {
    if ((event.t as string) === 'READY') {
      const application = word(record(record(event.d).application).id);
      if (application !== undefined) this.#memory.application = application;
    }
    if ((event.t as string) === 'INTERACTION_CREATE') this.#interactions?.take(record(event.d));
    intake.take(event);
  }

  #sessionChanged(session: LiveSession | undefined): void {
    const another = session?.id !== this.#session?.id;
    this.#session = session;
    if (session === undefined) this.#memory.session = undefined;
    else if (another) {
      this.#intake?.begin(session.seq);
      this.#memory.begin({ ...session });
    }
  }

  /** Events up to `seq` are dealt with: a later life may resume behind them. */
  #noteSession(seq: number): void {
    const session = this.#session;
    if (session) this.#memory.session = { id: session.id, resumeUrl: session.resumeUrl, seq };
  }
}
