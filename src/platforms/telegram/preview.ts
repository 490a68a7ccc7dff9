import { createHash } from 'node:crypto';
import type { Address, MessageRef } from '../../core/address.ts';
import { AppError } from '../../core/errors.ts';
import type { Part } from '../../core/outgoing.ts';
import type { PreviewAbility, PreviewRef, PreviewView } from '../../core/platform.ts';
import { limited } from '../../kit/deadline.ts';
import { MarkdownStream } from '../../kit/markdown/stream.ts';
import { isUnparsable } from './api-errors.ts';
import type { TelegramClient } from './client.ts';
import type { Outbound } from './outbound.ts';
import { findLostText } from './probe.ts';
import { renderPreview } from './render.ts';
import type { SentLedger } from './sent-ledger.ts';

/** A draft fades after 30 s on the phone; while the turn is quiet it is shown again in time. */
const KEEP_MS = 20_000;
/** A draft nobody touched for this long is left to fade. */
const FORGET_MS = 15 * 60_000;
const TEXTS_KEPT = 500;

interface Draft {
  readonly chat: string;
  readonly thread: string | undefined;
  readonly id: number;
  readonly growing: MarkdownStream;
  view: PreviewView;
  touchedAt: number;
  timer: NodeJS.Timeout | undefined;
}

/** Running text: a draft in private chats where the service takes them, else a message edited in place. */
export class Previews implements PreviewAbility {
  readonly #client: TelegramClient;
  readonly #outbound: Outbound;
  readonly #ledger: SentLedger;
  readonly #settleMs: number;
  readonly #drafts = new Map<string, Draft>();
  /** What edited previews say so far, the least recently used first. */
  readonly #texts = new Map<string, MarkdownStream>();
  #draftsTaken: boolean;

  constructor(
    client: TelegramClient,
    outbound: Outbound,
    ledger: SentLedger,
    how: { readonly drafts: boolean; readonly settleMs: number },
  ) {
    this.#client = client;
    this.#outbound = outbound;
    this.#ledger = ledger;
    this.#draftsTaken = how.drafts;
    this.#settleMs = how.settleMs;
  }

