import { setTimeout as sleep } from 'node:timers/promises';
import type { Place, Seen } from './place.ts';
import type { Step } from './script.ts';

/** Something a person wrote, and what came of it. */
export interface Asked {
  readonly step: Step;
  /** Ids of the messages it was written in; several for an album. */
  readonly ids: readonly string[];
  readonly at: number;
}

/** A notice as it first stood there, and since when. */
export type Told = Seen & { readonly at: number };

/** Time people take before they press a button again that seems to have done nothing. */
const patienceMs = 1500;
/** A turn that is to be stopped runs this long first. */
const stopAfterMs = 500;
/** First of these labels that a message offers is pressed: requests are allowed, questions answered, held work runs. */
const wanted = ['Allow', 'Run', 'Alpha'];

/** The person of one chat: writes as the script says, answers requests, stops what is to be stopped. */
export class Person {
  readonly place: Place;
  readonly asked: Asked[] = [];
  /** Ids of `/stop` messages. */
  readonly stops: string[] = [];
  /** Notices of an end by id, as they first stood there: a press may replace a card. */
  readonly told = new Map<string, Told>();
  readonly #steps: readonly Step[];
  readonly #pressed = new Map<string, number>();
  readonly #stopped = new Map<string, number>();
  readonly #started: () => ReadonlyMap<string, number>;

  /** `started`: by token, when the agent began with it. */
  constructor(place: Place, steps: readonly Step[], started: () => ReadonlyMap<string, number>) {
    this.place = place;
    this.#steps = steps;
    this.#started = started;
  }

  /** Resolves when everything is written. */
  async write(signal: AbortSignal): Promise<void> {
    for (const step of this.#steps) {
      await sleep(step.waitMs, undefined, { signal });
      const ids =
        step.kind === 'album' && this.place.album ? this.place.album(step.text) : [this.place.say(step.text)];
      this.asked.push({ step, ids, at: Date.now() });
    }
  }

  /** Once more, when everything else is said. */
  writeOn(): void {
    const token = `T${this.#steps[0]?.token ?? ''}last`;
    const step = { waitMs: 0, kind: 'plain' as const, token, text: `token: ${token}` };
    this.asked.push({ step, ids: [this.place.say(step.text)], at: Date.now() });
  }

  /** Looks at the chat once and does what is to be done. */
  look(): void {
    const seen = this.place.seen();
    for (const message of seen) {
      if (isEnd(message.text) && !this.told.has(message.id))
        this.told.set(message.id, { ...message, at: Date.now() });
      const label = wanted.find((one) => message.buttons.includes(one));
      if (label) this.#press(message, label);
    }
    for (const { step } of this.asked) if (step.kind === 'stop') this.#stop(step.token);
  }

  #press(message: Seen, label: string): void {
    const now = Date.now();
    const last = this.#pressed.get(message.id);
    if (last === undefined) this.#pressed.set(message.id, now - patienceMs + 150);
    else if (now - last >= patienceMs) {
      this.#pressed.set(message.id, now);
      this.place.press(message, label);
    }
  }

  #stop(token: string): void {
    const started = this.#started().get(token);
    const ids = this.asked.find(({ step }) => step.token === token)?.ids ?? [];
    if (started === undefined || Date.now() - started < stopAfterMs) return;
    if ([...this.told.values()].some((end) => this.#isEndOf(end, ids, started))) return;
    const last = this.#stopped.get(token) ?? 0;
    if (Date.now() - last < patienceMs) return;
    this.#stopped.set(token, Date.now());
    this.stops.push(this.place.say('/stop'));
  }

  /** Where nothing is quoted, what was told since the turn began is about that turn. */
  #isEndOf(end: Told, ids: readonly string[], started: number): boolean {
    return end.replyTo === undefined ? end.at > started : ids.includes(end.replyTo);
  }
}

/** The notices that stand for a result that is not an answer; a progress card says the same of its steps only. */
const ends = [/^⏹(?! Ended early)/, /^⚠️ cc-connect was restarted/, /^❌ The agent/, /^☣️/];

/** Whether this text tells that a turn ended without its answer. */
export function isEnd(text: string): boolean {
  return ends.some((one) => one.test(text.trim()));
}
