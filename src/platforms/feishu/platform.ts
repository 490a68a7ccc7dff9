import type { Client, EventDispatcher, WSClient } from '@larksuiteoapi/node-sdk';
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
import { FeishuActivity } from './activity.ts';
import { FeishuApi } from './api.ts';
import { BoundedMap } from './bounded-map.ts';
import { type ButtonHome, toCardJson } from './card.ts';
import { check } from './check.ts';
import { Connection, type ConnectionTimings } from './connection.ts';
import { download } from './download.ts';
import { feishuCode } from './errors.ts';
import { type EndpointAnswer, type HttpLine, httpLine } from './http.ts';
import { Intake } from './intake.ts';
import type { FeishuOptions } from './options.ts';
import { People } from './people.ts';
import { addressOf, sessionKeyOf } from './place.ts';
import { FeishuPreview } from './preview.ts';
import { proxyAgent } from './proxy-agent.ts';
import { render } from './render.ts';
import { type LarkSdk, loadSdk } from './sdk.ts';
import { sdkLogger } from './sdk-log.ts';
import { editMessage, type PartBody, removeMessage, sendPart } from './send.ts';
import { uploadLimits } from './upload.ts';
import { record, type Wire, word } from './wire.ts';

/** Milliseconds unless named otherwise; tests shorten them. */
export interface FeishuTimings extends ConnectionTimings {
  readonly httpTimeoutMs: number;
}

export const defaultTimings: FeishuTimings = {
  httpTimeoutMs: 20_000,
  handshakeTimeoutMs: 15_000,
  pongTimeoutSecs: 15,
  backoffMs: [500, 30_000],
};

/** The service keeps a `uuid` for an hour. */
const keyedMs = 3_600_000;
const descriptionKeptMs = 10 * 60_000;
/** Seconds between pings until the service says otherwise. */
const usualPingSecs = 120;