  async open(to: Address, view: PreviewView, key: string, signal: AbortSignal): Promise<PreviewRef> {
    if (this.#draftsTaken && to.direct) {
      const draft: Draft = {
        chat: to.chat,
        thread: to.thread,
        id: draftId(key),
        growing: new MarkdownStream(),
        view,
        touchedAt: Date.now(),
        timer: undefined,
      };
      if (await this.#show(draft, signal)) return this.#keep(draft);
    }
    const { html, plain } = renderPreview(view.markdown, view.status, new MarkdownStream());
    const part = { kind: 'text', body: { html: html || '…' }, plain: plain || '…' } as const;
    // An earlier attempt nobody answered may stand there already: then that one goes on.
    await this.#ledger.load();
    if (this.#ledger.floor(key) !== undefined) {
      const found = await this.#findLost(to, part, key, signal);
      if (typeof found === 'object') return { kind: 'message', ref: found };
    }
    return { kind: 'message', ref: await this.#outbound.send(to, part, key, signal) };
  }

  /** What an earlier `open` with this key left in the chat, also when its answer was lost. Makes nothing new. */
  async find(to: Address, key: string, signal: AbortSignal): Promise<PreviewRef | undefined> {
    const part = { kind: 'text', body: { html: '…' }, plain: '…' } as const;
    const found = await this.#findLost(to, part, key, signal);
    return typeof found === 'object' ? { kind: 'message', ref: found } : undefined;
  }

  /** A running text may have said less when it was opened. */
  #findLost(to: Address, part: Part, key: string, signal: AbortSignal) {
    const lost = { to, part, key, forgotten: 'taken' } as const;
    return findLostText(this.#outbound, this.#ledger, this.#settleMs, lost, signal);
  }

  async update(ref: PreviewRef, view: PreviewView, _seq: number, signal: AbortSignal): Promise<undefined> {
    if (ref.kind === 'draft') {
      const draft = this.#draftOf(ref, view);
      if (draft && (await this.#show(draft, signal))) this.#keep(draft);
      return undefined;
    }
    if (!ref.ref) return undefined;
    const { html, plain } = renderPreview(view.markdown, view.status, this.#growing(ref.ref));
    if (html === '') return undefined;
    const outcome = await this.#outbound.tryEdit(ref.ref, { html }, plain, signal);
    if (outcome instanceof AppError) throw outcome;
    return undefined;
  }

  async finish(
    ref: PreviewRef,
    part: Parameters<PreviewAbility['finish']>[1],
    signal: AbortSignal,
  ): ReturnType<PreviewAbility['finish']> {
    this.#forget(ref);
    if (ref.kind === 'draft' || !ref.ref) return 'resend'; // that message takes the draft's place on the phone
    if (part.kind === 'file') {
      await this.#outbound.remove(ref.ref, signal);
      return 'resend';
    }
    try {
      await this.#outbound.edit(ref.ref, part, signal);
      return ref.ref;
    } catch (error) {
      if (error instanceof AppError && error.kind === 'not_found') return 'resend';
      throw error;
    }
  }

  async discard(ref: PreviewRef, signal: AbortSignal): Promise<void> {
    this.#forget(ref);
    if (ref.ref) await this.#outbound.remove(ref.ref, signal);
  }

  /** Ends all timers. */
  stop(): void {
    for (const draft of this.#drafts.values()) clearTimeout(draft.timer);
    this.#drafts.clear();
  }

  /** False when the service does not take drafts: then none is tried again until the next start. */
  async #show(draft: Draft, signal: AbortSignal): Promise<boolean> {
    const { html, plain } = renderPreview(draft.view.markdown, draft.view.status, draft.growing);
    const call = (text: { text: string; parse_mode?: 'HTML' }) =>
      this.#client.call(
        'sendMessageDraft',
        {
          chat_id: Number(draft.chat),
          draft_id: draft.id,
          can_stop: true,
          ...(draft.thread === undefined ? {} : { message_thread_id: Number(draft.thread) }),
          ...text,
        },
        { kind: 'repeatable', signal },
      );
    try {
      await call({ text: html, parse_mode: 'HTML' }).catch((error: unknown) => {
        if (!isUnparsable(error)) throw error;
        return call({ text: plain });
      });
      return true;
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      this.#draftsTaken = false;
      return false;
    }
  }

  #keep(draft: Draft): PreviewRef {
    const name = `${draft.chat}:${draft.id}`;
    clearTimeout(draft.timer);
    draft.timer = setTimeout(() => this.#again(name), KEEP_MS).unref();
    this.#drafts.set(name, draft);
    return {
      kind: 'draft',
      extra: {
        chat: draft.chat,
        draft: draft.id,
        ...(draft.thread === undefined ? {} : { thread: draft.thread }),
      },
    };
  }

  #again(name: string): void {
    const draft = this.#drafts.get(name);
    if (!draft) return;
    if (Date.now() - draft.touchedAt > FORGET_MS) {
      this.#drafts.delete(name);
      return;
    }
    // A missed refresh only lets the draft fade until the next one.
    limited(KEEP_MS / 2, [], (quiet) => this.#show(draft, quiet)).then(
      () => this.#drafts.has(name) && this.#keep(draft),
      () => this.#drafts.has(name) && this.#keep(draft),
    );
  }

  #growing(ref: MessageRef): MarkdownStream {
    const name = `${ref.chat}:${ref.message}`;
    const growing = this.#texts.get(name) ?? new MarkdownStream();
    this.#texts.delete(name);
    this.#texts.set(name, growing);
    if (this.#texts.size > TEXTS_KEPT)
      for (const old of this.#texts.keys()) if (this.#texts.delete(old)) break;
    return growing;
  }

  #draftOf(ref: PreviewRef, view: PreviewView): Draft | undefined {
    const chat = ref.extra?.chat;
    const id = ref.extra?.draft;
    if (typeof chat !== 'string' || typeof id !== 'number') return undefined;
    const known = this.#drafts.get(`${chat}:${id}`);
    const thread = typeof ref.extra?.thread === 'string' ? ref.extra.thread : undefined;
    const growing = new MarkdownStream();
    const draft = known ?? { chat, id, thread, growing, view, touchedAt: 0, timer: undefined };
    draft.view = view;
    draft.touchedAt = Date.now();
    return draft;
  }

  #forget(ref: PreviewRef): void {
    if (ref.ref) this.#texts.delete(`${ref.ref.chat}:${ref.ref.message}`);
    const name = `${ref.extra?.chat}:${ref.extra?.draft}`;
    clearTimeout(this.#drafts.get(name)?.timer);
    this.#drafts.delete(name);
  }
}

/** A draft is named by a non-zero number; the key makes it the same one after a restart. */
function draftId(key: string): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0) & 0x7fffffff || 1;
}

/** The method is unknown there, or not for this bot; refusals about the chat or the text are not meant. */
function isUnsupported(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  if (error.code === 'telegram_method' || /: Not Found$/.test(error.message)) return true;
  return error.code === 'telegram_refused' && !/too long|entities|empty/i.test(error.message);
}
