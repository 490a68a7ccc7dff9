import type { EventDispatcher, WSClient } from '@larksuiteoapi/node-sdk';
import { AppError, describeError, kindOf } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { ApiLine } from './api-line.ts';
import { Connection, type ConnectionTimings } from './connection.ts';
import type { EndpointAnswer } from './http.ts';
import type { FeishuOptions } from './options.ts';
import { Rivals, type RivalTimings } from './rivals.ts';
import { sdkLogger } from './sdk-log.ts';
import { Webhook } from './webhook.ts';
import { record, type Wire, word } from './wire.ts';

/** Milliseconds unless named otherwise; tests shorten them. */
export interface FeishuTimings extends ConnectionTimings {
  readonly httpTimeoutMs: number;
  readonly rivals: RivalTimings;
}

/** Seconds between pings until the service says otherwise. */
const usualPingSecs = 120;

/** One adapter on the line. Handlers resolve after the commit and reject when nothing was stored. */
export interface Member {
  readonly project: string;
  prepare(signal: AbortSignal): Promise<void>;
  message(event: Wire): Promise<void>;
  recall(event: Wire): Promise<void>;
  /** Undefined when the button is another's. */
  action(event: Wire): Promise<object | undefined>;
  state(state: 'ready' | 'down' | 'denied', detail?: string): void;
  /** How many connections the app has, in all programs. */
  connections(signal: AbortSignal): Promise<number>;
}

/** Events nobody needs, named so that the SDK does not warn of each. */
const unneeded = [
  'im.message.message_read_v1',
  'im.message.reaction.created_v1',
  'im.message.reaction.deleted_v1',
  'im.chat.access_event.bot_p2p_chat_entered_v1',
  'im.chat.member.bot.added_v1',
  'im.chat.member.bot.deleted_v1',
  'im.chat.member.user.added_v1',
  'im.chat.member.user.deleted_v1',
  'im.chat.updated_v1',
  'im.chat.disbanded_v1',
  'p2p_chat_create',
];

const running = new Map<string, EventLine>();

/** Connections of an app in this process: projects with other settings, such as a proxy, have one of their own. */
function standing(appId: string): number {
  return [...running.values()].filter((line) => line.isReadyFor(appId)).length;
}

/**
 * The long connection of an app. The service gives each event to one random connection of the app, so all adapters
 * of this process with the same app share one and each is shown every event.
 */
export class EventLine {
  readonly #key: string;
  readonly #options: FeishuOptions;
  readonly #log: Log;
  readonly #timings: FeishuTimings;
  readonly #line: ApiLine;
  readonly #connection: Connection | Webhook;
  readonly #members = new Set<Member>();
  readonly #rivals: Rivals;
  /** What took the place of this line when it was deaf. */
  #next: EventLine | undefined;
  #state: { state: 'ready' | 'down' | 'denied'; detail?: string } | undefined;
  #progressAt = performance.now();
  #pingSecs = usualPingSecs;

