import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Conversation, Memory } from './memory.ts';
import { type Speech, speechFor } from './speech.ts';
import { AgentWire, asParams, type Params, Refusal } from './wire.ts';

/** The one file the demo agent writes, in its working directory. */
export const DEMO_FILE = 'cc-connect-demo.txt';
/** Between two chunks of streamed text. */
const PACE_MS = 12;

interface Live {
  readonly conversation: Conversation;
  /** Aborts the running turn. */
  cancel: AbortController | undefined;
  asked: boolean;
}

/** The demo agent: a small program that speaks the Agent Client Protocol on stdin and stdout. Ends with its input. */
export async function runDemoAgent(): Promise<void> {
  const agent = new DemoAgent(new Memory());
  await agent.wire.serve(process.stdin);
}

class DemoAgent {
  readonly wire: AgentWire;
  readonly #memory: Memory;
  readonly #live = new Map<string, Live>();

  constructor(memory: Memory) {
    this.#memory = memory;
    this.wire = new AgentWire(process.stdout, {
      initialize: () => ({
        protocolVersion: 1,
        agentCapabilities: {
          loadSession: true,
          promptCapabilities: { image: false, audio: false, embeddedContext: false },
          sessionCapabilities: { list: {} },
        },
        agentInfo: { name: 'cc-connect-demo', title: 'cc-connect demo agent', version: '1' },
        authMethods: [],
      }),
      'session/new': (params) => this.#new(params),
      'session/load': (params) => this.#load(params),
      'session/list': (params) => this.#list(params),
      'session/prompt': (params) => this.#prompt(params),
      'session/cancel': (params) => this.#live.get(String(params.sessionId))?.cancel?.abort(),
    });
  }

  #new(params: Params): object {
    const id = randomUUID();
    const conversation = { id, cwd: String(params.cwd), updatedAt: now(), said: [] };
    this.#live.set(id, { conversation, cancel: undefined, asked: false });
    return { sessionId: id };
  }

  async #load(params: Params): Promise<object> {
    const conversation = await this.#memory.load(String(params.sessionId));
    if (conversation === undefined) throw new Refusal(-32002, 'no such conversation');
    this.#live.set(conversation.id, { conversation, cancel: undefined, asked: true });
    for (const { role, text } of conversation.said) {
      this.#update(conversation.id, role === 'user' ? 'user_message_chunk' : 'agent_message_chunk', text);
    }
    return {};
  }

  async #list(params: Params): Promise<object> {
    const cwd = params.cwd;
    const found = await this.#memory.list(typeof cwd === 'string' ? cwd : undefined);
    return {
      sessions: found.map(({ id, cwd: folder, updatedAt, said }) => {
        return { sessionId: id, cwd: folder, title: said[0]?.text.slice(0, 80) ?? '', updatedAt };
      }),
    };
  }

  async #prompt(params: Params): Promise<object> {
    const live = this.#live.get(String(params.sessionId));
    if (live === undefined) throw new Refusal(-32002, 'no such conversation');
    const cancel = new AbortController();
    live.cancel = cancel;
    const { conversation } = live;
    const text = promptText(params.prompt);
    conversation.said.push({ role: 'user', text });
    const turn = new Turn(this, live, speechFor(text), cancel.signal);
    const stopReason = await turn.run(text);
    live.cancel = undefined;
    conversation.said.push({ role: 'agent', text: turn.said });
    conversation.updatedAt = now();
    await this.#memory.save(conversation);
    return { stopReason };
  }

  #update(sessionId: string, sessionUpdate: string, text: string): void {
    const update = { sessionUpdate, content: { type: 'text', text } };
    this.wire.notify('session/update', { sessionId, update });
  }
}

/** One answer: text, and in the first turn of a conversation a permission and a file. */
class Turn {
  said = '';
  readonly #agent: DemoAgent;
  readonly #live: Live;
  readonly #speech: Speech;
  readonly #signal: AbortSignal;

  constructor(agent: DemoAgent, live: Live, speech: Speech, signal: AbortSignal) {
    this.#agent = agent;
    this.#live = live;
    this.#speech = speech;
    this.#signal = signal;
  }

  async run(text: string): Promise<'end_turn' | 'cancelled'> {
    const speech = this.#speech;
    const count = this.#live.conversation.said.filter(({ role }) => role === 'user').length;
    await this.#say(`${speech.greeting}\n\n${speech.heard(text, count)}\n\n`);
    if (!this.#live.asked || /\b(file|write)\b|文件|檔案|ファイル/i.test(text)) await this.#writeFile();
    if (!this.#signal.aborted) await this.#say(`\n\n${speech.how}`);
    return this.#signal.aborted ? 'cancelled' : 'end_turn';
  }

  async #say(text: string): Promise<void> {
    for (const chunk of text.match(/[\s\S]{1,24}/g) ?? []) {
      if (this.#signal.aborted) return;
      this.said += chunk;
      this.#notify({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: chunk } });
      await sleep(PACE_MS);
    }
  }

  async #writeFile(): Promise<void> {
    if (this.#signal.aborted) return;
    this.#live.asked = true;
    const speech = this.#speech;
    await this.#say(speech.asking);
    const path = join(this.#live.conversation.cwd, DEMO_FILE);
    const newText = `Written by the cc-connect demo agent at ${now()}.\n`;
    const toolCall = {
      toolCallId: randomUUID(),
      title: `Write ${DEMO_FILE}`,
      kind: 'edit',
      status: 'pending',
      content: [{ type: 'diff', path, oldText: null, newText }],
      locations: [{ path }],
      rawInput: { path, content: newText },
    };
    this.#notify({ sessionUpdate: 'tool_call', ...toolCall });
    const allowed = await this.#ask(toolCall);
    if (this.#signal.aborted) return;
    const failure = allowed ? await writeFile(path, newText).then(() => undefined, reasonOf) : undefined;
    const status = allowed && failure === undefined ? 'completed' : 'failed';
    this.#notify({ sessionUpdate: 'tool_call_update', toolCallId: toolCall.toolCallId, status });
    const told = !allowed
      ? speech.refused
      : failure === undefined
        ? speech.wrote(DEMO_FILE)
        : speech.failed(failure);
    await this.#say(`\n\n${told}`);
  }

  async #ask(toolCall: object): Promise<boolean> {
    const reply = this.#agent.wire.request('session/request_permission', {
      sessionId: this.#live.conversation.id,
      toolCall,
      options: [
        { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
        { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
      ],
    });
    const cancelled = new Promise<Params>((resolve) => {
      this.#signal.addEventListener('abort', () => resolve({}), { once: true });
    });
    const outcome = asParams((await Promise.race([reply, cancelled])).outcome);
    return outcome.outcome === 'selected' && outcome.optionId === 'allow';
  }

  #notify(update: object): void {
    this.#agent.wire.notify('session/update', { sessionId: this.#live.conversation.id, update });
  }
}

function promptText(blocks: unknown): string {
  if (!Array.isArray(blocks)) return '';
  return blocks
    .map((block: unknown) => asParams(block).text)
    .filter((text) => typeof text === 'string')
    .join('\n');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function now(): string {
  return new Date().toISOString();
}
