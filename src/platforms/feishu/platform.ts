import type { Address, MessageRef } from '../../core/address.ts';
import type { PlatformCapabilities } from '../../core/capabilities.ts';
import { AppError, describeError, kindOf } from '../../core/errors.ts';
import { type AccountId, asId, type SessionKey } from '../../core/ids.ts';
import type { Action, MessageInbound, RemoteFile, Sender } from '../../core/inbound.ts';
import type { Outgoing, Part } from '../../core/outgoing.ts';
import type {
  ActionReply,
  ChatDescription,
  FilesAbility,
  Finding,
  Log,
  Platform,
  PlatformContext,
  PlatformSink,
} from '../../core/platform.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import { limited } from '../../kit/deadline.ts';
import { FeishuActivity } from './activity.ts';
import { FeishuApi } from './api.ts';
import { ApiLine } from './api-line.ts';
import { type ButtonHome, toCardJson } from './card.ts';
import { cardPaces } from './card-pace.ts';
import { check, countConnections } from './check.ts';
import { download } from './download.ts';
import { feishuCode } from './errors.ts';
import { EventLine, type FeishuTimings, type Member } from './event-line.ts';
import { Intake } from './intake.ts';
import type { FeishuOptions } from './options.ts';
import { People } from './people.ts';
import { addressOf, sessionKeyOf } from './place.ts';
import { FeishuPreview } from './preview.ts';
import { render } from './render.ts';
import { editMessage, type PartBody, removeMessage, sendPart } from './send.ts';
import { Topics } from './topics.ts';
import { uploadLimits } from './upload.ts';
import { record, type Wire, word } from './wire.ts';

export const defaultTimings: FeishuTimings = {
  httpTimeoutMs: 20_000,
  handshakeTimeoutMs: 15_000,
  pongTimeoutSecs: 15,
  backoffMs: [500, 30_000],
  rivals: { firstMs: 5_000, againMs: 10_000, everyMs: 120_000 },
};

/** The service keeps a `uuid` for an hour. */
const keyedMs = 3_600_000;
const descriptionKeptMs = 10 * 60_000;

/** One Feishu or Lark bot. */
export class FeishuPlatform implements Platform {
  readonly type: string;
  readonly account: AccountId;
  readonly capabilities: PlatformCapabilities;
  readonly preview: FeishuPreview | undefined;
  readonly activity: FeishuActivity;
  readonly files: FilesAbility;

  readonly #options: FeishuOptions;
  readonly #timings: FeishuTimings;
  readonly #log: Log;
  readonly #project: string;
  readonly #api: FeishuApi;
  readonly #people: People;
  readonly #intake: Intake;
  readonly #line: ApiLine;
  /** Words of messages we sent, for replies to them: the service shows only a note in place of new cards. */
  readonly #own = new BoundedMap<string, string>(1_000);
  /** Whose the messages are that the service was asked about; earlier lives of the daemon wrote some. */
  readonly #whose = new BoundedMap<string, boolean>(5_000);
  readonly #topics: Topics;
  readonly #chats = new BoundedMap<string, boolean>(5_000);
  readonly #described = new BoundedMap<string, { at: number; chat: ChatDescription }>(500);
  #events: { readonly line: EventLine; readonly member: Member } | undefined;
  #sink: PlatformSink | undefined;
  #botOpenId: string | undefined;
  #botAsked = false;
  readonly #ended = new AbortController();
  #stopping: Promise<void> | undefined;

