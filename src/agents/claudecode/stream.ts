import type { AgentEventBody } from '../../core/agent-event.ts';
import { type Line, number, object, text } from './wire.ts';

type Kind = 'text' | 'thinking';

interface Block {
  readonly kind: Kind;
  said: string;
  /** Its `text_end` was given. */
  ended: boolean;
}

/**
 * What one speaker (the agent itself or one sub-agent) has streamed of its current message.
 *
 * With partial messages every block arrives twice: as deltas, and whole in an `assistant` line, which normally comes
 * before the block's `content_block_stop`. This keeps both from being said. A message that is cut off and requested
 * anew never gets the `assistant` line: its blocks are void.
 */
export class Speech {
  #message: string | undefined;
  readonly #blocks = new Map<number, Block>();

  /** One `stream_event` line. */
  streamed(event: Line, line: Line): AgentEventBody[] {
    const index = number(event, 'index') ?? 0;
    switch (text(event, 'type')) {
      case 'message_start': {
        const message = object(event, 'message');
        return this.#start(message === undefined ? undefined : text(message, 'id'));
      }
      case 'content_block_start':
        return this.#begin(index, object(event, 'content_block'));
      case 'content_block_delta':
        return this.#delta(index, object(event, 'delta'));
      case 'message_stop':
        return this.#stop(object(line, 'abandoned_blocks') !== undefined);
      default:
        return [];
    }
  }

  /** A whole block of an `assistant` line: only what the deltas did not bring. */
  whole(message: string | undefined, kind: Kind, said: string): AgentEventBody[] {
    const cut = message === this.#message ? [] : this.#start(message);
    for (const [index, block] of this.#blocks) {
      if (block.kind !== kind || !said.startsWith(block.said)) continue;
      const rest = said.slice(block.said.length);
      if (rest !== '' && block.ended) continue;
      this.#blocks.delete(index);
      const events: AgentEventBody[] = rest === '' ? [] : [{ kind, text: rest, mode: 'delta' }];
      block.said = said;
      return [...cut, ...events, ...end(block)];
    }
    return said === '' ? cut : [...cut, { kind, text: said, mode: 'block' }];
  }

  /** The turn is over: closes a block that was left open by an abort. */
  reset(): AgentEventBody[] {
    const events = this.#stop(false);
    this.#message = undefined;
    return events;
  }

  /** Another message: what the one before has not confirmed was cut off. */
  #start(message: string | undefined): AgentEventBody[] {
    const events = this.#stop(true);
    this.#message = message;
    return events;
  }

  #stop(isVoid: boolean): AgentEventBody[] {
    const events = [...this.#blocks.values()].flatMap((block) => end(block, isVoid));
    if (isVoid) this.#blocks.clear();
    return events;
  }

  #begin(index: number, started: Line | undefined): AgentEventBody[] {
    const events = this.#stop(false);
    const kind = started === undefined ? undefined : text(started, 'type');
    if (kind === 'text' || kind === 'thinking') this.#blocks.set(index, { kind, said: '', ended: false });
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
    if (block === undefined || block.kind !== kind || block.ended) {
      // Its start was lost; the words still count.
      block = { kind, said: '', ended: false };
      this.#blocks.set(index, block);
    }
    block.said += piece;
    return [{ kind, text: piece, mode: 'delta' }];
  }
}

function end(block: Block, isVoid = false): AgentEventBody[] {
  if (block.ended) return [];
  block.ended = true;
  if (block.kind !== 'text' || block.said === '') return [];
  return [isVoid ? { kind: 'text_end', void: true } : { kind: 'text_end' }];
}
