import { createInterface, type Interface } from 'node:readline';
import type { Io } from '../io.ts';
import type { ChatSession, ChatView, Hello } from './chat-session.ts';
import { completer } from './completion.ts';
import type { History } from './history.ts';
import { printable } from './printable.ts';
import { ansiStyle, renderBody } from './render.ts';
import { Screen } from './screen.ts';
import { buttonFor, type Showing } from './transcript.ts';

/** Lines that arrive within this time were pasted together and are one message. */
const pasteMs = 15;
/** A second Ctrl-C within this time leaves. */
const againMs = 2000;

/** A chat on a terminal: streaming text, keys for open questions, completion, history. */
export class ScreenView implements ChatView {
  readonly #readline: Interface;
  readonly #screen: Screen;
  readonly #io: Io;
  readonly #history: History;
  #session: ChatSession | undefined;
  #pasted: string[] = [];
  #pasteTimer: NodeJS.Timeout | undefined;
  #interruptedAt = 0;
  #status = '';

  constructor(io: Io, history: History) {
    this.#io = io;
    this.#history = history;
    this.#readline = createInterface({
      input: io.stdin,
      output: io.stdout,
      terminal: true,
      history: [...history.lines],
      historySize: 500,
      completer: (line: string) => completer(line, this.#session?.commands ?? []),
      prompt: prompt(false),
    });
    this.#screen = new Screen(io.stdout, this.#readline);
  }

  /** Ties keys and lines to the conversation; resolves when the person leaves. */
  run(session: ChatSession): Promise<void> {
    this.#session = session;
    this.#readline.on('line', (line) => this.#line(line));
    this.#readline.on('SIGINT', () => this.#interrupt());
    this.#io.stdin.on('keypress', this.#key);
    return new Promise((resolve) => {
      this.#readline.on('close', () => {
        this.#io.stdin.off('keypress', this.#key);
        clearTimeout(this.#pasteTimer);
        this.#screen.close();
        resolve();
      });
    });
  }

  close(): void {
    this.#readline.close();
  }

  hello(hello: Hello): void {
    const agent = hello.agent ? ` with ${hello.agent}` : '';
    this.#screen.print(
      ansiStyle.dim(
        `${hello.project}${agent}, session "${hello.session}". /help for commands, TAB completes, Ctrl-C stops, Ctrl-D leaves.`,
      ),
    );
  }

  show(showing: Showing): void {
    switch (showing.kind) {
      case 'body':
        this.#screen.print(`${renderBody(showing.body, ansiStyle)}\n`);
        break;
      case 'more':
        this.#screen.print(printable(showing.text));
        break;
      case 'note':
        this.#screen.print(ansiStyle.dim(`(${printable(showing.text)})`));
        break;
      case 'preview': {
        const status = showing.status ? `\n… ${printable(showing.status)}` : '';
        this.#screen.live(printable(showing.markdown) + status);
        break;
      }
      case 'no_preview':
        this.#screen.live('');
        break;
    }
  }

  changed(): void {
    const session = this.#session;
    if (!session) return;
    const card = session.transcript.openCard;
    const status = card ? 'answer' : session.transcript.busy ? 'busy' : '';
    if (status === this.#status) return;
    this.#status = status;
    this.#readline.setPrompt(prompt(session.transcript.busy, card !== undefined));
    this.#screen.refresh();
  }

  /** With nothing typed, one key answers an open question. */
  readonly #key = (
    _text: string | undefined,
    key: { sequence?: string; ctrl?: boolean } | undefined,
  ): void => {
    const card = this.#session?.transcript.openCard;
    const word = key?.sequence ?? '';
    // readline has put the key into its line already.
    if (!card || key?.ctrl || this.#readline.line !== word || this.#pasted.length > 0) return;
    // With ten and more buttons a digit may be the first of two.
    if (card.buttons.length > 9 && /\d/.test(word)) return;
    const button = buttonFor(word, card.buttons);
    if (!button) return;
    this.#readline.write(null, { ctrl: true, name: 'u' });
    this.#screen.print(ansiStyle.dim(`› ${printable(button.label)}`));
    this.#session?.say(word);
    this.changed();
  };

  #line(line: string): void {
    this.#screen.entered(line);
    this.#pasted.push(line);
    clearTimeout(this.#pasteTimer);
    this.#pasteTimer = setTimeout(() => {
      const text = this.#pasted.join('\n').trim();
      this.#pasted = [];
      if (text !== '') {
        this.#history.add(text);
        this.#session?.say(text);
      }
      this.#screen.refresh();
      this.changed();
    }, pasteMs);
  }

  #interrupt(): void {
    const now = Date.now();
    const again = now - this.#interruptedAt < againMs;
    this.#interruptedAt = now;
    if (again) {
      this.#readline.close();
      return;
    }
    if (this.#readline.line !== '') {
      this.#readline.write(null, { ctrl: true, name: 'e' });
      this.#readline.write(null, { ctrl: true, name: 'u' });
      this.#interruptedAt = 0;
      return;
    }
    if (this.#session?.transcript.busy || this.#session?.waiting) {
      this.#session.stopTurn();
      this.#screen.print(ansiStyle.dim('(stopping; Ctrl-C again leaves)'));
    } else this.#screen.print(ansiStyle.dim('(Ctrl-C again leaves)'));
  }
}

function prompt(busy: boolean, asked = false): string {
  if (asked) return '? ';
  return busy ? '… ' : '> ';
}
