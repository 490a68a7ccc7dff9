import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import type { SessionSummary } from '../../servers/local/backend.ts';
import type { Io } from '../io.ts';
import type { ChatSession, ChatView, Hello } from './chat-session.ts';
import { printable } from './printable.ts';
import { plainStyle, renderBody } from './render.ts';
import type { Showing } from './transcript.ts';

const quietMs = 300;
const lookEachMs = 50;
/** These end a running turn, so they do not wait for it. */
const immediate = /^\/(stop|cancel)\b/;

/** A chat without a screen: whole messages to stdout, lines from stdin. For scripts and pipes. */
export class LineView implements ChatView {
  readonly #io: Io;
  hello: (hello: Hello) => void = () => {};

  constructor(io: Io) {
    this.#io = io;
  }

  show(showing: Showing): void {
    switch (showing.kind) {
      case 'body':
        this.#io.out(renderBody(showing.body, plainStyle));
        break;
      case 'more':
        this.#io.out(printable(showing.text));
        break;
      case 'note':
        this.#io.err(`(${printable(showing.text)})`);
        break;
      case 'preview':
      case 'no_preview':
        return;
    }
  }

  changed(): void {}
}

export interface LineFeed {
  readonly session: ChatSession;
  readonly sessionKey: () => string;
  readonly sessions: () => Promise<readonly SessionSummary[]>;
  readonly io: Io;
}

/**
 * Hands over one line after the other, each when the work before it is done or waits for an answer, so that
 * `printf 'do it\ny\n' | cc-connect chat` says what it looks like. Ends when the input has ended and nothing runs.
 */
export async function feedLines(feed: LineFeed): Promise<void> {
  const { session, io } = feed;
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    const text = line.trim();
    if (text === '') continue;
    if (!immediate.test(text)) await untilOpen(feed);
    session.say(text);
  }
  await untilOpen(feed);
  if (session.transcript.openCard && (await isBusy(feed)))
    throw new AppError('unanswered', 'the input ended while an answer was expected', {
      kind: 'validation',
      advice: 'the question stays open; answer it with "cc-connect chat"',
    });
}

/** Until nothing runs any more, or something waits for an answer. */
async function untilOpen(feed: LineFeed): Promise<void> {
  const { session } = feed;
  for (;;) {
    await sleep(lookEachMs);
    if (session.waiting || Date.now() - session.lastFrameAt < quietMs) continue;
    if (session.transcript.openCard) return;
    if (session.transcript.busy) continue;
    if (!(await isBusy(feed)) && Date.now() - session.lastFrameAt >= quietMs) return;
  }
}

async function isBusy(feed: LineFeed): Promise<boolean> {
  const key = feed.sessionKey();
  const all = await feed.sessions();
  return all.some((one) => one.sessionKey === key && one.busy);
}
