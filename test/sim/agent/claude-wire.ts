import { randomUUID } from 'node:crypto';
import type { ClaudeArguments } from './claude-arguments.ts';

export type Message = Readonly<Record<string, unknown>>;

/** What the CLI says on its stdout. Each method writes one kind of line. */
export class ClaudeWire {
  readonly #session: string;
  readonly #args: ClaudeArguments;
  mode: string;
  model: string;
  #results = 0;
  #cost = 0;

  constructor(session: string, args: ClaudeArguments) {
    this.#session = session;
    this.#args = args;
    this.mode = args.mode;
    this.model = args.model;
  }

  init(): void {
    this.line({
      type: 'system',
      subtype: 'init',
      cwd: process.cwd(),
      model: this.model,
      permissionMode: this.mode,
      tools: ['AskUserQuestion', 'Bash', 'Edit', 'Read', 'Write'],
      mcp_servers: [],
      slash_commands: ['compact'],
      claude_code_version: '2.1.329',
      apiKeySource: 'none',
    });
  }

  lifecycle(uuid: string, state: 'queued' | 'started' | 'completed'): void {
    this.line({ type: 'command_lifecycle', command_uuid: uuid, state });
  }

  replay(uuid: string, content: unknown): void {
    if (!this.#args.replay) return;
    this.line({
      type: 'user',
      message: { role: 'user', content },
      parent_tool_use_id: null,
      uuid,
      isReplay: true,
    });
  }

  /** Streams one text or thinking block and repeats it whole, as the real CLI does. */
  async block(id: string, kind: 'text' | 'thinking', chunks: AsyncIterable<string>): Promise<string> {
    this.#stream({ type: 'message_start', message: this.#message(id, []) }, id);
    this.#stream({ type: 'content_block_start', index: 0, content_block: { type: kind, [kind]: '' } }, id);
    let said = '';
    for await (const chunk of chunks) {
      said += chunk;
      const delta = { type: `${kind}_delta`, [kind]: chunk };
      this.#stream({ type: 'content_block_delta', index: 0, delta }, id);
    }
    this.assistant(id, { type: kind, [kind]: said });
    this.#stream({ type: 'content_block_stop', index: 0 }, id);
    this.#stream(
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } },
      id,
    );
    this.#stream({ type: 'message_stop' }, id);
    return said;
  }

  assistant(id: string, block: object): void {
    this.line({ type: 'assistant', message: this.#message(id, [block]), parent_tool_use_id: null });
  }

  toolResult(toolUseId: string, content: string, isError: boolean): void {
    this.line({
      type: 'user',
      message: {
        role: 'user',
        content: [{ tool_use_id: toolUseId, type: 'tool_result', content, is_error: isError }],
      },
      parent_tool_use_id: null,
      tool_use_result: { stdout: content, stderr: '', interrupted: false, isImage: false },
    });
  }

  apiError(status: number): string {
    const error = status === 401 ? 'authentication_failed' : status === 429 ? 'rate_limit' : 'server_error';
    const text = `API Error: ${status} scripted`;
    this.line({
      type: 'assistant',
      message: { ...this.#message(randomUUID(), [{ type: 'text', text }]), model: '<synthetic>' },
      error,
      is_api_error_message: true,
      parent_tool_use_id: null,
    });
    return text;
  }

  interrupted(): void {
    const content = [{ type: 'text', text: '[Request interrupted by user]' }];
    this.line({ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null });
  }

  result(uuids: readonly string[], fields: object): void {
    this.#cost += 0.001;
    const tokens = { inputTokens: 10, outputTokens: 5, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 };
    this.line({
      stop_reason: 'end_turn',
      total_cost_usd: this.#cost,
      usage: { input_tokens: 10, output_tokens: 5 },
      modelUsage: { [this.model]: { ...tokens, costUSD: this.#cost, contextWindow: 200_000 } },
      permission_denials: [],
      num_turns: 1,
      duration_ms: 1,
      duration_api_ms: 1,
      type: 'result',
      result_index: this.#results++,
      ...(uuids.length > 0 ? { user_message_uuid: uuids[0], user_message_uuids: uuids } : {}),
      ...fields,
    });
  }

  line(message: object): void {
    const full = { ...message, session_id: this.#session };
    process.stdout.write(`${JSON.stringify('uuid' in full ? full : { ...full, uuid: randomUUID() })}\n`);
  }

  /** Control messages carry no session. */
  control(message: object): void {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  }

  #stream(event: object, id: string): void {
    if (!this.#args.partial) return;
    this.line({ type: 'stream_event', event, parent_tool_use_id: null, api_message_id: id });
  }

  #message(id: string, content: readonly object[]): object {
    return {
      id,
      type: 'message',
      role: 'assistant',
      model: this.model,
      content,
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: 10,
        output_tokens: 1,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
      },
    };
  }
}
