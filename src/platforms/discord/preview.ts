import type { Address, MessageRef } from '../../core/address.ts';
import { AppError } from '../../core/errors.ts';
import type { Part } from '../../core/outgoing.ts';
import type { PreviewAbility, PreviewRef, PreviewView } from '../../core/platform.ts';
import { MarkdownStream } from '../../kit/markdown/stream.ts';
import type { Outbound } from './outbound.ts';
import { type DiscordBody, renderPreview } from './render.ts';

const TEXTS_KEPT = 500;

/** Running text: a message that is edited in place. */
export class Previews implements PreviewAbility {
  readonly #outbound: Outbound;
  /** What previews say so far, the least recently used first. */
  readonly #texts = new Map<string, MarkdownStream>();

  constructor(outbound: Outbound) {
    this.#outbound = outbound;
  }

  async open(to: Address, view: PreviewView, key: string, signal: AbortSignal): Promise<PreviewRef> {
    const ref = await this.#outbound.send(to, partOf(view, new MarkdownStream()), key, signal);
    return { kind: 'message', ref };
  }

  async update(ref: PreviewRef, view: PreviewView, _seq: number, signal: AbortSignal): Promise<undefined> {
    if (ref.ref) await this.#outbound.edit(ref.ref, partOf(view, this.#growing(ref.ref)), signal);
    return undefined;
  }

  async finish(ref: PreviewRef, part: Part, signal: AbortSignal): Promise<MessageRef | 'resend'> {
    if (!ref.ref) return 'resend';
    this.#texts.delete(ref.ref.message);
    const body = part.body as unknown as DiscordBody;
    // An edit notifies nobody and takes no file.
    if (body.file || body.mentions || body.everyone) {
      await this.discard(ref, signal);
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

  async find(_to: Address, key: string): Promise<PreviewRef | undefined> {
    const ref = this.#outbound.find(key);
    return ref && { kind: 'message', ref };
  }

  async discard(ref: PreviewRef, signal: AbortSignal): Promise<void> {
    if (!ref.ref) return;
    this.#texts.delete(ref.ref.message);
    await this.#outbound.remove(ref.ref, signal);
  }

  #growing(ref: MessageRef): MarkdownStream {
    const growing = this.#texts.get(ref.message) ?? new MarkdownStream();
    this.#texts.delete(ref.message);
    this.#texts.set(ref.message, growing);
    if (this.#texts.size > TEXTS_KEPT)
      for (const old of this.#texts.keys()) if (this.#texts.delete(old)) break;
    return growing;
  }
}

function partOf(view: PreviewView, growing: MarkdownStream): Part {
  const content = renderPreview(view.markdown, view.status, growing) || '…';
  return { kind: 'text', body: { content }, plain: content };
}
