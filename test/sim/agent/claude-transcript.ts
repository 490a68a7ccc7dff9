import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSION = '2.1.329';

/**
 * The conversation on disk, in the real CLI's place and shape:
 * `$CLAUDE_CONFIG_DIR/projects/<cwd with every non-alphanumeric as "-">/<session id>.jsonl`, one JSON object a line,
 * the `uuid` of a user line being the one that came with the prompt.
 *
 * With `FAKE_FLUSH=late` nothing is written before the first answer of the process, as the real CLI does:
 * a session killed in its first answer is then not on disk at all.
 */
export class ClaudeTranscript {
  readonly #path: string;
  readonly #session: string;
  readonly #folder: string;
  #held: string[] | undefined;
  #last: string | null = null;

  constructor(session: string) {
    const config = process.env.CLAUDE_CONFIG_DIR || join(homedir(), '.claude');
    this.#folder = join(config, 'projects', process.cwd().replaceAll(/[^A-Za-z0-9]/g, '-'));
    this.#path = join(this.#folder, `${session}.jsonl`);
    this.#session = session;
    if (process.env.FAKE_FLUSH === 'late' && !this.exists) this.#held = [];
  }

  get exists(): boolean {
    return existsSync(this.#path);
  }

  user(uuid: string, content: unknown, extra: object = {}): void {
    this.#chained({
      type: 'user',
      message: { role: 'user', content },
      uuid,
      promptId: randomUUID(),
      permissionMode: 'default',
      ...extra,
    });
  }

  /** One content block of an answer; `stopReason` is null until the last of a message. */
  assistant(messageId: string, block: object, stopReason: string | null): void {
    const held = this.#held;
    this.#held = undefined;
    for (const line of held ?? []) this.#write(line);
    this.#chained({
      type: 'assistant',
      message: {
        id: messageId,
        type: 'message',
        role: 'assistant',
        model: 'scripted-model',
        content: [block],
        stop_reason: stopReason,
        stop_sequence: null,
        usage: { input_tokens: 10, output_tokens: 5 },
      },
      requestId: `req_${randomUUID().slice(0, 8)}`,
      uuid: randomUUID(),
    });
  }

  /** A line outside of the conversation's chain (`queue-operation`, `last-prompt` …). */
  note(line: object): void {
    this.#put(JSON.stringify({ ...line, timestamp: new Date().toISOString(), sessionId: this.#session }));
  }

  #chained(line: Readonly<Record<string, unknown>> & { readonly uuid: string }): void {
    this.#put(
      JSON.stringify({
        parentUuid: this.#last,
        isSidechain: false,
        ...line,
        timestamp: new Date().toISOString(),
        userType: 'external',
        entrypoint: 'sdk-cli',
        cwd: process.cwd(),
        sessionId: this.#session,
        version: VERSION,
        gitBranch: 'HEAD',
      }),
    );
    this.#last = line.uuid;
  }

  #put(line: string): void {
    if (this.#held === undefined) this.#write(line);
    else this.#held.push(line);
  }

  #write(line: string): void {
    mkdirSync(this.#folder, { recursive: true });
    appendFileSync(this.#path, `${line}\n`, { mode: 0o600 });
  }
}
