import type { AgentEventBody } from '../../core/agent-event.ts';
import { type Asked, type Reading, readAnswer } from './answer.ts';
import type { Screen } from './screen.ts';

/** When silence counts as the end of a turn; ms. */
export interface Timing {
  /** Silence with the prompt in sight. */
  readonly settleMs: number;
  /** Silence without one; undefined: silence alone ends nothing. */
  readonly quietMs: number | undefined;
}

/** A program that shows no reaction at all, not even what was typed, is given this long. */
const NO_REACTION_MS = 15_000;
/** After an interrupt, a program that shows no prompt is done when it is silent this long. */
const INTERRUPTED_QUIET_MS = 1_500;
/** The last line may still grow: it is streamed when it stood still for so long. */
const LAST_LINE_MS = 600;
/** What was streamed and then redrawn comes again; a screen that keeps being redrawn is shown at its end only. */
const MAX_REDRAWS = 3;

/** Follows one turn on the screen: what of the answer can be told already, and whether it is over. Pure. */
export class TurnWatch {
  readonly #asked: Asked;
  readonly #reading: Reading;
  readonly #timing: Timing;
  readonly #cursorX: number;
  #last: Screen;
  #changedAt: number;
  #touched = false;
  #interruptedAt: number | undefined;
  #lines: readonly string[] = [];
  #streamed = '';
  #redraws = 0;

  /** `typed` is the screen after the text was typed and before it was submitted at `at` (ms). */
  constructor(asked: Asked, typed: Screen, cursorX: number, reading: Reading, timing: Timing, at: number) {
    this.#asked = asked;
    this.#reading = reading;
    this.#timing = timing;
    this.#cursorX = cursorX;
    this.#last = typed;
    this.#changedAt = at;
  }

  interrupted(at: number): void {
    this.#interruptedAt ??= at;
  }

  /** Something moves that could not be read. */
  moving(at: number): void {
    this.#touched = true;
    this.#changedAt = at;
  }

  /** Takes in the screen at `at` (ms). */
  look(screen: Screen, at: number): { readonly said: readonly AgentEventBody[]; readonly ended: boolean } {
    if (!same(screen, this.#last)) {
      this.#touched = true;
      this.#changedAt = at;
    }
    this.#last = screen;
    const answer = readAnswer(this.#asked, screen.lines, this.#reading);
    const quiet = at - this.#changedAt;
    const said = this.#stream(answer.lines, quiet);
    this.#lines = answer.lines;
    const prompted =
      answer.prompted && (this.#reading.promptPattern !== undefined || screen.cursorX === this.#cursorX);
    return { said, ended: this.#isOver(prompted, answer.busy, quiet) };
  }

  /** What is left to say when the turn is over. */
  rest(): AgentEventBody[] {
    const text = this.#lines.join('\n');
    const redrawn = !text.startsWith(this.#streamed);
    const left = redrawn ? text : text.slice(this.#streamed.length);
    return [
      ...(redrawn ? [VOID] : []),
      ...(left === '' ? [] : [delta(left)]),
      ...(text === '' ? [] : [{ kind: 'text_end' } as const]),
    ];
  }

  /** The answer so far. */
  get text(): string {
    return this.#lines.join('\n');
  }

  #isOver(prompted: boolean, busy: boolean, quiet: number): boolean {
    const { settleMs, quietMs } = this.#timing;
    if (this.#interruptedAt !== undefined)
      return quiet >= (prompted ? Math.min(settleMs, INTERRUPTED_QUIET_MS) : INTERRUPTED_QUIET_MS);
    if (busy) return false;
    if (!this.#touched) {
      const patient = Math.max(NO_REACTION_MS, quietMs ?? 0);
      return quiet >= patient && (prompted || quietMs !== undefined);
    }
    return (prompted && quiet >= settleMs) || (quietMs !== undefined && quiet >= quietMs);
  }

  /** Lines that stood still since the last look; a later redraw of them takes the text back. */
  #stream(lines: readonly string[], quiet: number): AgentEventBody[] {
    let stable = 0;
    while (stable < lines.length && lines[stable] === this.#lines[stable]) stable++;
    if (stable === lines.length && quiet < LAST_LINE_MS) stable--;
    const text = lines.slice(0, Math.max(0, stable)).join('\n');
    if (text === '' || this.#streamed.startsWith(text) || this.#redraws > MAX_REDRAWS) return [];
    if (text.startsWith(this.#streamed)) {
      const more = text.slice(this.#streamed.length);
      this.#streamed = text;
      return [delta(more)];
    }
    this.#redraws++;
    this.#streamed = this.#redraws > MAX_REDRAWS ? '' : text;
    return this.#streamed === '' ? [VOID] : [VOID, delta(text)];
  }
}

const VOID: AgentEventBody = { kind: 'text_end', void: true };

function delta(text: string): AgentEventBody {
  return { kind: 'text', text, mode: 'delta' };
}

function same(one: Screen, other: Screen): boolean {
  return (
    one.history === other.history &&
    one.cursorX === other.cursorX &&
    one.cursorY === other.cursorY &&
    one.lines.length === other.lines.length &&
    // Changes are mostly at the end.
    one.lines.every((_, at) => one.lines.at(-1 - at) === other.lines.at(-1 - at))
  );
}
