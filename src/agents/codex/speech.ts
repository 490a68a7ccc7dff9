import type { AgentEventBody } from '../../core/agent-event.ts';
import { text, type Wire } from '../../kit/acp/wire.ts';

/**
 * What the agent says. Every message arrives twice, as deltas and whole when its item is completed; this keeps both
 * from being said. A message that is cut off and requested anew comes as another item: the first is void.
 */
export class Speech {
  #open: { readonly id: string; said: string } | undefined;
  /** Reasoning items that were streamed. */
  readonly #thought = new Set<string>();
  #final: string | undefined;

  /** The last whole message that was not mere commentary. */
  get final(): string | undefined {
    return this.#final;
  }

  delta(id: string, piece: string): AgentEventBody[] {
    if (piece === '') return [];
    const events = this.#open === undefined || this.#open.id === id ? [] : this.end(true);
    this.#open ??= { id, said: '' };
    this.#open.said += piece;
    return [...events, { kind: 'text', text: piece, mode: 'delta' }];
  }

  /** A completed message: only what the deltas did not bring. */
  whole(item: Wire): AgentEventBody[] {
    const said = text(item.text) ?? '';
    if (text(item.phase) !== 'commentary' && said !== '') this.#final = said;
    const open = this.#open;
    if (open === undefined || open.id !== (text(item.id) ?? '')) {
      return said === '' ? [] : [...this.end(true), { kind: 'text', text: said, mode: 'block' }];
    }
    if (!said.startsWith(open.said)) {
      return [
        ...this.end(true),
        ...(said === '' ? [] : [{ kind: 'text', text: said, mode: 'block' } as const]),
      ];
    }
    const rest = said.slice(open.said.length);
    return [
      ...(rest === '' ? [] : [{ kind: 'text', text: rest, mode: 'delta' } as const]),
      ...this.end(false),
    ];
  }

  thought(id: string, piece: string): AgentEventBody[] {
    this.#thought.add(id);
    return piece === '' ? [] : [{ kind: 'thinking', text: piece, mode: 'delta' }];
  }

  wholeThought(item: Wire): AgentEventBody[] {
    if (this.#thought.delete(text(item.id) ?? '')) return [];
    const parts = [item.summary, item.content].map((list) =>
      Array.isArray(list) ? list.filter((part) => typeof part === 'string').join('\n\n') : '',
    );
    const said = parts.find((part) => part !== '') ?? text(item.text) ?? '';
    return said === '' ? [] : [{ kind: 'thinking', text: said, mode: 'block' }];
  }

  /** The open message ends here; `isVoid`: what it said is to be forgotten. */
  end(isVoid: boolean): AgentEventBody[] {
    if (this.#open === undefined) return [];
    this.#open = undefined;
    return [isVoid ? { kind: 'text_end', void: true } : { kind: 'text_end' }];
  }

  /** The turn is over. */
  reset(): AgentEventBody[] {
    const events = this.end(false);
    this.#thought.clear();
    this.#final = undefined;
    return events;
  }
}
