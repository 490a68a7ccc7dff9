import type { Button } from '../../core/card.ts';
import type { ServerFrame, TerminalBody } from '../../platforms/terminal/frames.ts';
import { buttonsOf } from './render.ts';

/** What a view has to show next. */
export type Showing =
  | { readonly kind: 'body'; readonly body: TerminalBody }
  /** An edited text that only grew: the new end of it. */
  | { readonly kind: 'more'; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'preview'; readonly markdown: string; readonly status?: string }
  | { readonly kind: 'no_preview' };

interface OpenCard {
  readonly ref: string;
  readonly buttons: readonly Button[];
}

/** Messages whose content is remembered for edits; older ones are shown anew when edited. */
const remembered = 500;

/** What this terminal has seen: drops repeats, tells which buttons wait for an answer. Pure. */
export class Transcript {
  readonly #shown = new Map<string, TerminalBody>();
  readonly #keys = new Set<string>();
  /** Messages whose buttons were used, by the action's id: the answer may carry their new content. */
  readonly #asked = new Map<string, string>();
  #open: OpenCard[] = [];
  #preview: { readonly ref: string; readonly seq: number } | undefined;
  busy = false;

  /** Takes one frame in: what to show, and the acknowledgement to send, if any. */
  take(frame: ServerFrame): {
    readonly show: readonly Showing[];
    readonly ack?: { ack: number; known: boolean };
  } {
    switch (frame.t) {
      case 'message': {
        const repeat = this.#keys.has(frame.key);
        this.#keys.add(frame.key);
        const show = repeat ? [] : this.#put(frame.ref, frame.body);
        return { show, ack: { ack: frame.ack, known: true } };
      }
      case 'edit': {
        const known = this.#shown.has(frame.ref);
        return { show: known ? this.#put(frame.ref, frame.body) : [], ack: { ack: frame.ack, known } };
      }
      case 'remove': {
        const known = this.#shown.delete(frame.ref);
        this.#close(frame.ref);
        return { show: [], ack: { ack: frame.ack, known } };
      }
      case 'finish': {
        const known = this.#preview?.ref === frame.ref || this.#shown.has(frame.ref);
        if (!known) return { show: [], ack: { ack: frame.ack, known } };
        const show = [...this.#endPreview(frame.ref), ...this.#put(frame.ref, frame.body)];
        return { show, ack: { ack: frame.ack, known } };
      }
      default:
        return { show: this.#unasked(frame) };
    }
  }

  #unasked(frame: Exclude<ServerFrame, { ack: number }>): readonly Showing[] {
    switch (frame.t) {
      case 'preview': {
        if (this.#preview?.ref === frame.ref && frame.seq < this.#preview.seq) return [];
        this.#preview = { ref: frame.ref, seq: frame.seq };
        const status = frame.status === undefined ? {} : { status: frame.status };
        return [{ kind: 'preview', markdown: frame.markdown, ...status }];
      }
      case 'discard':
        return this.#endPreview(frame.ref);
      case 'activity':
        this.busy = frame.on;
        return [];
      case 'result': {
        const notes: Showing[] = [];
        if (frame.verdict === 'failed')
          notes.push({ kind: 'note', text: `not taken: ${frame.detail ?? 'unknown reason'}; send it again` });
        else if (frame.verdict === 'refused') notes.push({ kind: 'note', text: frame.detail ?? 'refused' });
        else if (frame.detail && !frame.card) notes.push({ kind: 'note', text: frame.detail });
        const ref = this.#asked.get(frame.id);
        this.#asked.delete(frame.id);
        if (!frame.card) return notes;
        const body: TerminalBody = { kind: 'card', card: frame.card };
        return ref === undefined ? [...notes, { kind: 'body', body }] : [...notes, ...this.#put(ref, body)];
      }
      default:
        return [];
    }
  }

  /** The card a key answers: the newest with buttons. */
  get openCard(): OpenCard | undefined {
    return this.#open.at(-1);
  }

  /** A button of this message was chosen by the action of that id: its numbers no longer count. */
  answered(ref: string, action: string): void {
    this.#close(ref);
    this.#asked.set(action, ref);
  }

  /** The person went on without answering. Cards of a running turn stay open: the agent waits for them. */
  spoke(): void {
    if (!this.busy) this.#open = [];
  }

  #put(ref: string, body: TerminalBody): readonly Showing[] {
    const before = this.#shown.get(ref);
    this.#shown.delete(ref);
    this.#shown.set(ref, body);
    if (this.#shown.size > remembered) this.#forgetOldest();
    this.#close(ref);
    const buttons = buttonsOf(body);
    if (buttons.length > 0) this.#open.push({ ref, buttons });
    if (!before) return [{ kind: 'body', body }];
    if (JSON.stringify(before) === JSON.stringify(body)) return [];
    const grown = grownBy(before, body);
    if (grown === undefined) return [{ kind: 'body', body }];
    return grown === '' ? [] : [{ kind: 'more', text: grown }];
  }

  #close(ref: string): void {
    this.#open = this.#open.filter((card) => card.ref !== ref);
  }

  #endPreview(ref: string): readonly Showing[] {
    if (this.#preview?.ref !== ref) return [];
    this.#preview = undefined;
    return [{ kind: 'no_preview' }];
  }

  #forgetOldest(): void {
    const [oldest] = this.#shown.keys();
    if (oldest !== undefined) this.#shown.delete(oldest);
  }
}

/** What a text gained at its end; undefined when it changed otherwise. */
function grownBy(before: TerminalBody, after: TerminalBody): string | undefined {
  if (before.kind !== 'text' || after.kind !== 'text' || !after.markdown.startsWith(before.markdown))
    return undefined;
  const more = after.markdown.slice(before.markdown.length).replace(/^\n/, '');
  const footer = after.footer === before.footer ? '' : (after.footer ?? '');
  return [more, footer].filter((line) => line !== '').join('\n');
}

/**
 * The button that a word answers: its number, or `y` (the affirmative one), `n` (the refusing one), `a` (the other
 * affirmative one, "always"). Told by style, because labels are translated.
 */
export function buttonFor(word: string, buttons: readonly Button[]): Button | undefined {
  if (/^[1-9]\d?$/.test(word)) return buttons[Number(word) - 1];
  const refusing = buttons.find((button) => button.style === 'danger');
  const others = buttons.filter((button) => button !== refusing);
  const affirmative =
    others.find((button) => button.style === 'primary' || button.style === 'success') ?? others[0];
  // Without a refusing button this is a choice among equals, which only numbers answer.
  if (!refusing) return undefined;
  switch (word.toLowerCase()) {
    case 'y':
      return affirmative;
    case 'n':
      return refusing;
    case 'a':
      return others.find((button) => button !== affirmative);
    default:
      return undefined;
  }
}