  constructor(options: FeishuOptions, context: PlatformContext, timings: FeishuTimings = defaultTimings) {
    this.#options = options;
    this.#timings = timings;
    this.#log = context.log;
    this.#project = context.project;
    this.type = options.type;
    this.account = asId(`${options.type}:${options.appId}`);
    this.capabilities = capabilitiesOf(options);
    this.#topics = new Topics(context.memory(this.account));
    this.#line = new ApiLine(options, context.log, timings.httpTimeoutMs);
    this.#api = new FeishuApi(async () => (await this.#line.open()).client, options);
    this.#people = new People(this.#api, context.log);
    const remember = (ref: MessageRef, plain: string) => this.#own.set(ref.message, plain.slice(0, 4_000));
    const sending = { inThread: options.threadIsolation };
    const paces = cardPaces(options.domain, options.appId);
    this.preview = options.cards ? new FeishuPreview(this.#api, paces, sending, remember) : undefined;
    this.activity = new FeishuActivity(this.#api, options, context.log);
    this.files = {
      download: (file: RemoteFile, target: string, maxBytes: number, signal: AbortSignal) =>
        download(this.#api, file, target, maxBytes, signal),
    };
    this.#intake = this.#makeIntake();
  }

  async start(sink: PlatformSink, signal: AbortSignal): Promise<void> {
    if (this.#ended.signal.aborted)
      throw new AppError('feishu_stopped', 'this adapter was stopped; make a new one');
    this.#sink = sink;
    signal.addEventListener('abort', () => void this.stop(), { once: true, signal: this.#ended.signal });
    const member = this.#member();
    this.#events = { member, line: EventLine.join(member, this.#options, this.#log, this.#timings) };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  health(): { lastProgressAt: number; boundMs: number } {
    return this.#events?.line.health() ?? { lastProgressAt: 0, boundMs: Number.MAX_SAFE_INTEGER };
  }

  sessionKey(address: Address, sender: Sender): SessionKey {
    return sessionKeyOf(this.#options, address, sender);
  }

  parseSessionKey(key: string): Address | undefined {
    return addressOf(this.#options, this.account, key, (chat) => this.#chats.get(chat) ?? false);
  }

  render(content: Outgoing, to: Address): readonly Part[] {
    const { cards, mentionMap, resolveMentions } = this.#options;
    const names = new Map(Object.entries(mentionMap));
    if (resolveMentions && !to.direct)
      for (const [name, id] of this.#people.membersOf(to.chat)) names.set(name, id);
    return render(content, {
      cards,
      home: this.#home(to),
      mention: names.size > 0 ? finder(names) : undefined,
    });
  }

  async send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    const ref = await sendPart(this.#api, to, part, key, { inThread: this.#options.threadIsolation }, signal);
    this.#own.set(ref.message, part.plain.slice(0, 4_000));
    return ref;
  }

  async edit(ref: MessageRef, part: Part, signal: AbortSignal): Promise<void> {
    const body = part.body as unknown as PartBody;
    if (body.type === 'upload')
      throw new AppError('feishu_validation', 'a file cannot replace a message', { kind: 'validation' });
    const card = ref.extra?.card;
    if (typeof card === 'string' && body.type === 'interactive' && this.preview)
      await this.preview.edit(card, body.content, signal);
    else await editMessage(this.#api, ref, { type: body.type, content: body.content }, signal);
    this.#own.set(ref.message, part.plain.slice(0, 4_000));
  }

  remove(ref: MessageRef, signal: AbortSignal): Promise<void> {
    return removeMessage(this.#api, ref, signal);
  }

  async describe(address: Address, signal: AbortSignal): Promise<ChatDescription> {
    const known = this.#described.get(address.chat);
    if (known && Date.now() - known.at < descriptionKeptMs) return known.chat;
    const data = await this.#api.call<Wire>(
      {
        op: 'asking about a chat',
        method: 'GET',
        path: `/open-apis/im/v1/chats/${encodeURIComponent(address.chat)}`,
      },
      signal,
    );
    const chat: ChatDescription = {
      title: word(data.name),
      kind: data.chat_mode === 'p2p' ? 'direct' : 'group',
    };
    this.#described.set(address.chat, { at: Date.now(), chat });
    return chat;
  }

  check(signal: AbortSignal): Promise<readonly Finding[]> {
    return check(this.#api, signal, this.#options.webhook === undefined);
  }

  async #end(): Promise<void> {
    this.#ended.abort();
    this.#people.stop();
    this.activity.stop();
    await this.#events?.line.leave(this.#events.member);
    await this.#line.close();
  }

  #home(to: Address): ButtonHome {
    const sessionKey = sessionKeyOf(this.#options, to, { id: to.user ?? '' });
    return { sessionKey, direct: to.direct, project: this.#project };
  }

  #makeIntake(): Intake {
    const platform = this;
    const options = this.#options;
    const nameOf = (id: string) => this.#people.nameOf(id);
    const ownText = (message: string) => this.#own.get(message);
    return new Intake({
      log: this.#log,
      context: {
        options,
        account: this.account,
        get botOpenId() {
          return platform.#botOpenId;
        },
        isOwn: (message) => this.#own.has(message) || this.#whose.get(message),
        isActive: (chat, root) => this.#topics.has(chat, root),
        isDirect: (chat) => this.#chats.get(chat) ?? false,
        nameOf,
      },
      quotes: {
        api: this.#api,
        appId: options.appId,
        get botOpenId() {
          return platform.#botOpenId;
        },
        ownText,
        nameOf,
      },
      sink: () => this.#sinkOrThrow(),
      learned: (message, own) => this.#whose.set(message, own),
      seen: (message, root) => this.#seen(message, root),
    });
  }

  #sinkOrThrow(): PlatformSink {
    if (!this.#sink || this.#ended.signal.aborted)
      throw new AppError('feishu_stopped', 'the adapter is not running');
    return this.#sink;
  }

  async #seen(message: MessageInbound, root: string | undefined): Promise<void> {
    const { chat, direct } = message.address;
    this.#chats.set(chat, direct);
    this.#people.wonder(message.sender.id);
    if (!direct && this.#options.resolveMentions) this.#people.gather(chat);
    // Before the acknowledgement: after a crash the message comes again and the topic with it.
    if (root !== undefined) await this.#topics.note(chat, root);
  }

  #member(): Member {
    return {
      project: this.#project,
      prepare: (signal) => this.#learnBot(signal),
      message: async (event) => {
        // Without the bot's id a mention looks like any other: better unacknowledged than ignored.
        await this.#learnBot(this.#ended.signal);
        await this.#intake.message(event);
      },
      recall: async (event) => {
        await this.#learnBot(this.#ended.signal);
        await this.#intake.recall(event);
      },
      action: async (event) => {
        const done = await this.#intake.action(event);
        return done && this.#actionAnswer(done.action, done.reply);
      },
      state: (state, detail) => this.#sink?.state(state, detail),
      connections: (signal) => countConnections(this.#api, signal),
    };
  }

  /** Mentions are recognised by the bot's id, so it is asked for before events come. */
  async #learnBot(signal: AbortSignal): Promise<void> {
    if (this.#botAsked) return;
    try {
      const asking = { op: 'asking for the bot', method: 'GET', path: '/open-apis/bot/v3/info' } as const;
      const { bot } = await limited(this.#timings.httpTimeoutMs, [signal], (limit) =>
        this.#api.callWhole<Wire>(asking, limit),
      );
      this.#botOpenId = word(record(bot).open_id);
    } catch (error) {
      // A lasting no: events can still come, only mentions cannot be told.
      if (
        feishuCode(error) === undefined ||
        !['permission', 'permanent', 'not_found'].includes(kindOf(error))
      )
        throw error;
      this.#log.warn(
        { error: describeError(error) },
        'the bot is unknown, group mentions are not recognised',
      );
    }
    this.#botAsked = true;
  }

  #actionAnswer(action: Action, reply: ActionReply): object {
    const home = this.#home(action.address);
    return {
      ...(reply.toast === undefined
        ? {}
        : { toast: { type: reply.toastKind ?? 'info', content: reply.toast } }),
      ...(reply.card === undefined ? {} : { card: { type: 'raw', data: toCardJson(reply.card, home) } }),
    };
  }
}

/** Finds the longest of the names at the start of a text. */
function finder(
  names: ReadonlyMap<string, string>,
): (rest: string) => { name: string; id: string } | undefined {
  const sorted = [...names].filter(([name]) => name !== '').sort(([a], [b]) => b.length - a.length);
  return (rest) => {
    const found = sorted.find(([name]) => rest.startsWith(name));
    return found && { name: found[0], id: found[1] };
  };
}

function capabilitiesOf(options: FeishuOptions): PlatformCapabilities {
  return {
    delivery: { kind: 'keyed', windowMs: keyedMs },
    buttons: options.cards,
    cards: options.cards,
    forms: options.cards,
    editNotifies: false,
    previewPace: { directMs: 250, groupMs: 250 },
    previewMaxChars: 8_000,
    maxUploadBytes: uploadLimits,
    maxDownloadBytes: 100 * 1024 * 1024,
    formattingHint:
      'The chat shows Markdown with headings, lists, code blocks, links and at most 5 tables per message; images from the web are not shown, a Markdown image with a path inside the work directory is sent as a picture.',
  };
}
