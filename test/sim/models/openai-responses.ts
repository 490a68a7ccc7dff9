import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isScript, parseScript, type Round, type Step } from './script.ts';

interface Part {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: string;
}

/** One entry of a request's `input`. */
export interface ResponsesItem {
  readonly type: string;
  readonly role?: string;
  readonly content?: string | readonly Part[];
  readonly output?: unknown;
}

/** One request as the model got it. */
export interface ResponsesRequest {
  readonly model: string;
  readonly instructions: string;
  readonly input: readonly ResponsesItem[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A scripted OpenAI Responses server on loopback. */
export interface ResponsesServer {
  /** To be given as base URL: ends in `/v1`. */
  readonly url: string;
  /** Every request to /v1/responses so far. */
  readonly requests: readonly ResponsesRequest[];
  close(): Promise<void>;
}

interface State {
  readonly requests: ResponsesRequest[];
  readonly failedOnce: Set<string>;
  readonly signal: AbortSignal;
}

/** Starts the server on a free port; the prompts are the script (see script.ts). A tool input `{"__raw": "text"}` makes a free-form call. */
export async function startResponsesServer(): Promise<ResponsesServer> {
  const requests: ResponsesRequest[] = [];
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
  if (request.method !== 'POST' || !path.endsWith('/responses')) {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    return;
  }
  const input = (body.input ?? []) as ResponsesItem[];
  const { model, instructions = '' } = body as { model: string; instructions?: string };
  state.requests.push({ model, instructions, input, headers: request.headers, body });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, state.signal]);
  const { round, key, images } = currentRound(input);
  if (round.hangMs > 0) await sleep(round.hangMs, undefined, { signal });
  const once = round.errorOnce !== undefined && !state.failedOnce.has(key) ? round.errorOnce : undefined;
  if (once !== undefined) state.failedOnce.add(key);
  const status = round.error ?? once;
  if (status !== undefined) {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: `scripted failure ${status}`, type: 'scripted' } }));
    return;
  }
  const steps = round.steps.map((step) =>
    step.kind === 'images' ? { kind: 'text' as const, text: `images: ${images}` } : step,
  );
  await stream(response, { ...round, steps }, signal);
}

/** The script is the last thing the person said; its round follows from the tool results given since. */
function currentRound(input: readonly ResponsesItem[]): { round: Round; key: string; images: number } {
  let answers = 0;
  for (let at = input.length - 1; at >= 0; at--) {
    const item = input[at];
    if (item === undefined) continue;
    if (item.type.endsWith('_call_output')) answers++;
    if (item.type !== 'message' || item.role !== 'user') continue;
    const parts = typeof item.content === 'string' ? [{ type: 'text', text: item.content }] : item.content;
    const texts = (parts ?? []).flatMap((part) => (part.text === undefined ? [] : [part.text]));
    const said = texts.findLast(isScript) ?? texts.findLast((text) => !text.startsWith('<'));
    if (said === undefined) continue;
    const rounds = parseScript(said);
    let index = 0;
    for (const round of rounds) {
      const calls = round.steps.filter((step) => step.kind === 'tool').length;
      if (calls === 0 || answers < calls || index === rounds.length - 1) break;
      answers -= calls;
      index++;
    }
    const images = (parts ?? []).filter((part) => part.type === 'input_image').length;
    return { round: rounds[index] ?? greeting(), key: `${said}#${index}`, images };
  }
  return { round: greeting(), key: '', images: 0 };
}

function greeting(): Round {
  const [round] = parseScript('');
  if (round === undefined) throw new Error('a script has at least one round');
  return round;
}

async function stream(response: ServerResponse, round: Round, signal: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (event: { type: string; [key: string]: unknown }) =>
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  const id = `resp_${name()}`;
  send({ type: 'response.created', response: { id } });
  for (const [index, step] of round.steps.entries()) {
    const { added, done, pieces, delta } = itemOf(step);
    send({ type: 'response.output_item.added', output_index: index, item: added });
    if (delta === 'reasoning_summary_text') {
      const part = { type: 'summary_text', text: '' };
      send({ type: 'response.reasoning_summary_part.added', item_id: added.id, summary_index: 0, part });
    }
    const pauseMs = step.kind === 'text' && round.slowMs > 0 ? round.slowMs / pieces.length : 2;
    for (const [at, piece] of pieces.entries()) {
      if (round.drop && at >= pieces.length / 2) {
        response.destroy();
        return;
      }
      send({
        type: `response.${delta}.delta`,
        item_id: added.id,
        output_index: index,
        content_index: 0,
        summary_index: 0,
        delta: piece,
      });
      await sleep(pauseMs, undefined, { signal });
    }
    send({ type: 'response.output_item.done', output_index: index, item: done });
  }
  const usage = {
    input_tokens: 235,
    input_tokens_details: { cached_tokens: 30 },
    output_tokens: 17,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 252,
  };
  send({ type: 'response.completed', response: { id, usage } });
  response.end();
}

interface Streamed {
  readonly added: Readonly<Record<string, unknown>>;
  readonly done: Readonly<Record<string, unknown>>;
  readonly pieces: readonly string[];
  readonly delta: 'output_text' | 'reasoning_summary_text';
}

function itemOf(step: Step): Streamed {
  if (step.kind === 'tool') return toolItem(step.name, step.input);
  const text = step.kind === 'images' ? '' : step.text;
  const pieces = text.match(/[\s\S]{1,10}/gu) ?? [''];
  if (step.kind === 'think') {
    const base = { type: 'reasoning', id: `rs_${name()}`, encrypted_content: 'c2lnbmVk' };
    const done = { ...base, summary: [{ type: 'summary_text', text }] };
    return { added: { ...base, summary: [] }, done, pieces, delta: 'reasoning_summary_text' };
  }
  const base = { type: 'message', id: `msg_${name()}`, role: 'assistant' };
  const content = [{ type: 'output_text', text, annotations: [] }];
  const done = { ...base, status: 'completed', content };
  return { added: { ...base, status: 'in_progress', content: [] }, done, pieces, delta: 'output_text' };
}

function toolItem(tool: string, input: unknown): Streamed {
  const raw = (input as { __raw?: string } | null)?.__raw;
  const base = { id: `fc_${name()}`, call_id: `call_${name()}`, name: tool, status: 'completed' };
  const item =
    raw === undefined
      ? { ...base, type: 'function_call', arguments: JSON.stringify(input) }
      : { ...base, type: 'custom_tool_call', input: raw };
  return { added: item, done: item, pieces: [], delta: 'output_text' };
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
