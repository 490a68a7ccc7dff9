import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, MessageRef } from '../../core/address.ts';
import type { PlatformCapabilities } from '../../core/capabilities.ts';
import { AppError, describeError } from '../../core/errors.ts';
import { type AccountId, asId, type SessionKey } from '../../core/ids.ts';
import type { Action, Sender } from '../../core/inbound.ts';
import type { Outgoing, Part } from '../../core/outgoing.ts';
import type {
  ActionReply,
  ActivityAbility,
  ChatDescription,
  FilesAbility,
  Finding,
  Log,
  Platform,
  PlatformContext,
  PlatformSink,
  PreviewAbility,
  ThreadsAbility,
} from '../../core/platform.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import { activityOf } from './activity.ts';
import { SlackApi } from './api.ts';
import { Assistant } from './assistant.ts';
import { capabilities } from './capabilities.ts';
import { catchUp, type HeldPlace, holdKnown } from './catch-up.ts';
import { checkSlack, explainApp, explainBot } from './check.ts';
import { filesOver } from './files.ts';
import { Gap } from './gap.ts';
import { Intake } from './intake.ts';
import { botName, type SlackOptions } from './options.ts';
import { Outbound } from './outbound.ts';
import { People } from './people.ts';
import { makeSessionKey, readSessionKey } from './place.ts';
import { answerPress } from './press-answer.ts';
import { Previews } from './preview.ts';
import { type BotIdentity, CommittingReceiver } from './receiver.ts';
import { renderParts } from './render.ts';
import { SeenPlaces } from './seen.ts';
import { SocketLine } from './socket.ts';
import { Streams } from './streams.ts';
import { defaultTimings, type SlackTimings } from './timing.ts';
import { record, stamp, type Wire, word } from './wire.ts';

/** One Slack bot in one workspace. */
export class SlackPlatform implements Platform {
  readonly type = 'slack';
  readonly account: AccountId;
  readonly capabilities: PlatformCapabilities = capabilities;
  readonly preview: PreviewAbility;
  readonly activity: ActivityAbility;
  readonly files: FilesAbility;
  readonly threads: ThreadsAbility;
  readonly #options: SlackOptions;
  readonly #timings: SlackTimings;
  readonly #log: Log;
  readonly #api: SlackApi;
  readonly #outbound: Outbound;
  readonly #seen: SeenPlaces;
  readonly #intake: Intake;
  readonly #line: SocketLine;
  readonly #assistant: Assistant;
  readonly #people: People;
  readonly #ending = new AbortController();
  readonly #tasks = new Set<Promise<unknown>>();
  readonly #described = new BoundedMap<string, ChatDescription>(500);
  #sink: PlatformSink | undefined;
  readonly #gap: Gap;
  #bot: BotIdentity | undefined;
  #receiver: Promise<CommittingReceiver> | undefined;
  #catching: Promise<void> = Promise.resolve();
  #again = false;
  #stopping: Promise<void> | undefined;

