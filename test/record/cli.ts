import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedLine } from './trim.ts';

type Message = Record<string, unknown> & {
  readonly type?: string;
  readonly subtype?: string;
  readonly request_id?: string;
  readonly request?: {
    readonly tool_name?: string;
    readonly input?: unknown;
    readonly permission_suggestions?: unknown[];
  };
};

/** A raw CLI process whose traffic is recorded. */
export class RecordedCli {
  readonly lines: RecordedLine[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #started = performance.now();
  readonly #messages: Message[] = [];
  readonly #exit: Promise<void>;
  #taken = 0;
  #exited = false;

  constructor(command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exit = new Promise((resolve) => this.#child.once('close', () => resolve()));
    void this.#exit.then(() => {
      this.#exited = true;
    });
    this.#child.stdin.on('error', () => undefined);
    this.#lines(this.#child.stdout, 'out');
    this.#lines(this.#child.stderr, 'err');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  send(message: object): void {
    this.#note('in', JSON.stringify(message));
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  say(content: unknown): string {
    const uuid = randomUUID();
    this.send({ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, uuid });
    return uuid;
  }

  control(request: object): Promise<Message> {
    const id = randomUUID();
    this.send({ type: 'control_request', request_id: id, request });
    return this.until(
      (message) => JSON.stringify(message).includes(id) && message.type === 'control_response',
    );
  }

  answer(asked: Message, body: object): void {
    const response = { subtype: 'success', request_id: asked.request_id, response: body };
    this.send({ type: 'control_response', response });
  }

  async allow(change: object = {}): Promise<Message> {
    const asked = await this.asked();
    this.answer(asked, { behavior: 'allow', updatedInput: asked.request?.input, ...change });
    return asked;
  }

  asked(): Promise<Message> {
    return this.until(({ type }) => type === 'control_request');
  }

  result(): Promise<Message> {
    return this.until(({ type }) => type === 'result');
  }

  /** The next message that is so, after the ones already waited for. */
  async until(when: (message: Message) => boolean): Promise<Message> {
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline) {
      for (; this.#taken < this.#messages.length; this.#taken++) {
        const message = this.#messages[this.#taken];
        if (message === undefined || !when(message)) continue;
        this.#taken++;
        return message;
      }
      if (this.#exited) throw new Error('the CLI ended');
      await sleep(5);
    }
    throw new Error(`waited in vain: ${when.toString()}`);
  }

  /** Ends stdin and waits for the exit. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#exit;
    clearTimeout(kill);
  }

  #lines(stream: Readable, dir: 'out' | 'err'): void {
    let rest = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.#note(dir, line);
        if (dir === 'out') this.#messages.push(JSON.parse(line) as Message);
      }
    });
  }

  #note(dir: RecordedLine['dir'], line: string): void {
    this.lines.push({ t: Math.round(performance.now() - this.#started), dir, line });
  }
}
