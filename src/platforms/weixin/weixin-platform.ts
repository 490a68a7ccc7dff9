import { join } from 'node:path';
import type { Address, MessageRef } from '../../core/address.ts';
import type { PlatformCapabilities } from '../../core/capabilities.ts';
import { AppError, describeError } from '../../core/errors.ts';
import { type AccountId, asId, type SessionKey } from '../../core/ids.ts';
import type { MessageInbound, Sender } from '../../core/inbound.ts';
import type { Outgoing, Part } from '../../core/outgoing.ts';
import type {
  ActionReply,
  ActivityAbility,
  BudgetAbility,
  FilesAbility,
  Finding,
  Log,
  Platform,
  PlatformContext,
  PlatformSink,
} from '../../core/platform.ts';
import { safeName } from '../../kit/safe-name.ts';
import { IlinkApi } from './api.ts';
import { capabilitiesOf } from './capabilities.ts';
import { checkWeixin } from './check.ts';
import { ContextTokens } from './context-tokens.ts';
import { filesOver } from './download.ts';
import { HttpLine } from './http-line.ts';
import { type Reading, readMessage } from './inbound.ts';
import { KeptText } from './kept-text.ts';
import { OfferedChoices } from './offered-choices.ts';
import type { WeixinOptions } from './options.ts';
import { howSent, Outbound } from './outbound.ts';
import { Poller } from './poller.ts';
import { markPart, mergeParts, renderParts, type TextBody } from './render.ts';
import { SendBudget } from './send-budget.ts';
import { makeSessionKey, readSessionKey } from './session-keys.ts';
import { defaultTiming, type Timing } from './timing.ts';
import { typingOver } from './typing.ts';
import { Uploads } from './upload.ts';

/** One Weixin bot, talking to people one by one. */
export class WeixinPlatform implements Platform {
  readonly type = 'weixin';
  readonly account: AccountId;
  readonly capabilities: PlatformCapabilities;
  readonly activity: ActivityAbility;
  readonly files: FilesAbility;
  readonly budget: BudgetAbility;
  readonly #options: WeixinOptions;
  readonly #timing: Timing;
  readonly #log: Log;
  readonly #line: HttpLine;
  readonly #api: IlinkApi;
  readonly #tokens: ContextTokens;
  readonly #budget: SendBudget;
  readonly #choices: OfferedChoices;
  readonly #outbound: Outbound;
  readonly #keptCursor: KeptText;
  readonly #ending = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  #poller: Poller | undefined;

