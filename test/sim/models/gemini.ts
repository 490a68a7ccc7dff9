import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isScript, parseScript, type Round, type Step } from './script.ts';

interface Part {
  readonly text?: string;
  readonly functionResponse?: { readonly name: string; readonly response: unknown };
  readonly inlineData?: { readonly mimeType: string };
}

interface Content {
  readonly role?: string;
  readonly parts?: readonly Part[];
}

/** One request for an answer, as the model got it. */
export interface GeminiRequest {
  readonly model: string;
  readonly contents: readonly Content[];
  /** Names of the tools on offer. */
  readonly tools: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A scripted Gemini API server on loopback. */
export interface GeminiServer {
  /** To be given as base URL. */
  readonly url: string;
  /** Every streaming request so far; the CLI asks small questions of its own without streaming. */
  readonly requests: readonly GeminiRequest[];
  close(): Promise<void>;
}

interface State {
  readonly requests: GeminiRequest[];
  readonly failedOnce: Set<string>;
  readonly signal: AbortSignal;
}

const USAGE = {
  promptTokenCount: 235,
  candidatesTokenCount: 17,
  totalTokenCount: 252,
  cachedContentTokenCount: 30,
};

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
};

/** Starts the server on a free port; the prompts are the script (see script.ts). */
export async function startGeminiServer(): Promise<GeminiServer> {
  const requests: GeminiRequest[] = [];
  const closing = new AbortController();
  const state = { requests, failedOnce: new Set<string>(), signal: closing.signal };
  const server = createServer((request, response) => {
    handle(request, response, state).catch(() => response.destroy());
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

async function handle(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const body = await readBody(request);
  const [, model = '', method] = /\/models\/([^:/?]+):(\w+)/.exec(request.url ?? '') ?? [];
  if (method === 'countTokens') return json(response, 200, { totalTokens: 100 });
  // Questions of the CLI's own (which model is best, a title for the conversation): they want JSON or one line.
  if (method === 'generateContent') return json(response, 200, answer([{ text: '{}' }], model, 'STOP'));
  if (method !== 'streamGenerateContent') return json(response, 404, {});
  const contents = (body.contents ?? []) as Content[];
  state.requests.push({ model, contents, tools: toolNames(body.tools), headers: request.headers });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, state.signal]);
  const { round, key, images } = currentRound(contents);
  if (round.hangMs > 0) await sleep(round.hangMs, undefined, { signal });
  const once = round.errorOnce !== undefined && !state.failedOnce.has(key) ? round.errorOnce : undefined;
  if (once !== undefined) state.failedOnce.add(key);
  const status = round.error ?? once;
  if (status !== undefined) return fail(response, status);
  const steps = round.steps.map((step) =>
    step.kind === 'images' ? { kind: 'text' as const, text: `images: ${images.join(' ')}` } : step,
  );
  await stream(response, { ...round, steps }, model, signal);
}

function fail(response: ServerResponse, status: number): void {
  const error = {
    code: status,
    message: `scripted failure ${status}`,
    status: STATUS_NAMES[status] ?? 'UNKNOWN',
  };
  json(response, status, { error });
}

/** The script is the last thing the person said; its round follows from the tool results given since. */
function currentRound(contents: readonly Content[]): {
  round: Round;
  key: string;
  images: readonly string[];
} {
  let answers = 0;
  for (let at = contents.length - 1; at >= 0; at--) {
    const { role, parts = [] } = contents[at] ?? {};
    if (role === 'model') continue;
    answers += parts.filter(({ functionResponse }) => functionResponse !== undefined).length;
    const said = parts.flatMap(({ text }) => text ?? []).findLast(isScript);
    if (said === undefined) continue;
    const rounds = parseScript(said);
    let index = 0;
    for (const round of rounds) {
      const calls = round.steps.filter((step) => step.kind === 'tool').length;
      if (calls === 0 || answers < calls || index === rounds.length - 1) break;
      answers -= calls;
      index++;
    }
    const images = parts.flatMap(({ inlineData }) => inlineData?.mimeType ?? []);
    return { round: rounds[index] ?? greeting(), key: `${said}#${index}`, images };
  }
  return { round: greeting(), key: '', images: [] };
}

function greeting(): Round {
  const [round] = parseScript('');
  if (round === undefined) throw new Error('a script has at least one round');
  return round;
}

async function stream(
  response: ServerResponse,
  round: Round,
  model: string,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (parts: readonly object[], finish?: string) =>
    response.write(`data: ${JSON.stringify(answer(parts, model, finish))}\n\n`);
  for (const step of round.steps) {
    const parts = partsOf(step);
    const pauseMs = step.kind === 'text' && round.slowMs > 0 ? round.slowMs / parts.length : 2;
    for (const [at, part] of parts.entries()) {
      if (round.drop && at >= parts.length / 2) {
        response.destroy();
        return;
      }
      send([part]);
      await sleep(pauseMs, undefined, { signal });
    }
  }
  send([{ text: '' }], 'STOP');
  response.end();
}

function partsOf(step: Step): object[] {
  if (step.kind === 'tool') return [{ functionCall: { name: step.name, args: step.input } }];
  if (step.kind === 'images') return [];
  if (step.kind === 'think') return [{ text: `**Thinking**\n${step.text}`, thought: true }];
  return (step.text.match(/[\s\S]{1,10}/gu) ?? ['']).map((text) => ({ text }));
}

function answer(parts: readonly object[], model: string, finish?: string): object {
  const content = { role: 'model', parts };
  const candidate = { content, index: 0, ...(finish === undefined ? {} : { finishReason: finish }) };
  return { candidates: [candidate], usageMetadata: USAGE, modelVersion: model };
}

function toolNames(tools: unknown): string[] {
  const groups = (Array.isArray(tools) ? tools : []) as { functionDeclarations?: { name: string }[] }[];
  return groups.flatMap(({ functionDeclarations }) => (functionDeclarations ?? []).map(({ name }) => name));
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
