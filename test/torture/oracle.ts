import type { Runs, StoredInput, StoreView } from './evidence.ts';
import { outOfOrder } from './order.ts';
import { type Asked, isEnd, type Person } from './person.ts';
import type { Place, Seen } from './place.ts';
import { checkWords } from './spoken.ts';
import type { DeliveryKind } from './world.ts';

export type Fault = 'lost' | 'repeated' | 'order' | 'orphan' | 'twice' | 'leftover' | 'other';

export interface Violation {
  readonly fault: Fault;
  readonly what: string;
}

export interface Tally {
  messages: number;
  answered: number;
  interrupted: number;
  /** Marked repeats, which the contract allows. */
  marked: number;
  /** Turns that were begun again because the first run never ended. */
  rerun: number;
}

interface Judged {
  readonly asked: Asked;
  /** Where its result stands in the chat; undefined when there is none. */
  readonly position: number | undefined;
}

/** What must be true of a chat and of the store when everything has settled. */
export class Oracle {
  readonly violations: Violation[] = [];
  readonly tally: Tally = { messages: 0, answered: 0, interrupted: 0, marked: 0, rerun: 0 };
  readonly #store: StoreView;
  readonly #runs: ReadonlyMap<string, Runs>;

  constructor(store: StoreView, runs: ReadonlyMap<string, Runs>) {
    this.#store = store;
    this.#runs = runs;
    for (const line of store.open) this.#found('lost', `not settled: ${line}`);
    for (const part of store.parts)
      if (part.state === 'dead' && !(part.approval && part.edits))
        this.#found('lost', `part ${part.id} was given up: ${part.error}`);
  }

  /** `kills`: how often the daemon was killed, each time perhaps between a send and its record. */
  judge(person: Person, delivery: DeliveryKind, kills: number): void {
    const { place } = person;
    const seen = place.seen().flatMap((message) => this.#apart(this.#quoting(message)));
    this.#marks(place, seen, delivery, kills);
    const judged = person.asked.map((asked) => this.#judgeOne(person, asked, seen));
    this.#order(place, judged);
    for (const id of person.stops) {
      const replies = seen.filter(({ replyTo }) => replyTo === id);
      if (replies.filter(({ text }) => !isMarked(text)).length > 1)
        this.#found(
          'repeated',
          `${place.name}: /stop ${id} has ${replies.length} answers: ${quote(replies)}`,
        );
    }
    for (const message of seen) {
      if (message.generating)
        this.#found('leftover', `${place.name}: ${message.id} is still being generated: ${quote([message])}`);
      if (message.text.includes('⏳ Working'))
        this.#found('leftover', `${place.name}: ${message.id} says that a turn works: ${quote([message])}`);
      if (message.buttons.includes('Allow'))
        this.#found('leftover', `${place.name}: request ${message.id} still has its buttons`);
    }
    for (const id of place.signs()) this.#found('leftover', `${place.name}: a sign of work is left on ${id}`);
  }

  /** A message that carries the words of others, which waited with it, counts as all of them. */
  #apart(message: Seen): readonly Seen[] {
    const id = message.id.split('~')[0];
    const carried = this.#store.parts.filter((part) => part.message === id && part.mergedInto !== null);
    const mark = isMarked(message.text) ? message.text.slice(0, 2) : '';
    let rest = message.text;
    const pieces: Seen[] = [];
    for (const { plain, replyTo } of carried.toReversed()) {
      const at = rest.lastIndexOf(plain);
      if (at < 0) continue; // then its words are missed
      rest = rest.slice(0, at) + rest.slice(at + plain.length);
      const own = `${message.id}~joined${carried.length - pieces.length}`;
      pieces.unshift({ ...message, id: own, text: mark + plain, replyTo: replyTo ?? message.replyTo });
    }
    // The word on why it comes late stands above.
    return [{ ...message, text: rest.replace(/^(↻ )?⏸[^\n]*\n\n/, '$1').trim() }, ...pieces];
  }

