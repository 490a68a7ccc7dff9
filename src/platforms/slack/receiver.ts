import type { AckFn, AnyMiddlewareArgs, Context, Receiver, ReceiverEvent } from '@slack/bolt';
import { describeError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import type { SlackApi } from './api.ts';
import type { Envelope } from './socket.ts';
import { record, type Wire } from './wire.ts';

/** One envelope on its way through Bolt: what became of it. */
interface Passage {
  handled: boolean;
  failure: unknown;
  answer: object | undefined;
}

export interface BotIdentity {
  readonly userId: string;
  readonly botId: string | undefined;
  readonly teamId: string | undefined;
}

type App = InstanceType<typeof import('@slack/bolt').App>;

/**
 * Our receiver inside Bolt. Bolt acknowledges events before any handler runs; here its acknowledgement goes nowhere,
 * and the true one is what `pass` resolves with, after the handler has.
 */
export class CommittingReceiver implements Receiver {
  readonly #handle: (body: Wire) => Promise<object | undefined>;
  readonly #log: Log;
  #app: App | undefined;

  constructor(handle: (body: Wire) => Promise<object | undefined>, log: Log) {
    this.#handle = handle;
    this.#log = log;
  }

  /** A Bolt app around a receiver. */
  static async make(
    api: SlackApi,
    bot: () => BotIdentity | undefined,
    token: string,
    handle: (body: Wire) => Promise<object | undefined>,
    log: Log,
  ): Promise<CommittingReceiver> {
    const { App } = await api.bolt();
    const { logger, ...clientOptions } = api.clientOptions();
    const receiver = new CommittingReceiver(handle, log);
    const app = new App({
      receiver,
      clientOptions,
      logger,
      ignoreSelf: false,
      convoStore: false,
      authorize: async () => ({ botToken: token, botId: bot()?.botId, botUserId: bot()?.userId }),
    });
    app.use((args) => receiver.#middleware(args));
    app.error(async (error) => log.debug({ error: describeError(error) }, 'a handler failed inside Bolt'));
    return receiver;
  }

  init(app: App): void {
    this.#app = app;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  /** Takes one envelope through Bolt. Resolves with the body of its acknowledgement, rejects when it must come again. */
  async pass(envelope: Envelope): Promise<object | undefined> {
    const passage: Passage = { handled: false, failure: undefined, answer: undefined };
    const ignored: AckFn<unknown> = async () => {};
    const event: ReceiverEvent = {
      body: { ...envelope.payload },
      ack: ignored,
      customProperties: { passage },
      ...(envelope.retry === undefined ? {} : { retryNum: envelope.retry }),
    };
    try {
      await this.#app?.processEvent(event);
    } catch (error) {
      this.#log.warn({ type: envelope.type, error: describeError(error) }, 'an event could not be read');
      return undefined;
    }
    if (passage.failure !== undefined) throw passage.failure;
    if (!passage.handled) this.#log.debug({ type: envelope.type }, 'Bolt made nothing of an event');
    return passage.answer;
  }

  async #middleware({ body, context }: AnyMiddlewareArgs & { context: Context }): Promise<void> {
    const passage = context.passage as Passage;
    passage.handled = true;
    try {
      passage.answer = await this.#handle(record(body));
    } catch (error) {
      passage.failure = error ?? new Error('the handler failed');
    }
  }
}
