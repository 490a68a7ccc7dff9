import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isScript, parseScript, type Round, type Step } from './script.ts';

interface Part {
  readonly type: string;
  readonly text?: string;
}

/** One message of a request. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: string | readonly Part[] | null;
  readonly tool_calls?: readonly { readonly id: string }[];
}

/** One request as the model got it. */
export interface ChatRequest {
  readonly model: string;
  /** The system and developer messages, joined. */
  readonly system: string;
  readonly messages: readonly ChatMessage[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A scripted OpenAI Chat Completions server on loopback. */
export interface ChatServer {
  /** To be given as base URL: ends in `/v1`. */
  readonly url: string;
  /** Every request to /v1/chat/completions so far. */
  readonly requests: readonly ChatRequest[];
  close(): Promise<void>;
}

interface State {
  readonly requests: ChatRequest[];
  readonly failedOnce: Set<string>;
  readonly signal: AbortSignal;
}

/** The only model that `/v1/models` lists; any name is answered. */
export const CHAT_MODEL = 'scripted-model';

const USAGE = {
  prompt_tokens: 235,
  completion_tokens: 17,
  total_tokens: 252,
  prompt_tokens_details: { cached_tokens: 30 },
};

/** Starts the server on a free port; the prompts are the script (see script.ts). */
export async function startChatServer(): Promise<ChatServer> {
  const requests: ChatRequest[] = [];
  const closing = new AbortController();
  const state = { requests, failedOnce: new Set<string>(), signal: closing.signal };
  const server = createServer((request, response) => {
    handle(request, response, state).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    close: async () => {
      closing.abort();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const body = await readBody(request);
  const path = new URL(request.url ?? '/', 'http://model').pathname;
  if (request.method !== 'POST' || !path.endsWith('/chat/completions')) {
    answerOther(response, path);
    return;
  }
  const messages = (body.messages ?? []) as ChatMessage[];
  const told = messages.filter(({ role }) => role === 'system' || role === 'developer');
  const system = told.flatMap(textsOf).join('\n');
  state.requests.push({ model: String(body.model), system, messages, headers: request.headers, body });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, state.signal]);
  const { round, key, images } = currentRound(messages);
  if (round.hangMs > 0) await sleep(round.hangMs, undefined, { signal });
  const once = round.errorOnce !== undefined && !state.failedOnce.has(key) ? round.errorOnce : undefined;
  if (once !== undefined) state.failedOnce.add(key);
  const status = round.error ?? once;
  if (status !== undefined) {
    const error = { message: `scripted failure ${status}`, type: 'scripted', code: `scripted_${status}` };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    return;
  }
  const steps = round.steps.map((step) =>
    step.kind === 'images' ? { kind: 'text' as const, text: `images: ${images}` } : step,
  );
  const answer = { ...round, steps };
  if (body.stream === true) await stream(response, answer, String(body.model), signal);
  else answerWhole(response, answer, String(body.model));
}

function answerOther(response: ServerResponse, path: string): void {
  const isList = path.endsWith('/models');
  const data = [{ id: CHAT_MODEL, object: 'model', created: 0, owned_by: 'scripted' }];
  response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' });
  response.end(isList ? JSON.stringify({ object: 'list', data }) : '{}');
}

/** The script is the last thing the person said; its round follows from the tool results given since. */
function currentRound(messages: readonly ChatMessage[]): { round: Round; key: string; images: number } {
  let answers = 0;
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at];
    if (message === undefined) continue;
    if (message.role === 'tool') answers++;
    if (message.role !== 'user') continue;
    const texts = textsOf(message);
    const said = texts.findLast(isScript) ?? texts.findLast((text) => !text.trimStart().startsWith('<'));
    if (said === undefined) continue;
    const rounds = parseScript(said);
    let index = 0;
    for (const round of rounds) {
      const calls = round.steps.filter((step) => step.kind === 'tool').length;
      if (calls === 0 || answers < calls || index === rounds.length - 1) break;
      answers -= calls;
      index++;
    }
    const parts = Array.isArray(message.content) ? (message.content as readonly Part[]) : [];
    const images = parts.filter((part) => part.type === 'image_url').length;
    return { round: rounds[index] ?? greeting(), key: `${said}#${index}`, images };
  }
  return { round: greeting(), key: '', images: 0 };
}

function greeting(): Round {
  const [round] = parseScript('');
  if (round === undefined) throw new Error('a script has at least one round');
  return round;
}

function textsOf(message: ChatMessage): string[] {
  if (typeof message.content === 'string') return [message.content];
  return (message.content ?? []).flatMap((part) => (part.text === undefined ? [] : [part.text]));
}

async function stream(
  response: ServerResponse,
  round: Round,
  model: string,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const base = { id: `chatcmpl-${name()}`, object: 'chat.completion.chunk', created: 1, model };
  const send = (delta: object, finish: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
    );
  send({ role: 'assistant', content: '' });
  let call = 0;
  for (const step of round.steps) {
    const deltas = step.kind === 'tool' ? callDeltas(step, call++) : textDeltas(step);
    const pauseMs = step.kind === 'text' && round.slowMs > 0 ? round.slowMs / deltas.length : 2;
    for (const [at, delta] of deltas.entries()) {
      if (round.drop && at >= deltas.length / 2) {
        response.destroy();
        return;
      }
      send(delta);
      await sleep(pauseMs, undefined, { signal });
    }
  }
  send({}, finishReason(round.steps));
  response.write(`data: ${JSON.stringify({ ...base, choices: [], usage: USAGE })}\n\n`);
  response.end('data: [DONE]\n\n');
}

function textDeltas(step: Exclude<Step, { kind: 'tool' }>): object[] {
  const pieces = (step.kind === 'images' ? '' : step.text).match(/[\s\S]{1,10}/gu) ?? [''];
  return pieces.map((piece) => (step.kind === 'think' ? { reasoning_content: piece } : { content: piece }));
}

/** The name comes first, the arguments in two pieces. */
function callDeltas(step: Extract<Step, { kind: 'tool' }>, index: number): object[] {
  const json = JSON.stringify(step.input);
  const middle = Math.ceil(json.length / 2);
  const pieces = [json.slice(0, middle), json.slice(middle)];
  return [
    { index, id: `call_${name()}`, type: 'function', function: { name: step.name, arguments: '' } },
    ...pieces.map((piece) => ({ index, function: { arguments: piece } })),
  ].map((call) => ({ tool_calls: [call] }));
}

function answerWhole(response: ServerResponse, round: Round, model: string): void {
  const said = round.steps.flatMap((step) => (step.kind === 'text' ? [step.text] : []));
  const calls = round.steps.flatMap((step) => {
    const call =
      step.kind === 'tool' ? { name: step.name, arguments: JSON.stringify(step.input) } : undefined;
    return call === undefined ? [] : [{ id: `call_${name()}`, type: 'function', function: call }];
  });
  const message = {
    role: 'assistant',
    content: said.join(''),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  const choices = [{ index: 0, message, finish_reason: finishReason(round.steps) }];
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      id: `chatcmpl-${name()}`,
      object: 'chat.completion',
      created: 1,
      model,
      choices,
      usage: USAGE,
    }),
  );
}

function finishReason(steps: readonly Step[]): string {
  return steps.some((step) => step.kind === 'tool') ? 'tool_calls' : 'stop';
}

function name(): string {
  return randomUUID().replaceAll('-', '').slice(0, 24);
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
