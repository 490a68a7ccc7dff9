import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import type { Update } from 'grammy/types';
import type { Address, MessageRef } from '../../core/address.ts';
import type { PlatformCapabilities } from '../../core/capabilities.ts';
import { describeError } from '../../core/errors.ts';
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
import { capabilitiesOf } from './capabilities.ts';
import { checkTelegram } from './check.ts';
import { TelegramClient } from './client.ts';
import { filesOver } from './files.ts';
import { addressedAlbum, migrateInput, type Reading, readUpdate } from './inbound.ts';
import type { BotIdentity } from './mention.ts';
import { menuOver } from './menu.ts';
import type { TelegramOptions } from './options.ts';
import { Outbound } from './outbound.ts';
import { Poller } from './poller.ts';
import { answerPress } from './press-answer.ts';
import { Previews } from './preview.ts';
import { findLostText } from './probe.ts';
import { markPart, renderParts } from './render.ts';
import { SentLedger } from './sent-ledger.ts';
import { makeSessionKey, readSessionKey } from './session-keys.ts';
import { defaultTiming, type Timing } from './timing.ts';

const ALBUMS_KEPT = 200;

/** One Telegram bot. */
export class TelegramPlatform implements Platform {
  readonly type = 'telegram';
  readonly account: AccountId;
  readonly capabilities: PlatformCapabilities;
  readonly preview: Previews;
  readonly activity: ActivityAbility;
  readonly files: FilesAbility;
  readonly menu: MenuAbility;
  readonly threads: ThreadsAbility;
  readonly #options: TelegramOptions;
  readonly #timing: Timing;
  readonly #log: Log;
  readonly #client: TelegramClient;
  readonly #ledger: SentLedger;
  readonly #outbound: Outbound;
  readonly #ending = new AbortController();
  readonly #tasks = new Set<Promise<unknown>>();
  readonly #albums = new Set<string>();
  #bot: BotIdentity;
  #sink: PlatformSink | undefined;
  #poller: Poller | undefined;

