import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isScript, parseScript, type Round, type Step } from './script.ts';

type Block = {
  type: string;
  text?: string;
  thinking?: string;
  source?: { media_type?: string };
  [key: string]: unknown;
};
type Message = { role: string; content: string | Block[] };

/** One request as the model got it. */
export interface ModelRequest {
  readonly path: string;
  readonly model: string;
  /** The system prompt, joined. */
  readonly system: string;
  readonly messages: readonly Message[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A scripted Anthropic Messages server on loopback. */
export interface ModelServer {
  readonly url: string;
  /** Every request to /v1/messages so far. */
  readonly requests: readonly ModelRequest[];
  close(): Promise<void>;
}

const USAGE = { input_tokens: 235, cache_creation_input_tokens: 20, cache_read_input_tokens: 30 };
const ERROR_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

/** Starts the server on a free port; the prompts are the script (see script.ts). */
export async function startModelServer(): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const failedOnce = new Set<string>();
  const closing = new AbortController();
  const server = createServer((request, response) => {
    handle(request, response, { requests, failedOnce, signal: closing.signal }).catch(() =>
      response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: async () => {
      closing.abort();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface State {
  readonly requests: ModelRequest[];
  readonly failedOnce: Set<string>;
  readonly signal: AbortSignal;
}

async function handle(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://model').pathname;
  const body = await readBody(request);
  if (request.method !== 'POST' || !path.startsWith('/v1/messages')) {
    response.writeHead(path === '/' ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    return;
  }
  if (path.endsWith('/count_tokens')) {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":235}');
    return;
  }
  const messages = (body.messages ?? []) as Message[];
  state.requests.push({
    path,
    model: String(body.model),
    system: textOf((body.system ?? '') as string | Block[]),
    messages,
    headers: request.headers,
    body,
  });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, state.signal]);
  const { round, key, script } = currentRound(messages);
  if (round.hangMs > 0) await sleep(round.hangMs, undefined, { signal });
  const once = round.errorOnce !== undefined && !state.failedOnce.has(key) ? round.errorOnce : undefined;
  if (once !== undefined) state.failedOnce.add(key);
  const error = round.error ?? once;
  if (error !== undefined) {
    fail(response, error);
    return;
  }
  const steps = round.steps.map((step) => (step.kind === 'images' ? imagesStep(script) : step));
  const model = String(body.model);
  if (body.stream === true) await stream(response, { ...round, steps }, model, signal);
  else answerWhole(response, steps, model);
}

/** The script is the last thing the person said; its round follows from the answers given since. */
function currentRound(messages: readonly Message[]): {
  round: Round;
  key: string;
  script: Message | undefined;
} {
  let answers = 0;
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at];
    if (message === undefined) continue;
    if (message.role === 'assistant') {
      if (typeof message.content !== 'string' && message.content.some((block) => block.type === 'tool_use'))
        answers++;
      continue;
    }
    const said = scriptText(message);
    // Claude Code tells of a message sent in mid-turn under the role `system`; its other such texts are no prompts.
    if (said === undefined || (message.role !== 'user' && !isScript(said))) continue;
    const rounds = parseScript(said);
    const index = Math.min(answers, rounds.length - 1);
    const round = rounds[index] ?? parseScript('')[0];
    if (round !== undefined) return { round, key: `${said}#${index}`, script: message };
  }
  const [greeting] = parseScript('');
  if (greeting === undefined) throw new Error('a script has at least one round');
  return { round: greeting, key: '', script: undefined };
}

/** What the person said in this message: the last script in it, else its last text; undefined for tool results alone. */
function scriptText(message: Message): string | undefined {
  if (typeof message.content === 'string') return message.content;
  const texts = message.content.filter((block) => block.type === 'text').map((block) => block.text ?? '');
  const own = texts.filter((text) => !text.trimStart().startsWith('<system-reminder>') || isScript(text));
  return own.findLast(isScript) ?? own.at(-1);
}

function imagesStep(message: Message | undefined): Step {
  const blocks = message === undefined || typeof message.content === 'string' ? [] : message.content;
  const images = blocks
    .filter((block) => block.type === 'image')
    .map((block) => block.source?.media_type ?? '?');
  return { kind: 'text', text: `images: ${images.length} ${images.join(' ')}`.trim() };
}

async function stream(
  response: ServerResponse,
  round: Round,
  model: string,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'request-id': `req_${randomUUID().slice(0, 8)}`,
  });
  const send = (event: { type: string; [key: string]: unknown }) =>
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  send({ type: 'message_start', message: envelope(model, [], { ...USAGE, output_tokens: 1 }, null) });
  let index = 0;
  for (const step of round.steps) {
    for (const event of startEvents(step, index)) send(event);
    const pieces = piecesOf(step);
    const pauseMs = step.kind === 'text' && round.slowMs > 0 ? round.slowMs / pieces.length : 2;
    for (const [at, piece] of pieces.entries()) {
      if (round.drop && at >= pieces.length / 2) {
        response.destroy();
        return;
      }
      send({ type: 'content_block_delta', index, delta: piece });
      await sleep(pauseMs, undefined, { signal });
    }
    send({ type: 'content_block_stop', index });
    index++;
  }
  send({
    type: 'message_delta',
    delta: { stop_reason: stopReason(round.steps), stop_sequence: null },
    usage: { output_tokens: 17 },
  });
  send({ type: 'message_stop' });
  response.end();
}

function* startEvents(step: Step, index: number): Generator<{ type: string; [key: string]: unknown }> {
  const block = { ...blockOf(step) };
  if (block.type === 'text') block.text = '';
  if (block.type === 'thinking') Object.assign(block, { thinking: '', signature: '' });
  if (block.type === 'tool_use') block.input = {};
  yield { type: 'content_block_start', index, content_block: block };
}

function piecesOf(step: Step): { type: string; [key: string]: unknown }[] {
  if (step.kind === 'tool') return [{ type: 'input_json_delta', partial_json: JSON.stringify(step.input) }];
  if (step.kind === 'images') return [];
  const pieces = step.text.match(/[\s\S]{1,10}/gu) ?? [''];
  if (step.kind === 'text') return pieces.map((text) => ({ type: 'text_delta', text }));
  return [
    ...pieces.map((thinking) => ({ type: 'thinking_delta', thinking })),
    { type: 'signature_delta', signature: 'c2lnbmVk' },
  ];
}

function blockOf(step: Step): Block {
  if (step.kind === 'tool') {
    return {
      type: 'tool_use',
      id: `toolu_${randomUUID().replaceAll('-', '').slice(0, 20)}`,
      name: step.name,
      input: step.input,
    };
  }
  if (step.kind === 'think') return { type: 'thinking', thinking: step.text, signature: 'c2lnbmVk' };
  return { type: 'text', text: step.kind === 'text' ? step.text : '' };
}

function answerWhole(response: ServerResponse, steps: readonly Step[], model: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const usage = { ...USAGE, output_tokens: 17 };
  response.end(JSON.stringify(envelope(model, steps.map(blockOf), usage, stopReason(steps))));
}

function envelope(model: string, content: readonly Block[], usage: object, stop: string | null): object {
  const id = `msg_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: stop,
    stop_sequence: null,
    usage,
  };
}

function stopReason(steps: readonly Step[]): string {
  return steps.some((step) => step.kind === 'tool') ? 'tool_use' : 'end_turn';
}

function fail(response: ServerResponse, status: number): void {
  const error = { type: ERROR_TYPES[status] ?? 'api_error', message: `scripted failure ${status}` };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error }));
}

function textOf(content: string | readonly Block[]): string {
  return typeof content === 'string' ? content : content.map((block) => block.text ?? '').join('\n');
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
