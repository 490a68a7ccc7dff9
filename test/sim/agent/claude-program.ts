import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { type ClaudeArguments, parseArguments } from './claude-arguments.ts';
import { ClaudeTranscript } from './claude-transcript.ts';
import { ClaudeTurn, type Queued, type TurnEnd, type TurnHost } from './claude-turn.ts';
import { ClaudeWire, type Message } from './claude-wire.ts';
import { noteInLedger } from './ledger.ts';

/**
 * A scripted stand-in for the Claude Code CLI: the same protocol on stdin and stdout, the same transcript on disk, and
 * the prompt as its script (see script.ts). Use it through the real adapter:
 *
 *   [projects.agent]  type = "claudecode"
 *   [projects.agent.options]  cmd = ["node", "<dist>/test/scripted-agent.js"]
 *
 * Environment (through the option `env`):
 *   CLAUDE_CONFIG_DIR        where the transcripts go
 *   FAKE_LEDGER              file that gets a line for each prompt that starts and ends and each text said (see ledger.ts)
 *   FAKE_EOF=finish | die    what the end of stdin does to a running turn (default finish, as the real CLI)
 *   FAKE_FLUSH=late          nothing on disk before the first answer
 *   FAKE_START_MS            time until it reads its first line
 */
export function runScriptedClaude(argv: readonly string[]): void {
  const args = parseArguments(argv);
  if (args.version) {
    process.stdout.write('2.1.329 (Claude Code)\n');
    return;
  }
  if (args.unknown !== undefined) {
    process.stderr.write(`error: unknown option '${args.unknown}'\n`);
    process.exit(1);
  }
  process.on('SIGTERM', () => process.exit(143));
  // After a kill of the daemon nobody reads any more; the turn goes on and the transcript tells how it ended.
  process.stdout.on('error', () => undefined);
  setTimeout(() => new ScriptedClaude(args).start(), Number(process.env.FAKE_START_MS ?? 0));
}

class ScriptedClaude implements TurnHost {
  readonly wire: ClaudeWire;
  readonly transcript: ClaudeTranscript;
  readonly #args: ClaudeArguments;
  readonly #session: string;
  readonly #queue: Queued[] = [];
  readonly #asked = new Map<string, (answer: Message) => void>();
  readonly #allowed: Set<string>;
  readonly #tasks = new Map<string, NodeJS.Timeout>();
  #turn: ClaudeTurn | undefined;
  #ended = false;

