import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClaudeTranscript } from './claude-transcript.ts';
import type { ClaudeWire, Message } from './claude-wire.ts';
import { echoOf, parseScript, type Step } from './script.ts';

export interface Queued {
  readonly uuid: string;
  readonly text: string;
  readonly content: unknown;
}

/** What a turn needs of the agent around it. */
export interface TurnHost {
  readonly wire: ClaudeWire;
  readonly transcript: ClaudeTranscript;
  /** Asks for permission; resolves with the client's answer. */
  ask(tool: string, input: object, toolUseId: string): Promise<Message>;
  /** Takes the prompts that came meanwhile into the running turn. */
  fold(): readonly Queued[];
  background(ms: number, text: string): void;
  /** A text of the turn that this prompt began is out and in the transcript. */
  said(uuid: string, text: string): void;
}

export type TurnEnd =
  | { readonly state: 'ok'; readonly text: string }
  | { readonly state: 'interrupted' }
  | { readonly state: 'error'; readonly text: string; readonly status: number };

/** One turn: plays the script of its prompt. */
export class ClaudeTurn {
  readonly prompts: Queued[];
  readonly #host: TurnHost;
  readonly #interrupt = new AbortController();
  #said: string[] = [];

  constructor(host: TurnHost, prompts: readonly Queued[]) {
    this.#host = host;
    this.prompts = [...prompts];
  }

  interrupt(): void {
    this.#interrupt.abort();
  }

  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Runs the steps, then the echo. `unasked` is the text of a turn that no prompt began. */
  async run(unasked?: string): Promise<TurnEnd> {
    const steps: Step[] = unasked === undefined ? this.#steps() : [{ do: 'say', text: unasked }];
    try {
      for (const step of steps) {
        const failed = await this.#step(step);
        if (failed !== undefined) return failed;
        this.signal.throwIfAborted();
      }
      await this.#finish();
      return { state: 'ok', text: this.#said.at(-1) ?? '' };
    } catch (error) {
      if (this.signal.aborted) return { state: 'interrupted' };
      throw error;
    }
  }

  #steps(): Step[] {
    return this.prompts.flatMap(({ text }) => parseScript(text));
  }

  /** The last message: what was asked, once for every prompt. */
  async #finish(): Promise<void> {
    this.prompts.push(...this.#host.fold());
    if (this.prompts.length === 0) return;
    await this.#speak('text', once(this.prompts.map(({ text }) => echoOf(text)).join('\n')), 'end_turn');
  }

  async #step(step: Step): Promise<TurnEnd | undefined> {
    switch (step.do) {
      case 'say':
        await this.#speak('text', once(step.text), this.prompts.length === 0 ? 'end_turn' : null);
        return undefined;
      case 'think':
        await this.#speak('thinking', once(step.text), null);
        return undefined;
      case 'stream':
        await this.#speak('text', this.#chunks(step), null);
        return undefined;
      case 'big':
        await this.#speak('text', once(bigText(step)), null);
        return undefined;
      case 'tool':
      case 'ask':
        await this.#tool(step.name, step.input, step.do === 'ask');
        return undefined;
      case 'question':
        await this.#question(step.text, step.options);
        return undefined;
      case 'slow':
        await sleep(step.ms, undefined, { signal: this.signal });
        return undefined;
      case 'hang':
        // The timer keeps the process alive as a real one would be.
        await sleep(2 ** 31 - 1, undefined, { signal: this.signal });
        return undefined;
      case 'crash':
        process.exit(step.code);
        return undefined;
      case 'kill':
        process.kill(process.pid, 'SIGKILL');
        return undefined;
      case 'spawn-child':
        // A group of its own, as the tools of real CLIs have: a kill of the agent's group does not reach it.
        spawn('sleep', [String(step.seconds)], { detached: true, stdio: 'ignore' }).unref();
        return undefined;
      case 'background':
        this.#host.background(step.ms, step.text);
        return undefined;
      case 'error':
        return { state: 'error', status: step.status, text: this.#host.wire.apiError(step.status) };
    }
  }

  async #speak(kind: 'text' | 'thinking', chunks: AsyncIterable<string>, stop: string | null): Promise<void> {
    const id = `msg_${randomUUID().replaceAll('-', '')}`;
    const said = await this.#host.wire.block(id, kind, chunks);
    this.#host.transcript.assistant(id, { type: kind, [kind]: said }, stop);
    if (kind === 'text') this.#said.push(said);
    if (kind === 'text') this.#host.said(this.prompts[0]?.uuid ?? '', said);
  }

  async *#chunks({ chunks, everyMs, word }: Extract<Step, { do: 'stream' }>): AsyncGenerator<string> {
    for (let at = 1; at <= chunks; at++) {
      if (everyMs > 0) await sleep(everyMs, undefined, { signal: this.signal });
      yield `${word}${at} `;
    }
  }

  async #tool(name: string, input: object, asks: boolean): Promise<void> {
    const id = `toolu_${randomUUID().replaceAll('-', '')}`;
    const message = `msg_${randomUUID().replaceAll('-', '')}`;
    const block = { type: 'tool_use', id, name, input };
    this.#host.wire.assistant(message, block);
    this.#host.transcript.assistant(message, block, 'tool_use');
    const answer: Message = asks
      ? await raceAbort(this.#host.ask(name, input, id), this.signal)
      : { behavior: 'allow' };
    const allowed = answer.behavior === 'allow';
    const content = allowed ? `ran ${name}` : String(answer.message ?? 'denied');
    this.#host.wire.toolResult(id, content, !allowed);
    this.#host.transcript.user(randomUUID(), [
      { tool_use_id: id, type: 'tool_result', content, is_error: !allowed },
    ]);
    if (asks)
      await this.#speak('text', once(allowed ? `allowed ${name}` : `denied ${name}: ${content}`), null);
    // A prompt that came during the tool is taken in after it.
    this.prompts.push(...this.#host.fold());
  }

  async #question(text: string, options: readonly string[]): Promise<void> {
    const id = `toolu_${randomUUID().replaceAll('-', '')}`;
    const listed = options.map((label) => ({ label, description: '' }));
    const input = {
      questions: [{ question: text, header: 'Question', multiSelect: false, options: listed }],
    };
    this.#host.wire.assistant(`msg_${randomUUID()}`, {
      type: 'tool_use',
      id,
      name: 'AskUserQuestion',
      input,
    });
    const answer = await raceAbort(this.#host.ask('AskUserQuestion', input, id), this.signal);
    const updated = answer.updatedInput as { answers?: object } | undefined;
    const content = `answers ${JSON.stringify(updated?.answers ?? {})}`;
    this.#host.wire.toolResult(id, content, answer.behavior !== 'allow');
    await this.#speak('text', once(content), null);
  }
}

/** Numbered, a part that is lost, doubled or swapped can be told. */
function bigText({ chars, word }: Extract<Step, { do: 'big' }>): string {
  if (word === '') return 'x'.repeat(chars);
  let text = '';
  for (let at = 1; text.length < chars; at++) text += `${word}${at} `;
  return text.trimEnd();
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject);
  });
}
