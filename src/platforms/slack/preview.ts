import type { Address, MessageRef } from '../../core/address.ts';
import { kindOf } from '../../core/errors.ts';
import type { Part } from '../../core/outgoing.ts';
import type { PreviewAbility, PreviewRef, PreviewView } from '../../core/platform.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import { MarkdownStream } from '../../kit/markdown/stream.ts';
import { wordOf } from './errors.ts';
import type { Outbound } from './outbound.ts';
import { type PartBody, renderPreview } from './render.ts';
import type { Streams } from './streams.ts';

/** Running text: a stream where a thread allows one, else a message that is edited in place. */
export class Previews implements PreviewAbility {
  readonly #outbound: Outbound;
  readonly #streams: Streams;
  /** What previews say so far, so that only their ends are parsed anew. */
  readonly #texts = new BoundedMap<string, MarkdownStream>(500);

  constructor(outbound: Outbound, streams: Streams) {
    this.#outbound = outbound;
    this.#streams = streams;
  }

  async open(to: Address, view: PreviewView, key: string, signal: AbortSignal): Promise<PreviewRef> {
    const stream = await this.#streams.open(to, view, key, signal);
    if (stream) return stream;
    const { body, plain } = renderPreview(view.markdown, view.status, new MarkdownStream());
    const part: Part = { kind: 'text', body, plain };
    return { kind: 'message', ref: await this.#outbound.send(to, part, key, signal) };
  }

  async find(
    to: Address,
    key: string,
    signal: AbortSignal,
    begunAt: number,
  ): Promise<PreviewRef | undefined> {
    const found = await this.#outbound.find(to, key, signal);
    if (typeof found === 'object') return { kind: 'message', ref: found };
    return this.#streams.find(to, key, begunAt, signal);
  }

  async update(ref: PreviewRef, view: PreviewView, _seq: number, signal: AbortSignal): Promise<undefined> {
    if (!ref.ref) return undefined;
    if (ref.kind === 'stream') {
      await this.#streams.update(ref.ref, view, signal);
      return undefined;
    }
    const { body, plain } = renderPreview(view.markdown, view.status, this.#growing(ref.ref));
    await this.#outbound.update(ref.ref, body, plain, signal);
    return undefined;
  }

  async finish(ref: PreviewRef, part: Part, signal: AbortSignal): Promise<MessageRef | 'resend'> {
    if (!ref.ref) return 'resend';
    this.#texts.delete(ref.ref.message);
    const body = part.body as unknown as PartBody;
    if (ref.kind === 'stray') {
      await this.discard(ref, signal);
      return 'resend';
    }
    if (ref.kind === 'stream') {
      const text = body.type === 'text' ? body : undefined;
      if (await this.#streams.finish(ref.ref, part, text, signal)) return ref.ref;
    }
    if (body.type === 'file') {
      await this.#outbound.remove(ref.ref, signal);
      return 'resend';
    }
    try {
      await this.#outbound.update(ref.ref, body, part.plain, signal);
      return ref.ref;
    } catch (error) {
      if (kindOf(error) === 'not_found') return 'resend';
      // An edit may be shorter than a post.
      if (!/too_long|invalid_blocks/.test(wordOf(error) ?? '')) throw error;
      await this.#outbound.remove(ref.ref, signal);
      return 'resend';
    }
  }

  async discard(ref: PreviewRef, signal: AbortSignal): Promise<void> {
    if (!ref.ref) return;
    this.#texts.delete(ref.ref.message);
    if (ref.kind !== 'message') await this.#streams.discard(ref.ref, signal);
    await this.#outbound.remove(ref.ref, signal);
  }

  #growing(ref: MessageRef): MarkdownStream {
    const growing = this.#texts.get(ref.message) ?? new MarkdownStream();
    this.#texts.set(ref.message, growing);
    return growing;
  }
}