  private constructor(key: string, options: FeishuOptions, log: Log, timings: FeishuTimings) {
    this.#key = key;
    this.#options = options;
    this.#log = log;
    this.#timings = timings;
    this.#line = new ApiLine(options, log, timings.httpTimeoutMs, (answer) => this.#sawEndpoint(answer));
    this.#rivals = new Rivals({
      timings: timings.rivals,
      log,
      count: async (signal) => (await [...this.#members][0]?.connections(signal)) ?? 0,
      ours: () => standing(options.appId),
      changed: (warning) => this.#told(warning),
    });
    const setup = {
      timings,
      prepare: async (signal: AbortSignal) => {
        for (const member of this.#members) await member.prepare(signal);
      },
      dispatcher: () => this.#dispatcher(),
      state: (state: 'ready' | 'down' | 'denied', detail?: string) => this.#tell(state, detail),
      explain: (error: unknown) => ({
        denied: ['auth', 'permission'].includes(kindOf(error)),
        detail: describeError(error),
      }),
    };
    this.#connection = options.webhook
      ? new Webhook({ ...setup, options: options.webhook, log })
      : new Connection({ ...setup, client: (callbacks) => this.#client(callbacks) });
  }

  /** Joins the running line of the same app, or starts one. */
  static join(member: Member, options: FeishuOptions, log: Log, timings: FeishuTimings): EventLine {
    const key = [
      options.domain,
      options.appId,
      options.appSecret,
      options.proxy,
      JSON.stringify(options.webhook),
    ].join('\n');
    const known = running.get(key);
    // Whoever joins a line that has gone deaf is there to replace one of its members; two lines would share the events.
    const line = known && !known.#deaf() ? known : new EventLine(key, options, log, timings);
    if (known && line !== known) known.#passTo(line);
    running.set(key, line);
    line.#members.add(member);
    if (line.#state) member.state(line.#state.state, line.#state.detail);
    line.#connection.start();
    return line;
  }

  /** The last to leave ends the connection; resolves when nothing is left of it. */
  async leave(member: Member): Promise<void> {
    if (this.#next) return this.#next.leave(member);
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    if (running.get(this.#key) === this) running.delete(this.#key);
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#rivals.rest();
    await this.#connection.stop();
    await this.#line.close();
  }

  /** Another line takes the place of this one. */
  #passTo(next: EventLine): void {
    this.#next = next;
    for (const member of this.#members) next.#members.add(member);
    this.#members.clear();
    this.#end().catch((error: unknown) =>
      this.#log.warn({ error: describeError(error) }, 'a deaf connection did not end cleanly'),
    );
  }

  /** Everybody on this line, or on the one in its place. Rejects when there is nobody: the event must come again. */
  #everybody(): readonly Member[] {
    if (this.#next) return this.#next.#everybody();
    if (this.#members.size === 0) throw new AppError('feishu_stopped', 'nobody takes events any more');
    return [...this.#members];
  }

  isReadyFor(appId: string): boolean {
    return this.#options.appId === appId && this.#state?.state === 'ready' && !this.#options.webhook;
  }

  health(): { lastProgressAt: number; boundMs: number } {
    if (this.#next) return this.#next.health();
    // A server that listens is never deaf: the service decides when to speak.
    if (this.#connection instanceof Webhook && this.#state?.state === 'ready') this.#progress();
    const boundMs = (this.#pingSecs * 2 + this.#timings.pongTimeoutSecs) * 1000 + this.#timings.backoffMs[1];
    return { lastProgressAt: this.#progressAt, boundMs };
  }

  #deaf(): boolean {
    const { lastProgressAt, boundMs } = this.health();
    return performance.now() - lastProgressAt > boundMs;
  }

  #progress(): void {
    this.#progressAt = performance.now();
  }

  #tell(state: 'ready' | 'down' | 'denied', detail?: string): void {
    if (state === 'ready') this.#progress();
    // Told once, however often it is tried again.
    else if (this.#state?.state === state && this.#state.detail === detail) return;
    this.#state = { state, detail };
    if (state === 'ready' && this.#connection instanceof Connection) this.#rivals.watch();
    else this.#rivals.rest();
    this.#log.info({ state, detail }, 'feishu connection state');
    for (const member of this.#members) member.state(state, detail);
  }

  /** Others are connected as this app, or no longer are. What comes here comes as before. */
  #told(warning: string | undefined): void {
    if (this.#state?.state !== 'ready') return;
    this.#state = { state: 'ready', detail: warning };
    if (warning === undefined) this.#log.info({}, 'no other program is connected as this app any more');
    else this.#log.warn({ warning }, 'messages of this app go to another program too');
    for (const member of this.#members) member.state('ready', warning);
  }

  #sawEndpoint(answer: EndpointAnswer): void {
    const secs = Number(record(record(answer.data).ClientConfig).PingInterval);
    if (Number.isFinite(secs) && secs > 0) this.#pingSecs = secs;
    if (this.#connection instanceof Connection) this.#connection.sawEndpoint(answer);
  }

  async #client(callbacks: {
    onReady(): void;
    onError(error: Error): void;
    onReconnecting(): void;
  }): Promise<WSClient> {
    const { sdk, http } = await this.#line.open();
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

  async #dispatcher(): Promise<EventDispatcher> {
    const { sdk } = await this.#line.open();
    const dispatcher = new sdk.EventDispatcher({
      logger: sdkLogger(this.#log),
      loggerLevel: sdk.LoggerLevel.error,
    });
    const handlers: Record<string, (event: Wire) => unknown> = {
      'im.message.receive_v1': (event) => this.#all((member) => member.message(event)),
      'im.message.recalled_v1': (event) => this.#all((member) => member.recall(event)),
      'card.action.trigger': (event) => this.#action(event),
    };
    for (const type of unneeded) handlers[type] = () => this.#progress();
    return dispatcher.register(handlers);
  }

  /** Rejects when any member could not store: then the event must come again. */
  async #all(handle: (member: Member) => Promise<void>): Promise<void> {
    this.#progress();
    await Promise.all(this.#everybody().map(handle));
  }

  /** The project that sent the card is asked first. */
  async #action(event: Wire): Promise<object | undefined> {
    this.#progress();
    const owner = word(record(record(event.action).value).o);
    const members = [...this.#everybody()].sort(
      (a, b) => Number(b.project === owner) - Number(a.project === owner),
    );
    for (const member of members) {
      const answer = await member.action(event);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }
}