  constructor(options: TelegramOptions, context: PlatformContext, timing: Timing = defaultTiming) {
    const id = options.token.split(':')[0] ?? '';
    this.account = asId<AccountId>(`telegram:${id}`);
    this.capabilities = capabilitiesOf(options);
    this.#options = options;
    this.#timing = timing;
    this.#log = context.log;
    this.#bot = { id: Number(id), username: '' };
    // Every answer to a press listens for the end.
    setMaxListeners(0, this.#ending.signal);
    this.#client = new TelegramClient(options, timing.callMs);
    this.#ledger = new SentLedger(join(context.cacheDir, `telegram-${id}.sent`), context.log);
    this.#outbound = new Outbound(this.#client, this.#ledger, (from, to) => this.#migrated(from, to));
    this.preview = new Previews(this.#client, this.#outbound, this.#ledger, {
      drafts: options.drafts,
      settleMs: timing.settleMs,
    });
    this.activity = activityOf(this.#client, options.reactions);
    this.files = filesOver(this.#client, options);
    this.menu = menuOver(this.#client);
    this.threads = { open: (to, title, signal) => this.#openTopic(to, title, signal) };
  }

  async start(sink: PlatformSink, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#sink = sink;
    await this.#ledger.load();
    this.#poller = new Poller(
      this.#client,
      {
        identified: (bot) => {
          this.#bot = bot;
        },
        deliver: (batch) => this.#deliver(batch, sink),
        state: (state, detail) => sink.state(state, detail),
      },
      this.#timing,
      this.#log,
    );
    this.#poller.start();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.preview.stop();
    await this.#poller?.stop();
    await Promise.all(this.#tasks);
    await this.#client.close();
    await this.#outbound.idle();
    await this.#ledger.close();
  }

  health(): { lastProgressAt: number; boundMs: number } {
    const { pollSecs, graceMs, retryMaxMs } = this.#timing;
    return {
      lastProgressAt: this.#poller?.lastProgressAt ?? 0,
      boundMs: 2 * (pollSecs * 1000 + graceMs) + 2 * retryMaxMs,
    };
  }

  sessionKey(address: Address, sender: Sender): SessionKey {
    return makeSessionKey(address, sender.id, this.#options.shareSession);
  }

  parseSessionKey(key: string): Address | undefined {
    return readSessionKey(key, this.account, this.#options.shareSession);
  }

  render(content: Outgoing, _to: Address): readonly Part[] {
    return renderParts(content, this.#options.richMessages);
  }

  marked(part: Part): Part {
    return markPart(part);
  }

  send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    return this.#outbound.send(to, part, key, signal);
  }

  probe(to: Address, part: Part, key: string, signal: AbortSignal) {
    const lost = { to, part, key, forgotten: 'removed' } as const;
    return findLostText(this.#outbound, this.#ledger, this.#timing.settleMs, lost, signal);
  }

  edit(ref: MessageRef, part: Part, signal: AbortSignal): Promise<void> {
    return this.#outbound.edit(ref, part, signal);
  }

  remove(ref: MessageRef, signal: AbortSignal): Promise<void> {
    return this.#outbound.remove(ref, signal);
  }

  async describe(address: Address, signal: AbortSignal): Promise<ChatDescription> {
    const chat = await this.#client.call(
      'getChat',
      { chat_id: Number(this.#outbound.current(address.chat)) },
      { kind: 'repeatable', signal },
    );
    if (chat.type === 'private') {
      const title = [chat.first_name, chat.last_name].filter(Boolean).join(' ');
      return { kind: 'direct', ...(title ? { title } : {}) };
    }
    return {
      kind: chat.type === 'channel' ? 'channel' : 'group',
      ...(chat.title ? { title: chat.title } : {}),
    };
  }

  check(signal: AbortSignal): Promise<readonly Finding[]> {
    return checkTelegram(this.#client, this.#options.groupReplyAll, signal);
  }

  /** Hands a batch over in one tick; rejects when any of it was not stored. */
  async #deliver(batch: readonly Update[], sink: PlatformSink): Promise<void> {
    for (const update of batch) this.#noteAlbum(update);
    const stored = batch.map((update) => this.#handOver(this.#read(update), sink));
    const results = await Promise.allSettled(stored);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw new Error(describeError(failed.reason));
  }

  async #handOver(reading: Reading, sink: PlatformSink): Promise<void> {
    if (reading.kind === 'action') {
      const reply = await sink.action(reading.action);
      this.#keep(
        'answer a press',
        answerPress(this.#client, this.#outbound, reading, reply, this.#log, this.#ending.signal),
      );
    }
    if (reading.kind !== 'input') return;
    const { input } = reading;
    if (input.kind === 'message') this.#ledger.seen(input.address.chat, Number(input.message));
    if (input.kind === 'migrate') this.#outbound.migrated(input.fromChat, input.address.chat);
    await sink.input(input);
  }

  /** An update that cannot be read must not hold up those behind it. */
  #read(update: Update): Reading {
    let reading: Reading;
    try {
      reading = readUpdate(update, {
        account: this.account,
        bot: this.#bot,
        groupReplyAll: this.#options.groupReplyAll,
        addressedAlbums: this.#albums,
      });
    } catch (error) {
      this.#log.warn(
        { update: update?.update_id, error: describeError(error) },
        'an update could not be read',
      );
      return { kind: 'ignored', why: 'unreadable' };
    }
    if (reading.kind === 'ignored')
      this.#log.debug({ update: update.update_id, why: reading.why }, 'an update is not for us');
    return reading;
  }

  #noteAlbum(update: Update): void {
    // A strange update is reported where it is read.
    const album = typeof update?.message === 'object' ? safeAlbum(update, this.#bot) : undefined;
    if (album === undefined) return;
    this.#albums.add(album);
    if (this.#albums.size > ALBUMS_KEPT) for (const old of this.#albums) if (this.#albums.delete(old)) break;
  }

  /** A send was told that the group has moved; the engine learns it like from an update. */
  #migrated(from: string, to: string): void {
    const input = migrateInput(from, to, this.account, { id: String(this.#bot.id), bot: true }, Date.now());
    const told = this.#sink?.input(input);
    if (told) this.#keep('tell a moved group', told);
  }

  async #openTopic(to: Address, title: string, signal: AbortSignal): Promise<Address> {
    const name = [...title.trim()].slice(0, 128).join('') || 'cc-connect';
    const chat = this.#outbound.current(to.chat);
    const topic = await this.#client.call(
      'createForumTopic',
      { chat_id: Number(chat), name },
      { kind: 'send', signal },
    );
    return { ...to, chat, thread: String(topic.message_thread_id), replyTo: undefined };
  }

  /** Work that nobody waits for but `stop`. */
  #keep(what: string, task: Promise<unknown>): void {
    const kept = task
      .catch((error: unknown) => this.#log.warn({ what, error: describeError(error) }, 'left undone'))
      .finally(() => this.#tasks.delete(kept));
    this.#tasks.add(kept);
  }
}

function safeAlbum(update: Update, bot: BotIdentity): string | undefined {
  try {
    return addressedAlbum(update, bot);
  } catch {
    return undefined;
  }
}
