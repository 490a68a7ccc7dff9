import { randomUUID } from 'node:crypto';
import type { AgentSession, PromptImage } from '../../src/core/agent.ts';
import type { AgentEvent, AgentEventBody } from '../../src/core/agent-event.ts';
import { asId, type PromptId } from '../../src/core/ids.ts';

type Kind = AgentEventBody['kind'];
type BodyOf<K extends Kind> = Extract<AgentEventBody, { kind: K }>;

/** Once nothing runs any more, what is waited for will hardly come. */
const IDLE_MS = 15_000;

/** A conversation of a real CLI with everything it said so far. */
export class Talk {
  readonly events: AgentEvent[] = [];
  readonly session: AgentSession;
  /** How long is waited for an event of a running turn, in ms; CLIs start slowly on a busy machine. */
  readonly #patienceMs: number;
  readonly #asked = new Set<PromptId>();
  #taken = 0;
  #over = false;
  #wake: (() => void) | undefined;

  constructor(session: AgentSession, patienceMs = 45_000) {
    this.session = session;
    this.#patienceMs = patienceMs;
    void this.#read();
  }

  /** Sends a prompt; resolves with its id once the CLI has accepted it. */
  async say(text: string, images: readonly PromptImage[] = []): Promise<PromptId> {
    const id = asId<PromptId>(randomUUID());
    this.#asked.add(id);
    const prompt = { id, text, images };
    await this.session.prompt(prompt, AbortSignal.timeout(this.#patienceMs)).catch((error: unknown) => {
      this.#asked.delete(id);
      throw error;
    });
    return id;
  }

  steer(text: string) {
    const id = asId<PromptId>(randomUUID());
    const prompt = { id, text, images: [] };
    return this.session.steer?.(prompt, AbortSignal.timeout(30_000)).then((taken) => ({ id, taken }));
  }

  /** The next event of this kind after the ones already waited for. Gives up early when nothing runs any more. */
  async next<K extends Kind>(kind: K, when: (body: BodyOf<K>) => boolean = () => true): Promise<BodyOf<K>> {
    const since = Date.now();
    while (true) {
      for (; this.#taken < this.events.length; this.#taken++) {
        const body = this.events[this.#taken]?.body;
        if (body?.kind !== kind || !when(body as BodyOf<K>)) continue;
        this.#taken++;
        return body as BodyOf<K>;
      }
      const left = since + (this.#running ? this.#patienceMs : IDLE_MS) - Date.now();
      if (left <= 0 || this.#over) {
        const got = this.events.map(({ body }) => body.kind).join(' ');
        throw new Error(`no ${kind} came within ${Date.now() - since} ms; got ${got}`);
      }
      await this.#more(left);
    }
  }

  /** Says it and waits for the end of the turn. */
  async turn(text: string, images: readonly PromptImage[] = []): Promise<BodyOf<'turn_end'>> {
    const id = await this.say(text, images);
    return this.next('turn_end', ({ prompts }) => prompts.includes(id));
  }

  /** Answers the next permission request, or plan, by its one option of this role, and gives the request. */
  async decide(role: 'allow' | 'allow_always' | 'deny'): Promise<BodyOf<'approval'>['request']> {
    const { wireId, request } = await this.next('approval');
    if (request.kind === 'question') throw new Error('asked a question');
    const option = request.options.find((offered) => offered.role === role);
    if (option === undefined)
      throw new Error(`no option to ${role} among ${JSON.stringify(request.options)}`);
    await this.session.answer(wireId, { kind: 'option', optionId: option.id });
    return request;
  }

  all<K extends Kind>(kind: K): BodyOf<K>[] {
    return this.events.flatMap(({ body }) => (body.kind === kind ? [body as BodyOf<K>] : []));
  }

  /** The agent's own words so far, as a reader puts them together. */
  get text(): string {
    return this.events
      .filter(({ parent }) => parent === undefined)
      .map(({ body }) => (body.kind === 'text' ? body.text : body.kind === 'text_end' ? '\n' : ''))
      .join('')
      .trim();
  }

  get nativeId() {
    return this.all('session').at(-1)?.nativeId;
  }

  async close(): Promise<void> {
    await this.session.close({ quick: true }, AbortSignal.timeout(20_000));
  }

  get #running(): boolean {
    const last = this.events.findLast(({ body }) => body.kind === 'turn_start' || body.kind === 'turn_end');
    return last?.body.kind === 'turn_start' || this.#asked.size > 0;
  }

  async #read(): Promise<void> {
    for await (const event of this.session.events(1)) {
      this.events.push(event);
      if (event.body.kind === 'turn_end') for (const id of event.body.prompts) this.#asked.delete(id);
      this.#wake?.();
    }
    this.#over = true;
    this.#wake?.();
  }

  #more(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