  /** Where nothing is quoted in the chat, the store knows what a message answers. */
  #quoting(message: Seen): Seen {
    if (message.replyTo !== undefined) return message;
    const id = message.id.split('~')[0];
    const part = this.#store.parts.find((one) => one.message === id && one.replyTo !== null);
    return part?.replyTo ? { ...message, replyTo: part.replyTo } : message;
  }

  /** A repeat is marked, and only where nobody can know whether the first send arrived. */
  #marks(place: Place, seen: readonly Seen[], delivery: DeliveryKind, kills: number): void {
    const marked = seen.filter(({ text }) => isMarked(text));
    if (delivery === 'keyed' && marked.length > 0)
      this.#found('repeated', `${place.name}: marked repeats in spite of keys: ${quote(marked)}`);
    const unanswered = place.unanswered?.();
    const needless = unanswered ? marked.filter(({ id }) => !unanswered.has(id.split('~')[0] ?? '')) : [];
    if (needless.length > kills)
      this.#found('repeated', `${place.name}: repeats of what was never sent: ${quote(needless)}`);
  }

  orphans(processes: readonly string[]): void {
    for (const one of processes) this.#found('orphan', one);
  }

  other(what: string): void {
    this.#found('other', what);
  }

  #judgeOne(person: Person, asked: Asked, now: readonly Seen[]): Judged {
    const { place } = person;
    const { step } = asked;
    const seen = now.map((message) => {
      const told = person.told.get(message.id);
      return told ? this.#quoting(told) : message;
    });
    this.tally.messages += 1;
    if (step.kind === 'command') return this.#command(place, asked, seen);
    const name = `${place.name}: ${step.kind} ${step.token}`;
    const echo = new RegExp(`echo:${step.token}\\b`);
    const group = this.#sameTurn(place, asked);
    const answers = seen.filter(({ text }) => echo.test(text));
    const notices = seen.filter(
      ({ replyTo, text }) => replyTo !== undefined && group.has(replyTo) && isEnd(unmarked(text)),
    );
    const results = [...answers, ...notices];
    const once = this.#count(results);
    if (once === 0) this.#found('lost', `${name} has no result${this.#story(asked)}`);
    if (once > 1)
      this.#found('repeated', `${name} has ${once} results: ${quote(results)}${this.#story(asked)}`);
    if (answers.length > 0) this.tally.answered += 1;
    else if (notices.length > 0) this.tally.interrupted += 1;
    const own = seen.filter(
      ({ text, replyTo }) => (replyTo === undefined || group.has(replyTo)) && !text.includes('“'),
    );
    const runs = this.#runs.get(step.token);
    for (const { fault, what } of checkWords(
      step.token,
      own,
      runs,
      isMarked,
      this.#rowOf(place, asked)?.stoppedAt ?? undefined,
    ))
      this.#found(fault, `${name} says ${what}${this.#story(asked)}`);
    this.#ran(name, step.token);
    const [first] = results;
    return { asked, position: first && seen.indexOf(first) };
  }

  #command(place: Place, asked: Asked, seen: readonly Seen[]): Judged {
    const replies = seen.filter(({ replyTo }) => replyTo !== undefined && asked.ids.includes(replyTo));
    const count = this.#count(replies);
    const name = `${place.name}: ${asked.step.text} ${asked.ids.join()}`;
    if (count === 0) this.#found('lost', `${name} has no answer${this.#story(asked)}`);
    if (count > 1) this.#found('repeated', `${name} has ${count} answers: ${quote(replies)}`);
    const [first] = replies;
    const ordered = /^\/(new|switch|agent)/.test(asked.step.text);
    return { asked, position: first && ordered ? seen.indexOf(first) : undefined };
  }

  /** Marked repeats count only when the first copy is not there. */
  #count(messages: readonly Seen[]): number {
    const marked = messages.filter(({ text }) => isMarked(text)).length;
    this.tally.marked += marked;
    return Math.max(messages.length - marked, Math.min(1, marked));
  }

  #ran(name: string, token: string): void {
    const runs = this.#runs.get(token);
    if (!runs || runs.starts.length < 2) return;
    this.tally.rerun += runs.starts.length - 1;
    const ended = runs.ends.length;
    const lastStart = runs.starts.at(-1)?.at ?? 0;
    if (ended > 1 || runs.ends.some(({ at }) => at < lastStart))
      this.#found('twice', `${name} was run ${runs.starts.length} times and ended ${ended} times`);
  }

  #order(place: Place, judged: readonly Judged[]): void {
    const placed = judged.flatMap(({ asked, position }) => {
      const row = this.#rowOf(place, asked);
      return position === undefined || !row ? [] : [{ name: asked.step.token, position, row }];
    });
    for (const what of outOfOrder(placed)) this.#found('order', `${place.name}: ${what}`);
  }

  /** Ids of all messages that went into the same turn. */
  #sameTurn(place: Place, asked: Asked): ReadonlySet<string> {
    const turn = this.#rowOf(place, asked)?.turn;
    const mates = turn
      ? this.#store.inputs.filter((row) => row.turn === turn).map(({ message }) => message)
      : [];
    return new Set([...asked.ids, ...mates.filter((id) => id !== null)]);
  }

  #rowOf(place: Place, asked: Asked): StoredInput | undefined {
    return this.#store.inputs.find(
      (row) =>
        row.kind === 'message' &&
        row.chat === place.chat &&
        row.message !== null &&
        asked.ids.includes(row.message),
    );
  }

  #story(asked: Asked): string {
    const rows = this.#store.inputs.filter(({ message }) => message !== null && asked.ids.includes(message));
    const stored =
      rows.map(({ id, state, turn }) => `${id} ${state} turn ${turn}`).join(', ') || 'not stored';
    const runs = this.#runs.get(asked.step.token);
    return ` (${asked.ids.join()}; ${stored}; ran ${runs?.starts.length ?? 0}, ended ${runs?.ends.length ?? 0})`;
  }

  #found(fault: Fault, what: string): void {
    this.violations.push({ fault, what });
  }
}

function isMarked(text: string): boolean {
  return text.trimStart().startsWith('↻');
}

function unmarked(text: string): string {
  return text.trimStart().replace(/^↻\s*/, '');
}

function quote(messages: readonly Seen[]): string {
  return messages.map(({ id, text }) => `[${id}] ${JSON.stringify(text.slice(0, 90))}`).join(' and ');
}