interface Line {
  readonly sdk: LarkSdk;
  readonly http: HttpLine;
  readonly client: Client;
}

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
  readonly #api: FeishuApi;
  readonly #people: People;
  readonly #intake: Intake;
  readonly #connection: Connection;
  /** Words of messages we sent, for replies to them: the service shows only a note in place of new cards. */
  readonly #own = new BoundedMap<string, string>(1_000);
  readonly #topics = new BoundedMap<string, true>(5_000);
  readonly #chats = new BoundedMap<string, boolean>(5_000);
  readonly #described = new BoundedMap<string, { at: number; chat: ChatDescription }>(500);
  #line: Promise<Line> | undefined;
  #sink: PlatformSink | undefined;
  #botOpenId: string | undefined;
  #botAsked = false;
  #progressAt = Date.now();
  #pingSecs = usualPingSecs;
  readonly #ended = new AbortController();

  constructor(options: FeishuOptions, context: PlatformContext, timings: FeishuTimings = defaultTimings) {
    this.#options = options;
    this.#timings = timings;
    this.#log = context.log;
    this.type = options.type;
    this.account = asId(`${options.type}:${options.appId}`);
    this.capabilities = capabilitiesOf(options);
    this.#api = new FeishuApi(async () => (await this.#connectLine()).client, options);
    this.#people = new People(this.#api, context.log);
    const remember = (ref: MessageRef, plain: string) => this.#own.set(ref.message, plain.slice(0, 4_000));
    const sending = { inThread: options.threadIsolation };
    this.preview = options.cards ? new FeishuPreview(this.#api, sending, remember) : undefined;
    this.activity = new FeishuActivity(this.#api, options);
    this.files = {
      download: (file: RemoteFile, target: string, maxBytes: number, signal: AbortSignal) =>
        download(this.#api, file, target, maxBytes, signal),
    };
    this.#intake = this.#makeIntake();
    this.#connection = this.#makeConnection();
  }

  async start(sink: PlatformSink, signal: AbortSignal): Promise<void> {
    if (this.#ended.signal.aborted) throw new AppError('feishu_stopped', 'this adapter was stopped; make a new one');
    this.#sink = sink;
    signal.addEventListener('abort', () => void this.stop(), { once: true, signal: this.#ended.signal });
    this.#connection.start();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    this.#people.stop();
    await this.#connection.stop();
    const line = await this.#line?.catch(() => undefined);
    line?.http.close();
  }

  health(): { lastProgressAt: number; boundMs: number } {
    const boundMs = (this.#pingSecs * 2 + this.#timings.pongTimeoutSecs) * 1000 + this.#timings.backoffMs[1];
    return { lastProgressAt: this.#progressAt, boundMs };
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
    return check(this.#api, signal);
  }

  #home(to: Address): ButtonHome {
    return { sessionKey: sessionKeyOf(this.#options, to, { id: to.user ?? '' }), direct: to.direct };
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
        isOwn: (message) => this.#own.has(message),
        isActive: (chat, root) => this.#topics.has(`${chat}|${root}`),
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
      seen: (message, root) => this.#seen(message, root),
      progress: () => this.#progress(),
    });
  }

  #sinkOrThrow(): PlatformSink {
    if (!this.#sink || this.#ended.signal.aborted) throw new AppError('feishu_stopped', 'the adapter is not running');
    return this.#sink;
  }

  #seen(message: MessageInbound, root: string | undefined): void {
    const { chat, direct } = message.address;
    this.#chats.set(chat, direct);
    if (root !== undefined) this.#topics.set(`${chat}|${root}`, true);
    this.#people.wonder(message.sender.id);
    if (!direct && this.#options.resolveMentions) this.#people.gather(chat);
  }

  #progress(): void {
    this.#progressAt = Date.now();
  }

  #makeConnection(): Connection {
    return new Connection({
      timings: this.#timings,
      prepare: (signal) => this.#learnBot(signal),
      client: (callbacks) => this.#socketClient(callbacks),
      dispatcher: () => this.#dispatcher(),
      state: (state, detail) => {
        if (state === 'ready') this.#progress();
        this.#log.info({ state, detail }, 'connection state');
        this.#sink?.state(state, detail);
      },
      explain: (error) => ({
        denied: ['auth', 'permission'].includes(kindOf(error)),
        detail: describeError(error),
      }),
    });
  }

  #connectLine(): Promise<Line> {
    this.#line ??= this.#openLine();
    return this.#line;
  }

  async #openLine(): Promise<Line> {
    const { appId, appSecret, domain, proxy } = this.#options;
    const [sdk, agent] = await Promise.all([loadSdk(), proxyAgent(proxy)]);
    const http = httpLine({
      base: sdk.defaultHttpInstance as unknown as HttpLine['instance'],
      timeoutMs: this.#timings.httpTimeoutMs,
      proxyAgent: agent,
      onEndpoint: (answer) => this.#sawEndpoint(answer),
    });
    const client = new sdk.Client({
      appId,
      appSecret,
      domain,
      httpInstance: http.instance,
      logger: sdkLogger(this.#log, () => this.#progress()),
      loggerLevel: sdk.LoggerLevel.error,
      // Tokens are ours: fetched once for many waiters, forgotten when refused.
      disableTokenCache: true,
    });
    return { sdk, http, client };
  }

  #sawEndpoint(answer: EndpointAnswer): void {
    const secs = Number(record(record(answer.data).ClientConfig).PingInterval);
    if (Number.isFinite(secs) && secs > 0) this.#pingSecs = secs;
    this.#connection.sawEndpoint(answer);
  }

  async #socketClient(callbacks: {
    onReady(): void;
    onError(error: Error): void;
    onReconnecting(): void;
  }): Promise<WSClient> {
    const { sdk, http } = await this.#connectLine();
    const { appId, appSecret, domain } = this.#options;
    return new sdk.WSClient({
      appId,
      appSecret,
      domain,
      httpInstance: http.instance,
      agent: http.agent,
      logger: sdkLogger(this.#log, () => this.#progress()),
      loggerLevel: sdk.LoggerLevel.trace,
      handshakeTimeoutMs: this.#timings.handshakeTimeoutMs,
      wsConfig: { pingTimeout: this.#timings.pongTimeoutSecs },
      ...callbacks,
    });
  }

  /** Mentions are recognised by the bot's id, so it is asked for before events come. */
  async #learnBot(signal: AbortSignal): Promise<void> {
    if (this.#botAsked) return;
    try {
      const { bot } = await this.#api.callWhole<Wire>(
        { op: 'asking for the bot', method: 'GET', path: '/open-apis/bot/v3/info' },
        AbortSignal.any([signal, AbortSignal.timeout(this.#timings.httpTimeoutMs)]),
      );
      this.#botOpenId = word(record(bot).open_id);
    } catch (error) {
      // Events can still come; only mentions cannot be told.
      if (kindOf(error) !== 'permission' && feishuCode(error) === undefined) throw error;
      if (kindOf(error) === 'auth' || kindOf(error) === 'unavailable' || kindOf(error) === 'rate_limit')
        throw error;
      this.#log.warn(
        { error: describeError(error) },
        'the bot is unknown, group mentions are not recognised',
      );
    }
    this.#botAsked = true;
  }

  async #dispatcher(): Promise<EventDispatcher> {
    const { sdk } = await this.#connectLine();
    const logger = sdkLogger(this.#log, () => this.#progress());
    const dispatcher = new sdk.EventDispatcher({ logger, loggerLevel: sdk.LoggerLevel.error });
    const quiet = () => this.#progress();
    const handlers: Record<string, (event: Wire) => unknown> = {
      'im.message.receive_v1': (event) => this.#intake.message(event),
      'im.message.recalled_v1': (event) => this.#intake.recall(event),
      'card.action.trigger': async (event) => {
        const done = await this.#intake.action(event);
        return done && this.#actionAnswer(done.action, done.reply);
      },
      'im.message.message_read_v1': quiet,
      'im.message.reaction.created_v1': quiet,
      'im.message.reaction.deleted_v1': quiet,
      'im.chat.access_event.bot_p2p_chat_entered_v1': quiet,
      'im.chat.member.bot.added_v1': quiet,
      'im.chat.member.bot.deleted_v1': quiet,
      'im.chat.updated_v1': quiet,
      'im.chat.disbanded_v1': quiet,
      p2p_chat_create: quiet,
    };
    return dispatcher.register(handlers);
  }

  #actionAnswer(action: Action, reply: ActionReply): object | undefined {
    if (reply.toast === undefined && reply.card === undefined) return undefined;
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
      'The chat shows Markdown with headings, lists, code blocks, links and at most 5 tables per message; images by link are not shown.',
  };
}
