import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

type Message = Record<string, unknown>;
interface Entry {
  readonly dir: 'in' | 'out';
  readonly line: string;
}

/**
 * Plays the agent's side of a recorded ACP conversation: what the client sent then is waited for, what the agent said
 * then is said again, under the ids of the client of now. Ends with its input once the recording is over.
 */
class Player {
  readonly #arrived: Message[] = [];
  /** Ids of the recording → ids of now, for requests of the client. */
  readonly #ids = new Map<unknown, unknown>();
  #wake: (() => void) | undefined;

  arrived(message: Message): void {
    this.#arrived.push(message);
    this.#wake?.();
  }

  async play(entries: readonly Entry[]): Promise<void> {
    for (const { dir, line } of entries) {
      const message = JSON.parse(line) as Message;
      if (dir === 'out') this.#say(message);
      else await this.#wait(message);
    }
  }

  #say(message: Message): void {
    const isReply = message.method === undefined;
    const id = isReply ? this.#ids.get(message.id) : message.id;
    if (isReply && id === undefined) return;
    process.stdout.write(`${JSON.stringify(id === undefined ? message : { ...message, id })}\n`);
  }

  async #wait(recorded: Message): Promise<void> {
    for (;;) {
      const at = this.#arrived.findIndex((message) => sameKind(message, recorded));
      const [found] = at < 0 ? [] : this.#arrived.splice(at, 1);
      if (found !== undefined) {
        if (recorded.method !== undefined) this.#ids.set(recorded.id, found.id);
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Newer clients resume where older ones loaded; both are answered by what was recorded. */
function sameKind(now: Message, recorded: Message): boolean {
  if (recorded.method === undefined) return now.method === undefined && now.id === recorded.id;
  const loads = ['session/load', 'session/resume'];
  return (
    now.method === recorded.method ||
    (loads.includes(String(now.method)) && loads.includes(String(recorded.method)))
  );
}

const player = new Player();
const input = createInterface({ input: process.stdin });
input.on('line', (line) => player.arrived(JSON.parse(line) as Message));
const entries = readFileSync(process.argv[2] ?? '', 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Entry);
void player.play(entries);