  constructor(options: SlackOptions, context: PlatformContext, timings: SlackTimings = defaultTimings) {
    const name = botName(options.botToken);
    this.account = asId<AccountId>(`slack:${name}`);
    this.#options = options;
    this.#timings = timings;
    this.#log = context.log;
    // Every answer to a press listens for the end.
    setMaxListeners(0, this.#ending.signal);
    this.#api = new SlackApi(options, context.log, timings.callMs);
    this.#outbound = new Outbound(this.#api, options, timings.settleMs);
    this.#people = new People(this.#api, context.log, this.#ending.signal);
    this.#assistant = new Assistant(this.#api, options.suggestedPrompts, this.#ending.signal);
    this.#seen = new SeenPlaces(join(context.cacheDir, `slack-${name}.seen.json`), context.log);
    this.#gap = new Gap(this.#seen);
    this.#intake = this.#makeIntake();
    this.#line = this.#makeLine();
    const team = () => this.#bot?.teamId;
    const streams = new Streams(this.#api, this.#outbound, team, options.streaming);
    this.preview = new Previews(this.#outbound, streams);
    this.activity = activityOf(this.#api, options.reaction, (to) => this.#outbound.threadOf(to));
    this.files = filesOver(this.#api, options);
    this.threads = { open: (to, title, signal) => this.#openThread(to, title, signal) };
  }

  async start(sink: PlatformSink, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#ending.signal.aborted)
      throw new AppError('slack_stopped', 'this adapter was stopped; make a new one');
    this.#sink = sink;
    signal.addEventListener('abort', () => void this.stop(), { once: true, signal: this.#ending.signal });
    await this.#seen.load();
    this.#line.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  health(): { lastProgressAt: number; boundMs: number } {
    const { silenceMs, helloMs, backoffMs, callMs } = this.#timings;
    return {
      lastProgressAt: this.#line.lastProgressAt,
      boundMs: 2 * (silenceMs + helloMs + backoffMs[1] + callMs),
    };
  }

  sessionKey(address: Address, sender: Sender): SessionKey {
    return makeSessionKey(address, sender, this.#options.scope);
  }

  parseSessionKey(key: string): Address | undefined {
    return readSessionKey(key, this.account);
  }

  render(content: Outgoing, _to: Address): readonly Part[] {
    return renderParts(content);
  }

  async send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    const ref = await this.#outbound.send(to, part, key, signal);
    if (ref.thread !== undefined) this.#intake.joined(ref.chat, ref.thread);
    return ref;
  }

  probe(to: Address, _part: Part, key: string, signal: AbortSignal) {
    return this.#outbound.find(to, key, signal);
  }

  edit(ref: MessageRef, part: Part, signal: AbortSignal): Promise<void> {
    return this.#outbound.edit(ref, part, signal);
  }

  remove(ref: MessageRef, signal: AbortSignal): Promise<void> {
    return this.#outbound.remove(ref, signal);
  }

  async describe(address: Address, signal: AbortSignal): Promise<ChatDescription> {
    const known = this.#described.get(address.chat);
    if (known) return known;
    const answer = await this.#api.call(
      'conversations.info',
      { channel: address.chat },
      { kind: 'repeatable', signal },
    );
    const channel = record(answer.channel);
    const title = word(channel.name);
    const kind = channel.is_im === true ? 'direct' : channel.is_mpim === true ? 'group' : 'channel';
    const chat: ChatDescription = { kind, ...(title && kind !== 'direct' ? { title } : {}) };
    this.#described.set(address.chat, chat);
    return chat;
  }

  check(signal: AbortSignal): Promise<readonly Finding[]> {
    return checkSlack(this.#api, signal);
  }

  async #end(): Promise<void> {
    this.#ending.abort();
    await this.#line.stop();
    await Promise.all(this.#tasks);
    await this.#api.close();
    await this.#seen.close();
  }

  #makeLine(): SocketLine {
    return new SocketLine({
      log: this.#log,
      timings: this.#timings,
      agent: (url) => this.#api.agent(url),
      address: async (signal) => {
        await this.#learnBot(signal);
        return this.#socketAddress(signal);
      },
      ready: () => {
        this.#gap.connected();
        this.#catchUp();
      },
      envelope: async (envelope) => (await this.#receiving()).pass(envelope),
      state: (state, detail) => {
        if (!this.#ending.signal.aborted) this.#sink?.state(state, detail);
      },
    });
  }

  #makeIntake(): Intake {
    return new Intake({
      log: this.#log,
      seen: this.#seen,
      ackMs: this.#timings.ackMs,
      context: () => ({
        account: this.account,
        bot: this.#knownBot(),
        options: this.#options,
        nameOf: (user) => this.#people.nameOf(user),
        isActive: (chat, thread) => this.#intake.isActive(chat, thread),
      }),
      sink: () => this.#sinkOrThrow(),
      caughtUp: () => this.#caughtUp(),
      firstWord: (chat, thread, ts) => {
        const held = this.#gap.holdNew(chat, thread, ts);
        if (held) this.#catchUp(() => [held]);
      },
      failed: () => this.#catchUpLater(),
      met: (user) => this.#keep('learn a name', this.#people.wonder(user)),
      opened: (chat, thread) => this.#keep('suggest', this.#assistant.opened(chat, thread)),
      titled: (input) => this.#keep('title', this.#assistant.titled(input)),
      answered: (press, reply) => this.#answered(press, reply),
    });
  }

  /** Mentions and own messages are told by the bot's id, so it is asked for before events come. */
  async #learnBot(signal: AbortSignal): Promise<void> {
    if (this.#bot) return;
    try {
      const me = await this.#api.call('auth.test', {}, { kind: 'repeatable', signal });
      const userId = word(me.user_id);
      if (userId === undefined)
        throw new AppError('slack_broken', 'auth.test told no user', { kind: 'unavailable' });
      this.#bot = { userId, botId: word(me.bot_id), teamId: word(me.team_id) };
    } catch (error) {
      throw explainBot(error);
    }
  }

  async #socketAddress(signal: AbortSignal): Promise<string> {
    try {
      const answer = await this.#api.callAsApp('apps.connections.open', { kind: 'repeatable', signal });
      const url = word(answer.url);
      if (url === undefined || !/^wss?:\/\//.test(url))
        throw new AppError('slack_broken', 'no address for a connection was given', { kind: 'unavailable' });
      return url;
    } catch (error) {
      throw explainApp(error);
    }
  }

  #receiving(): Promise<CommittingReceiver> {
    this.#receiver ??= CommittingReceiver.make(
      this.#api,
      () => this.#bot,
      this.#options.botToken,
      (body) => this.#intake.payload(body),
      this.#log,
    );
    return this.#receiver;
  }

  #knownBot(): BotIdentity {
    if (!this.#bot) throw new AppError('slack_stopped', 'the bot is not known yet');
    return this.#bot;
  }

  #sinkOrThrow(): PlatformSink {
    if (!this.#sink || this.#ending.signal.aborted)
      throw new AppError('slack_stopped', 'the adapter is not running');
    return this.#sink;
  }

  /** After each connect: what the service did not repeat is in the history. */
  #catchUp(held: () => readonly HeldPlace[] = () => holdKnown(this.#seen)): void {
    const { signal } = this.#ending;
    const before = this.#catching;
    const task = before.then(async () => {
      const take = (event: Wire) => this.#intake.event(event);
      if (!(await catchUp(this.#api, this.#seen, held(), take, this.#log, signal))) this.#catchUpLater();
    });
    this.#catching = task.catch(() => undefined);
    this.#keep('catch up', task);
  }

  #catchUpLater(): void {
    if (this.#again || this.#ending.signal.aborted) return;
    this.#again = true;
    const { signal } = this.#ending;
    const task = sleep(this.#timings.againMs, undefined, { signal }).then(
      () => {
        this.#again = false;
        this.#catchUp();
      },
      () => undefined,
    );
    this.#keep('catch up later', task);
  }

  async #caughtUp(): Promise<void> {
    const timer = new AbortController();
    const late = sleep(this.#timings.catchUpMs, undefined, { signal: timer.signal, ref: false });
    await Promise.race([this.#catching, late.catch(() => undefined)]).finally(() => timer.abort());
  }

  #answered(press: { action: Action; respondUrl: string | undefined }, reply: ActionReply): void {
    const { signal } = this.#ending;
    this.#keep('answer a press', answerPress(this.#api, this.#outbound, press, reply, this.#log, signal));
  }

  async #openThread(to: Address, title: string, signal: AbortSignal): Promise<Address> {
    const [part] = renderParts({ kind: 'text', markdown: title.trim() || 'cc-connect' });
    const top = { ...to, thread: undefined, replyTo: undefined };
    if (!part) throw new TypeError('nothing was rendered');
    const ref = await this.#outbound.send(top, part, `thread:${title}:${Date.now()}`, signal);
    const thread = stamp(ref.message);
    if (thread === undefined) throw new AppError('slack_no_thread', 'no thread could be opened here');
    this.#intake.joined(ref.chat, thread);
    return { ...to, chat: ref.chat, thread, replyTo: undefined };
  }

  /** Work that nobody waits for but `stop`. */
  #keep(what: string, task: Promise<unknown>): void {
    const kept = task
      .catch((error: unknown) => this.#log.warn({ what, error: describeError(error) }, 'left undone'))
      .finally(() => this.#tasks.delete(kept));
    this.#tasks.add(kept);
  }
}
