import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentSession, ProcessIdentity, Prompt } from '../../core/agent.ts';
import type { AgentEventBody, TurnOutcome } from '../../core/agent-event.ts';
import { AppError, describeError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { EventLog } from '../../kit/event-log.ts';
import { KeyedChain } from '../../kit/keyed-chain.ts';
import { killTree } from '../../kit/process/kill-tree.ts';
import { removePane } from './create-pane.ts';
import type { TmuxOptions } from './options.ts';
import { nativeIdOf, type PaneInfo } from './panes.ts';
import { writeMark } from './prompt-mark.ts';
import { contextStart, readScreen, type Screen } from './screen.ts';
import type { TmuxServer } from './server.ts';
import { TurnWatch } from './turn-watch.ts';
import { pressKeys, typeable, typeText } from './typing.ts';

/** How often an idle pane is looked after. */
const IDLE_MS = 3_000;
/** A program that cannot be interrupted keeps its turn no longer than this. */
const INTERRUPT_MS = 6_000;
/** Lines of a dead program's screen that say why. */
const LAST_WORDS = 12;

/** Conversations that share a pane take turns; keyed by server and pane. */
const turnsOfPanes = new KeyedChain();

export interface PaneSpec {
  readonly server: TmuxServer;
  readonly options: TmuxOptions;
  readonly pane: PaneInfo;
  /** The pane ends with this session: it was created for it and is not to be kept. */
  readonly owned: { readonly startTime: string; readonly marker: string } | undefined;
  readonly log: Log;
}

interface Turn {
  readonly prompt: Prompt['id'];
  readonly watch: TurnWatch;
  /** First row that is read. */
  from: number;
  history: number;
  readonly over: Promise<void>;
  finish(): void;
  release(): void;
}

/** A conversation with the program in a tmux pane. The pane is somebody's own unless it says otherwise. */
export class PaneSession implements AgentSession {
  readonly #spec: PaneSpec;
  readonly #events = new EventLog();
  readonly #done = new AbortController();
  readonly #watching: Promise<void>;
  #turn: Turn | undefined;
  #interrupting = false;
  #gone: AppError | undefined;
  #wake: (() => void) | undefined;

  constructor(spec: PaneSpec) {
    this.#spec = spec;
    this.#events.append({ kind: 'session', nativeId: nativeIdOf(spec.pane) });
    this.#watching = this.#watch();
  }

  get process(): ProcessIdentity | undefined {
    const { owned, pane } = this.#spec;
    return owned === undefined ? undefined : { pid: pane.pid, startTime: owned.startTime };
  }

  events(fromSeq: number) {
    return this.#events.read(fromSeq);
  }

  async prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }> {
    signal.throwIfAborted();
    if (this.#gone !== undefined) throw this.#gone;
    const release = await this.#myTurn(signal);
    try {
      const turn = await this.#submit(prompt, release, signal);
      if (this.#gone !== undefined) throw this.#gone;
      this.#turn = turn;
      this.#interrupting = false;
      this.#events.append({ kind: 'turn_start', origin: 'prompt', prompts: [prompt.id] });
      this.#wake?.();
      return { folded: false };
    } catch (error) {
      release();
      throw this.#gone ?? error;
    }
  }

  /** Presses the configured keys; the program says when it is done. */
  async interrupt(signal: AbortSignal): Promise<void> {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#interrupting = true;
    turn.watch.interrupted(Date.now());
    const { server, options, pane } = this.#spec;
    await pressKeys(server, pane.id, options.interruptKeys);
    this.#wake?.();
    const late = sleep(INTERRUPT_MS, undefined, { ref: false });
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await Promise.race([turn.over, late, aborted]);
    if (this.#turn === turn) this.#end(turn, { status: 'interrupted' });
  }

  answer(): Promise<'stale'> {
    return Promise.resolve('stale');
  }

  /** Lets go of the pane. Only one that was created for this session alone ends. */
  async close(): Promise<void> {
    this.#gone ??= new AppError('agent.exited', 'The session was closed', { kind: 'unavailable' });
    this.#done.abort();
    this.#wake?.();
    await this.#watching;
    const { owned, server, pane } = this.#spec;
    if (owned !== undefined) {
      await killTree({ pid: pane.pid, startTime: owned.startTime, marker: owned.marker }, { graceMs: 500 });
      await removePane(server, pane.id);
    }
    this.#exit({ kind: 'exit', code: 0, signal: null }, { status: 'interrupted' });
  }

  /** Waits until no other conversation has a turn in this pane; the function given back ends ours. */
  async #myTurn(signal: AbortSignal): Promise<() => void> {
    const { server, pane } = this.#spec;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const mine = new Promise<void>((resolve) => {
      void turnsOfPanes.run(`${server.key}|${pane.id}`, () => {
        resolve();
        return held;
      });
    });
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([mine, aborted]);
    // Given up while it waited: its place is passed on when it comes up.
    if (signal.aborted) release();
    signal.throwIfAborted();
    return release;
  }

  async #submit(prompt: Prompt, release: () => void, signal: AbortSignal): Promise<Turn> {
    const { server, options, pane } = this.#spec;
    const before = await this.#read('context', signal);
    const text = typeable([prompt.text, ...prompt.images.map(({ path }) => path)].join('\n'));
    const asked = { before: before.lines, promptLine: before.cursorLine, typed: text };
    // Written first: a prompt without a mark is certain not to have been typed.
    await writeMark(server, pane.id, {
      prompt: prompt.id,
      row: before.history + before.cursorY,
      promptLine: before.cursorLine,
      cursorX: before.cursorX,
      typed: text,
    });
    await typeText(server, pane.id, text, signal);
    await sleep(options.submitDelayMs);
    const from = contextStart(before.history);
    const typed = await this.#read(from, signal);
    await pressKeys(server, pane.id, [options.submitKey]);
    let finish: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const timing = { settleMs: options.settleMs, quietMs: options.quietMs };
    const watch = new TurnWatch(asked, typed, before.cursorX, options, timing, Date.now());
    return { prompt: prompt.id, watch, from, history: typed.history, over, finish, release };
  }

  /** The screen, waited for while it scrolls too fast. Rejects when the pane is gone or dead. */
  async #read(from: number | 'context', signal: AbortSignal): Promise<Screen> {
    for (;;) {
      signal.throwIfAborted();
      const screen = await readScreen(this.#spec.server, this.#spec.pane.id, from, signal);
      if (screen === 'moving') {
        await sleep(this.#spec.options.pollMs);
        continue;
      }
      if (screen !== undefined && !screen.dead) return screen;
      this.#died(screen);
      throw this.#gone;
    }
  }

  /** The one loop of this session: follows a turn, or looks now and then whether the pane is still there. */
  async #watch(): Promise<void> {
    const { server, options, pane, log } = this.#spec;
    let failures = 0;
    while (!this.#done.signal.aborted && this.#gone === undefined) {
      await this.#pause(this.#turn === undefined ? IDLE_MS : options.pollMs);
      if (this.#done.signal.aborted) return;
      const turn = this.#turn;
      try {
        const screen = await readScreen(server, pane.id, turn?.from ?? 'context', this.#done.signal);
        failures = 0;
        if (screen === undefined || (screen !== 'moving' && screen.dead)) this.#died(screen, turn);
        else if (turn !== undefined && turn === this.#turn) this.#follow(turn, screen);
        await this.#events.room();
      } catch (error) {
        if (this.#done.signal.aborted) return;
        log.warn({ error: describeError(error), pane: pane.id }, 'tmux pane could not be read');
        if (++failures < 5) continue;
        this.#gone = new AppError('agent.exited', describeError(error), { kind: 'unavailable' });
        this.#exit(
          { kind: 'exit', code: null, signal: null, detail: describeError(error) },
          { status: 'error', message: describeError(error), code: 'crash' },
        );
      }
    }
  }

  #follow(turn: Turn, screen: Screen | 'moving'): void {
    const now = Date.now();
    if (screen === 'moving') {
      turn.watch.moving(now);
      return;
    }
    // Cleared, or at its limit and cut: what was counted from its beginning is elsewhere now.
    if (screen.history < turn.history) turn.from = 0;
    turn.history = screen.history;
    const { said, ended } = turn.watch.look(screen, now);
    this.#say(said);
    if (ended) this.#end(turn, this.#interrupting ? { status: 'interrupted' } : { status: 'ok' });
  }

  #end(turn: Turn, outcome: TurnOutcome): void {
    if (this.#turn !== turn) return;
    this.#turn = undefined;
    this.#say([...turn.watch.rest(), { kind: 'turn_end', prompts: [turn.prompt], outcome }]);
    turn.release();
    turn.finish();
  }

  #died(screen: Screen | undefined, turn?: Turn): void {
    const { pane, server } = this.#spec;
    const words = screen?.lines.slice(-LAST_WORDS).join('\n').trim();
    const how = screen === undefined ? 'is gone' : `has ended (exit code ${screen.deadStatus ?? 'unknown'})`;
    const detail = `The program in tmux pane ${pane.session}:${pane.window}.${pane.index} ${how}${words ? `: ${words}` : ''}`;
    this.#gone ??= new AppError('agent.exited', detail, { kind: 'unavailable' });
    if (screen !== undefined && turn !== undefined) this.#say(turn.watch.look(screen, Date.now()).said);
    // Kept by tmux only so that its last words could be read.
    if (screen !== undefined && pane.owner !== '') void removePane(server, pane.id);
    this.#exit(
      { kind: 'exit', code: screen?.deadStatus ?? null, signal: null, detail },
      { status: 'error', message: detail, code: 'crash' },
    );
  }

  #exit(exit: Extract<AgentEventBody, { kind: 'exit' }>, outcome: TurnOutcome): void {
    if (this.#turn !== undefined) this.#end(this.#turn, outcome);
    if (this.#events.ended) return;
    this.#events.append(exit);
    this.#events.end();
  }

  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.#wake = undefined;
  }

  #say(bodies: readonly AgentEventBody[]): void {
    for (const body of bodies) this.#events.append(body);
  }
}