  constructor(options: WeixinOptions, context: PlatformContext, timing: Timing = defaultTiming) {
    const folder = options.stateDir ?? join(context.cacheDir, `weixin-${safeName(options.accountId)}`);
    this.account = asId<AccountId>(`weixin:${options.accountId}`);
    const memory = context.memory(this.account);
    const earlier = (name: string) => ({ path: join(folder, name), log: context.log });
    this.capabilities = capabilitiesOf(options);
    this.#options = options;
    this.#timing = timing;
    this.#log = context.log;
    this.#line = new HttpLine(options.proxy);
    this.#api = new IlinkApi(this.#line, options);
    // The files of the first two are also those of the Go cc-connect.
    this.#keptCursor = new KeptText(memory, 'cursor', earlier('get_updates.buf'));
    this.#tokens = new ContextTokens(memory, earlier('context_tokens.json'));
    this.#budget = new SendBudget(
      { messages: options.burstLimit, windowMs: options.burstWindowMs },
      new KeptText(memory, 'send_budget', earlier('send_budget.json')),
    );
    this.#choices = new OfferedChoices(new KeptText(memory, 'choices', earlier('choices.json')));
    this.#outbound = new Outbound({
      api: this.#api,
      tokens: this.#tokens,
      budget: this.#budget,
      uploads: new Uploads(this.#api, this.#line, options, timing),
      callMs: timing.callMs,
    });
    this.activity = typingOver(this.#api, this.#tokens, timing.callMs);
    this.files = filesOver(this.#line, options, timing);
    this.budget = {
      left: (to, part) => this.#budget.left(to.chat, howSent(to, part)),
      merge: mergeParts,
    };
  }

  async start(sink: PlatformSink, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await Promise.all([this.#tokens.load(), this.#budget.load(), this.#choices.load()]);
    this.#poller = new Poller(
      this.#api,
      this.#keptCursor,
      {
        deliver: (batch) => this.#deliver(batch, sink),
        state: (state, detail) => sink.state(state, detail),
      },
      { longPollMs: this.#options.longPollMs, timing: this.#timing, log: this.#log },
    );
    await this.#poller.start();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#poller?.stop();
    await Promise.all(this.#tasks);
    await Promise.all([this.#tokens.save(), this.#budget.idle(), this.#choices.idle()]);
    await this.#line.close();
  }

  health(): { lastProgressAt: number; boundMs: number } {
    const { graceMs, retryMaxMs } = this.#timing;
    // The service may ask for polls of up to two minutes.
    const pollMs = Math.max(this.#options.longPollMs, 120_000) + graceMs;
    return { lastProgressAt: this.#poller?.lastProgressAt ?? 0, boundMs: 2 * pollMs + 2 * retryMaxMs };
  }

  sessionKey(address: Address, _sender: Sender): SessionKey {
    return makeSessionKey(address);
  }

  parseSessionKey(key: string): Address | undefined {
    return readSessionKey(key, this.account);
  }

  render(content: Outgoing, _to: Address): readonly Part[] {
    return renderParts(content);
  }

  unreachable(to: Address): AppError | undefined {
    return this.#outbound.unreachable(to);
  }

  marked(part: Part): Part {
    return markPart(part);
  }

  async send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    const ref = await this.#outbound.send(to, part, key, signal);
    this.#choices.said(to.chat, ref.message, (part.body as Partial<TextBody>).choices);
    return ref;
  }

  check(signal: AbortSignal): Promise<readonly Finding[]> {
    return checkWeixin(this.#api, this.#tokens, this.#timing.callMs, signal);
  }

  /** Hands a batch over in one tick and in order; rejects when any of it was not stored. */
  async #deliver(batch: readonly unknown[], sink: PlatformSink): Promise<void> {
    const stored = batch.map((raw) => this.#handOver(this.#read(raw), sink));
    const results = await Promise.allSettled([...stored, this.#tokens.save()]);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw new Error(describeError(failed.reason));
  }

  async #handOver(reading: Reading, sink: PlatformSink): Promise<void> {
    if (reading.kind !== 'input') return;
    const { input, contextToken } = reading;
    const person = input.address.chat;
    if (contextToken !== undefined) this.#tokens.note(person, contextToken);
    this.#budget.heard(person);
    const { address, sender, at, dedupeKey, text } = input;
    const quoted = input.quoted && (input.quoted.text ?? '');
    const press = input.files ? undefined : this.#choices.meant(person, { text, key: dedupeKey, quoted, at });
    if (!press) {
      await sink.input(input);
      return;
    }
    await this.#choices.pressed(dedupeKey, press);
    const { data } = press;
    const source = { chat: person, message: press.message };
    const reply = await sink.action({ kind: 'action', dedupeKey, address, sender, at, data, source });
    this.#answer(input, reply);
  }

  /** Says what the press led to, where the person would not see it otherwise: more choices, or that it came too late. */
  #answer(input: MessageInbound, reply: ActionReply): void {
    const more = reply.card && renderParts({ kind: 'card', card: reply.card });
    const asks = more?.some((part) => (part.body as Partial<TextBody>).choices !== undefined) === true;
    const toast = reply.toastKind === 'error' ? reply.toast : undefined;
    const parts = asks ? more : toast ? renderParts({ kind: 'text', markdown: toast }) : [];
    if (!parts || parts.length === 0) return;
    const sending = (async () => {
      for (const [at, part] of parts.entries())
        await this.send(input.address, part, `press:${input.dedupeKey}:${at}`, this.#ending.signal);
    })()
      .catch((error: unknown) => {
        this.#log.warn({ error: describeError(error) }, 'the answer to a choice was not sent');
      })
      .finally(() => this.#tasks.delete(sending));
    this.#tasks.add(sending);
  }

  /** A message that cannot be read must not hold up those behind it. */
  #read(raw: unknown): Reading {
    let reading: Reading;
    try {
      const botId = this.#options.accountId.includes('@') ? this.#options.accountId : undefined;
      reading = readMessage(raw, { account: this.account, botId });
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof AppError)) throw error;
      this.#log.warn({ error: describeError(error) }, 'a message could not be read');
      return { kind: 'ignored', why: 'unreadable' };
    }
    if (reading.kind === 'ignored') this.#log.debug({ why: reading.why }, 'a message is not for us');
    return reading;
  }
}