  constructor(args: ClaudeArguments) {
    this.#args = args;
    this.#session = args.resume ?? args.sessionId ?? randomUUID();
    this.#allowed = new Set(args.allowed);
    this.wire = new ClaudeWire(this.#session, args);
    this.transcript = new ClaudeTranscript(this.#session);
  }

  start(): void {
    const { resume } = this.#args;
    if (resume !== undefined && !this.transcript.exists) {
      const error = `No conversation found with session ID: ${resume}`;
      process.stderr.write(`${error}\n`);
      this.wire.result([], { subtype: 'error_during_execution', is_error: true, errors: [error] });
      process.exitCode = 1;
      return;
    }
    const input = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    input.on('line', (line) => this.#receive(line));
    input.on('close', () => this.#eof());
  }

  ask(tool: string, input: object, toolUseId: string): Promise<Message> {
    if (this.#decided(tool) !== undefined)
      return Promise.resolve({ behavior: this.#decided(tool), message: 'denied' });
    const id = randomUUID();
    this.wire.control({
      type: 'control_request',
      request_id: id,
      request: {
        subtype: 'can_use_tool',
        tool_name: tool,
        display_name: tool,
        input,
        permission_suggestions: [
          { type: 'addRules', rules: [{ toolName: tool }], behavior: 'allow', destination: 'session' },
        ],
        tool_use_id: toolUseId,
      },
    });
    return new Promise((resolve) => {
      this.#asked.set(id, (answer) => {
        if (Array.isArray(answer.updatedPermissions)) this.#allowed.add(tool);
        resolve(answer);
      });
    });
  }

  fold(): readonly Queued[] {
    const folded = this.#queue.splice(0);
    for (const prompt of folded) this.#begin(prompt);
    return folded;
  }

  background(ms: number, text: string): void {
    const id = `b${randomUUID().slice(0, 8)}`;
    const timer = setTimeout(() => {
      this.#tasks.delete(id);
      this.wire.line({
        type: 'system',
        subtype: 'task_notification',
        task_id: id,
        status: 'completed',
        summary: text,
      });
      this.#tellTasks();
      void this.#unasked(text);
    }, ms);
    this.#tasks.set(id, timer);
    this.#tellTasks();
    this.wire.line({
      type: 'system',
      subtype: 'task_started',
      task_id: id,
      description: text,
      is_backgrounded: true,
    });
  }

  said(uuid: string, text: string): void {
    noteInLedger({ event: 'said', uuid, text, session: this.#session });
  }

  #tellTasks(): void {
    const tasks = [...this.#tasks.keys()].map((id) => ({
      task_id: id,
      task_type: 'local_bash',
      description: id,
    }));
    this.wire.line({ type: 'system', subtype: 'background_tasks_changed', tasks });
  }

  #decided(tool: string): 'allow' | 'deny' | undefined {
    if (tool === 'AskUserQuestion') return undefined;
    if (this.wire.mode === 'bypassPermissions' || this.#allowed.has(tool)) return 'allow';
    if (this.wire.mode === 'acceptEdits' && /^(Write|Edit)$/.test(tool)) return 'allow';
    return this.wire.mode === 'dontAsk' || !this.#args.asks ? 'deny' : undefined;
  }

  #receive(line: string): void {
    if (line.trim() === '') return;
    let message: Message;
    try {
      message = JSON.parse(line) as Message;
    } catch (error) {
      process.stderr.write(`Error parsing streaming input line: ${String(error)}\n`);
      process.exit(1);
    }
    if (message.type === 'user') this.#prompted(message);
    else if (message.type === 'control_request') this.#controlled(message);
    else if (message.type === 'control_response') this.#answered(message);
  }

  #prompted(message: Message): void {
    const { content } = message.message as { content: unknown };
    const uuid = typeof message.uuid === 'string' ? message.uuid : '';
    this.#queue.push({ uuid, content, text: textOf(content) });
    if (uuid !== '') this.wire.lifecycle(uuid, 'queued');
    this.transcript.note({ type: 'queue-operation', operation: 'enqueue', content: textOf(content) });
    this.#next();
  }

  #next(): void {
    if (this.#turn !== undefined) return;
    const prompt = this.#queue.shift();
    if (prompt !== undefined) void this.#run(prompt);
    else if (this.#ended && this.#tasks.size === 0) process.exit(0);
  }

  async #run(prompt: Queued): Promise<void> {
    const turn = new ClaudeTurn(this, [prompt]);
    this.#turn = turn;
    // A real CLI does not begin in the same instant; this also lets an interrupt overtake.
    await new Promise(setImmediate);
    this.#begin(prompt, () => this.wire.init());
    this.#end(turn, await turn.run());
  }

  async #unasked(text: string): Promise<void> {
    if (this.#turn !== undefined) return;
    const turn = new ClaudeTurn(this, []);
    this.#turn = turn;
    this.wire.init();
    const end = await turn.run(text);
    this.#end(turn, end, { origin: { kind: 'task-notification' } });
  }

  #begin({ uuid, text, content }: Queued, init?: () => void): void {
    noteInLedger({ event: 'start', uuid, text, session: this.#session });
    this.transcript.user(uuid || randomUUID(), content);
    if (uuid !== '') this.wire.lifecycle(uuid, 'started');
    init?.();
    if (uuid !== '') this.wire.replay(uuid, content);
  }

  #end(turn: ClaudeTurn, end: TurnEnd, extra: object = {}): void {
    const uuids = turn.prompts.map(({ uuid }) => uuid).filter((uuid) => uuid !== '');
    for (const uuid of uuids) {
      noteInLedger({ event: 'end', uuid, state: end.state, session: this.#session });
      this.wire.lifecycle(uuid, 'completed');
    }
    if (end.state === 'interrupted') {
      this.wire.interrupted();
      this.transcript.user(randomUUID(), [{ type: 'text', text: '[Request interrupted by user]' }]);
      const fields = {
        subtype: 'error_during_execution',
        is_error: true,
        terminal_reason: 'aborted_streaming',
      };
      this.wire.result(uuids, { ...fields, errors: ['[ede_diagnostic] scripted'], ...extra });
    } else {
      const failed = end.state === 'error';
      const reason = failed
        ? { terminal_reason: 'api_error', api_error_status: end.status }
        : { terminal_reason: 'completed' };
      this.wire.result(uuids, {
        subtype: 'success',
        is_error: failed,
        result: end.text,
        ...reason,
        ...extra,
      });
    }
    for (const id of this.#asked.keys())
      this.wire.control({ type: 'control_cancel_request', request_id: id });
    this.#asked.clear();
    this.#turn = undefined;
    this.#next();
  }

  #controlled(message: Message): void {
    const request = message.request as Message;
    const reply = this.#control(request);
    const id = message.request_id;
    const response =
      typeof reply === 'string'
        ? { subtype: 'error', request_id: id, error: reply }
        : { subtype: 'success', request_id: id, response: reply };
    this.wire.control({ type: 'control_response', response });
    if (request.subtype === 'interrupt') this.#turn?.interrupt();
  }

  /** The reply's body, or the text of a refusal. */
  #control(request: Message): object | string {
    switch (request.subtype) {
      case 'initialize':
        return {
          commands: [{ name: 'compact', description: 'Compact the conversation', argumentHint: '' }],
          models: [
            { value: 'default', displayName: 'Default' },
            { value: 'scripted-model', displayName: 'Scripted' },
          ],
          account: {},
          pid: process.pid,
        };
      case 'interrupt':
        return { still_queued: [] };
      case 'set_model':
        this.wire.model = typeof request.model === 'string' ? request.model : 'scripted-model';
        return { model: this.wire.model };
      case 'set_permission_mode':
        if (request.mode === 'bypassPermissions') return 'bypass_not_launched';
        this.wire.mode = String(request.mode);
        this.wire.line({ type: 'system', subtype: 'status', status: null, permissionMode: this.wire.mode });
        return { mode: this.wire.mode };
      default:
        return `Unsupported control request subtype: ${String(request.subtype)}`;
    }
  }

  #answered(message: Message): void {
    const response = message.response as Message;
    const id = String(response.request_id);
    const answer = response.response as Message | undefined;
    this.#asked.get(id)?.(answer ?? { behavior: 'deny', message: String(response.error ?? 'no answer') });
    this.#asked.delete(id);
  }

  #eof(): void {
    this.#ended = true;
    if (process.env.FAKE_EOF === 'die') process.exit(1);
    // Nobody is left to answer.
    for (const answer of this.#asked.values()) answer({ behavior: 'deny', message: 'Stream closed' });
    this.#asked.clear();
    this.#next();
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block: { text?: unknown }) => (typeof block.text === 'string' ? block.text : ''))
    .filter((text) => text !== '')
    .join('\n');
}
