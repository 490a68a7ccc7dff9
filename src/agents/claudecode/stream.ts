import type { AgentEventBody } from '../../core/agent-event.ts';
import { type Line, number, object, text } from './wire.ts';

type Kind = 'text' | 'thinking';

interface Block {
  readonly kind: Kind;
  said: string;
  ended: boolean;
}

/**
 * What one speaker (the agent itself or one sub-agent) has streamed of its current message.
 *
 * With partial messages every block arrives twice: as deltas, and whole in an `assistant` line that normally comes
 * before the block's `content_block_stop`. This keeps both from being said.
 */
export class Speech {
  #message: string | undefined;
  readonly #blocks = new Map<number, Block>();

  /** One raw API event of a `stream_event` line. */
  streamed(event: Line): AgentEventBody[] {
    const index = number(event, 'index') ?? 0;
    switch (text(event, 'type')) {
      case 'message_start':
        return this.#start(object(event, 'message'));
      case 'content_block_start': {
        const block = object(event, 'content_block');
        const kind = block === undefined ? undefined : text(block, 'type');
        if (kind === 'text' || kind === 'thinking') this.#blocks.set(index, { kind, said: '', ended: false });
        return [];
      }
      case 'content_block_delta':
        return this.#delta(index, object(event, 'delta'));
      case 'content_block_stop':
        return this.#end(this.#blocks.get(index));
      default:
        return [];
    }
  }

  /** A whole block of an `assistant` line: only what the deltas did not bring. */
  whole(message: string | undefined, kind: Kind, said: string): AgentEventBody[] {
    if (message === undefined || message !== this.#message)
      return said === '' ? [] : [{ kind, text: said, mode: 'block' }];
    for (const [index, block] of this.#blocks) {
      if (block.kind !== kind || !said.startsWith(block.said)) continue;
      const rest = said.slice(block.said.length);
      if (rest !== '' && block.ended) continue;
      this.#blocks.delete(index);
      const events: AgentEventBody[] = rest === '' ? [] : [{ kind, text: rest, mode: 'delta' }];
      block.said = said;
      return [...events, ...this.#end(block)];
    }
    return said === '' ? [] : [{ kind, text: said, mode: 'block' }];
  }

  /** The turn is over: closes a block that was left open by an abort. */
  reset(): AgentEventBody[] {
    return this.#start(undefined);
  }

  #start(message: Line | undefined): AgentEventBody[] {
    const events = [...this.#blocks.values()].flatMap((block) => this.#end(block));
    this.#blocks.clear();
    this.#message = message === undefined ? undefined : text(message, 'id');
    return events;
  }

  #delta(index: number, delta: Line | undefined): AgentEventBody[] {
    if (delta === undefined) return [];
    const type = text(delta, 'type');
    const kind: Kind | undefined =
      type === 'text_delta' ? 'text' : type === 'thinking_delta' ? 'thinking' : undefined;
    if (kind === undefined) return [];
    const piece = text(delta, kind) ?? '';
    if (piece === '') return [];
    let block = this.#blocks.get(index);
    if (block === undefined || block.kind !== kind) {
      // Its start was lost; the words still count.
      block = { kind, said: '', ended: false };
      this.#blocks.set(index, block);
    }
    block.said += piece;
    return [{ kind, text: piece, mode: 'delta' }];
  }

  #end(block: Block | undefined): AgentEventBody[] {
    if (block === undefined || block.ended) return [];
    block.ended = true;
    return block.kind === 'text' && block.said !== '' ? [{ kind: 'text_end' }] : [];
  }
}
