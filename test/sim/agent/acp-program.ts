/**
 * A scripted agent that speaks the Agent Client Protocol on its stdio; the prompt is the script (see script.ts).
 * What else it understands as a prompt line: `read: PATH` and `write: PATH` (by the client's file methods, told in the
 * answer), `stop: REASON` (the stop reason of the reply), `rpc-error: CODE MESSAGE`, `late: TEXT` (text half a second
 * after the turn), `blocks` (answers with the content blocks it was given), `withdraw` (asks, then takes it back),
 * `garbage` (lines that are no messages), `hold` (dies while a child holds its output open), `vanish` (exits with 0),
 * `complain` (exits with 3 after a word on stderr), `digest` as the last line (says the hash of the whole prompt). `spawn-child` also says the child's pid and a full stop.
 *
 * Environment: FAKE_NO_ECHO, FAKE_START_MS, FAKE_STAYS (ignores the end of its input), FAKE_KEY_LOGIN (a login by a variable),
 * FAKE_LIST (lists, resumes and deletes), FAKE_NO_LOAD, FAKE_AUTH (needs `authenticate`), FAKE_DIE_ON=method, FAKE_SESSIONS (folder that remembers
 * which sessions exist).
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentWire, asParams, type Params, Refusal } from '../../../src/agents/demo/wire.ts';
import { noteInLedger } from './ledger.ts';
import { echoOf, parseScript, type Step } from './script.ts';

const folder = process.env.FAKE_SESSIONS;
const cancels = new Map<string, AbortController>();
let loggedIn = process.env.FAKE_AUTH === undefined;
let mode = 'ask';

const CONFIG = (model: string) => [
  {
    id: 'model',
    category: 'model',
    type: 'select',
    currentValue: model,
    options: [
      {
        group: 'all',
        options: [
          { value: 'small', name: 'Small' },
          { value: 'large', name: 'Large' },
        ],
      },
    ],
  },
];
const KEY_LOGIN = { type: 'env_var', vars: [{ name: 'FAKE_API_KEY' }] };
const MODES = [
  { id: 'ask', name: 'Ask first', description: 'Asks' },
  { id: 'https://example.org/modes#yolo', name: 'YOLO', description: 'Never asks' },
];

function handle(method: string, run: (params: Params) => unknown) {
  return (params: Params) => {
    if (process.env.FAKE_DIE_ON === method) {
      process.stderr.write(`cannot go on: ${process.env.FAKE_API_KEY ?? 'no reason'}\n`);
      process.exit(7);
    }
    return run(params);
  };
}

function settings(): object {
  return { modes: { currentModeId: mode, availableModes: MODES }, configOptions: CONFIG('small') };
}

const wire = new AgentWire(process.stdout, {
  initialize: handle('initialize', () => ({
    protocolVersion: 1,
    agentCapabilities: {
      loadSession: process.env.FAKE_NO_LOAD === undefined,
      promptCapabilities: { image: process.env.FAKE_IMAGES !== undefined },
      ...(process.env.FAKE_LIST === undefined ? {} : { sessionCapabilities: { list: {}, delete: {} } }),
    },
    agentInfo: { name: 'scripted', version: '1.2.3' },
    authMethods: [
      { id: 'key', name: 'API key', ...(process.env.FAKE_KEY_LOGIN === undefined ? {} : KEY_LOGIN) },
    ],
  })),
  authenticate: (params) => {
    if (params.methodId !== 'key') throw new Refusal(-32602, 'unknown method');
    loggedIn = true;
    return {};
  },
  'session/new': handle('session/new', () => {
    if (!loggedIn) throw new Refusal(-32000, 'Authentication required');
    const sessionId = randomUUID();
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, sessionId), '');
    }
    return { sessionId, ...settings() };
  }),
  'session/load': (params) => {
    const sessionId = String(params.sessionId);
    if (folder === undefined || !existsSync(join(folder, sessionId)))
      throw new Refusal(-32602, 'no such session');
    say(sessionId, 'something of the past');
    // As some agents do: the rest of the past comes after the reply.
    setTimeout(() => say(sessionId, 'more of the past'), 50);
    return settings();
  },
  'session/list': () => ({
    sessions: readdirSync(folder ?? '.').map((sessionId) => ({
      sessionId,
      cwd: process.cwd(),
      title: 'a conversation',
      updatedAt: '2026-01-02T03:04:05Z',
    })),
  }),
  'session/delete': (params) => {
    rmSync(join(folder ?? '.', String(params.sessionId)));
    return {};
  },
  'session/set_mode': (params) => {
    mode = String(params.modeId);
    return {};
  },
  'session/set_config_option': (params) => ({ configOptions: CONFIG(String(params.value)) }),
  'session/cancel': (params) => cancels.get(String(params.sessionId))?.abort(),
  'session/prompt': handle('session/prompt', (params) => prompt(params)),
});

async function prompt(params: Params): Promise<object> {
  const session = String(params.sessionId);
  const cancel = new AbortController();
  cancels.set(session, cancel);
  const text = words(params.prompt);
  noteInLedger({ event: 'start', uuid: '', text, session });
  if (text.endsWith('\ndigest')) {
    say(session, createHash('sha256').update(text).digest('hex'));
    return { stopReason: 'end_turn' };
  }
  try {
    for (const step of parseScript(text)) await play(session, step, cancel.signal);
    const stop = await special(session, text, params.prompt);
    const silent = process.env.FAKE_NO_ECHO !== undefined || text.startsWith('failure:');
    if (!cancel.signal.aborted && !silent) say(session, echoOf(text));
    noteInLedger({ event: 'end', uuid: '', state: 'ok', session });
    return { stopReason: cancel.signal.aborted ? 'cancelled' : stop };
  } catch (error) {
    if (!cancel.signal.aborted) throw error;
    noteInLedger({ event: 'end', uuid: '', state: 'interrupted', session });
    return { stopReason: 'cancelled' };
  }
}

async function play(session: string, step: Step, signal: AbortSignal): Promise<void> {
  switch (step.do) {
    case 'say':
      return say(session, step.text);
    case 'think':
      return update(session, {
        sessionUpdate: 'agent_thought_chunk',
        content: { type: 'text', text: step.text },
      });
    case 'big':
      return say(session, 'x'.repeat(step.chars));
    case 'stream':
      for (let at = 1; at <= step.chunks; at++) {
        if (step.everyMs > 0) await sleep(step.everyMs, undefined, { signal });
        say(session, `chunk ${at} `);
      }
      return;
    case 'tool':
    case 'ask':
      return tool(session, step, signal);
    case 'slow':
      return sleep(step.ms, undefined, { signal });
    case 'hang':
      return sleep(2 ** 31 - 1, undefined, { signal });
    case 'crash':
      return process.exit(step.code);
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return sleep(60_000);
    case 'spawn-child': {
      const child = spawn('sleep', [String(step.seconds)], { detached: true, stdio: 'ignore' });
      child.unref();
      return say(session, `${child.pid}.`);
    }
    case 'error':
      throw new Refusal(step.status, `{"error":{"message":"scripted ${step.status}"}}`);
    default:
      throw new Error(`unknown step ${step.do}`);
  }
}

async function tool(
  session: string,
  step: Extract<Step, { name: string }>,
  signal: AbortSignal,
): Promise<void> {
  const toolCallId = randomUUID();
  const call = { toolCallId, title: step.name, name: step.name, kind: 'execute', rawInput: step.input };
  update(session, { sessionUpdate: 'tool_call', status: 'pending', ...call });
  let allowed = true;
  if (step.do === 'ask' && mode === 'ask') {
    const options = [
      { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
      { optionId: 'always', name: 'Yes, always', kind: 'allow_always' },
      { optionId: 'no', name: 'No', kind: 'reject_once' },
    ];
    const reply = await wire.request('session/request_permission', {
      sessionId: session,
      toolCall: call,
      options,
    });
    signal.throwIfAborted();
    const chosen = asParams(reply.outcome).optionId;
    allowed = chosen === 'yes' || chosen === 'always';
    say(session, allowed ? 'allowed ' : 'denied ');
  }
  const status = allowed ? 'completed' : 'failed';
  update(session, { sessionUpdate: 'tool_call_update', toolCallId, status, rawOutput: `ran ${step.name}` });
}

async function special(session: string, text: string, blocks: unknown): Promise<string> {
  let stop = 'end_turn';
  for (const line of text.split(/\n|\s;;\s/)) {
    const [, word = '', rest = ''] = /^\s*([\w-]+):?\s*(.*)$/.exec(line) ?? [];
    if (word === 'stop') stop = rest;
    if (word === 'blocks') say(session, JSON.stringify(blocks));
    if (word === 'late') setTimeout(() => say(session, rest), 500);
    if (word === 'withdraw') withdraw(session);
    if (word === 'garbage') garbage(session);
    if (word === 'hold') {
      spawn('sleep', ['300'], { detached: true, stdio: 'inherit' });
      process.kill(process.pid, 'SIGKILL');
    }
    if (word === 'vanish') process.exit(0);
    if (word === 'complain') {
      process.stderr.write('the reason why\n');
      process.exit(3);
    }
    if (word === 'terminal') await terminal(session, { command: rest });
    if (word === 'terminal-at') await terminal(session, { command: 'pwd', cwd: rest });
    if (word === 'terminal-left')
      await wire.request('terminal/create', { sessionId: session, command: rest });
    if (word === 'form') say(session, JSON.stringify(await wire.request('elicitation/create', FORM)));
    if (word === 'failure') say(session, rest);
    if (word === 'picture') {
      const content = { type: 'image', mimeType: 'image/png', data: 'cG5n' };
      update(session, { sessionUpdate: 'agent_message_chunk', content });
    }
    if (word === 'read') {
      say(
        session,
        JSON.stringify(await wire.request('fs/read_text_file', { sessionId: session, path: rest })),
      );
    }
    if (word === 'write') {
      const params = { sessionId: session, path: rest, content: 'by the agent' };
      say(session, JSON.stringify(await wire.request('fs/write_text_file', params)));
    }
    if (word === 'rpc-error') {
      const [code = '', ...message] = rest.split(' ');
      throw new Refusal(Number(code), message.join(' '));
    }
  }
  return stop;
}

const FORM = {
  mode: 'form',
  message: 'Please answer.',
  requestedSchema: {
    type: 'object',
    properties: {
      colour: {
        type: 'string',
        title: 'Colour',
        oneOf: [
          { const: 'r', title: 'Red' },
          { const: 'blue', title: 'blue — cold' },
        ],
      },
      colour_custom: { type: 'string', title: 'Other' },
      sizes: {
        type: 'array',
        items: {
          anyOf: [
            { const: 's', title: 'Small' },
            { const: 'l', title: 'Large' },
          ],
        },
      },
    },
  },
};

/** Runs a command by the client and shows it as a tool call. */
async function terminal(session: string, params: object): Promise<void> {
  const toolCallId = randomUUID();
  const call = { toolCallId, title: 'run', kind: 'execute', rawInput: params };
  const { terminalId } = asParams(await wire.request('terminal/create', { sessionId: session, ...params }));
  if (terminalId === undefined) return say(session, 'refused');
  const content = [{ type: 'terminal', terminalId }];
  update(session, { sessionUpdate: 'tool_call', status: 'in_progress', content, ...call });
  const ask = (method: string) => wire.request(`terminal/${method}`, { sessionId: session, terminalId });
  const exit = await ask('wait_for_exit');
  say(session, JSON.stringify({ exit, said: await ask('output') }));
  await ask('release');
  update(session, { sessionUpdate: 'tool_call_update', toolCallId, status: 'completed' });
}

/** Asks for something and takes it back a moment later; request ids of the wire count from 0. */
function withdraw(session: string): void {
  const options = [{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }];
  void wire.request('session/request_permission', {
    sessionId: session,
    toolCall: { toolCallId: 'w' },
    options,
  });
  wire.notify('$/cancel_request', { requestId: 0 });
}

function garbage(session: string): void {
  process.stdout.write('no json\n{"half":\n[1,2]\n"text"\nnull\n\n');
  process.stdout.write(Buffer.from([0x7b, 0xff, 0xfe, 0x80, 0x0a]));
  process.stdout.write('{"jsonrpc":"2.0"}\n{"jsonrpc":"2.0","method":"session/update"}\n');
  process.stdout.write(
    '{"jsonrpc":"2.0","id":9999,"result":{}}\n{"jsonrpc":"2.0","method":"_x/unknown","params":1}\n',
  );
  update(session, { sessionUpdate: 'of_tomorrow', content: 'new' });
  wire.notify('session/update', {
    sessionId: session,
    update: { sessionUpdate: 'agent_message_chunk', content: 7 },
  });
}

function say(sessionId: string, text: string): void {
  update(sessionId, { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
}

function update(sessionId: string, body: object): void {
  wire.notify('session/update', { sessionId, update: body });
}

function words(blocks: unknown): string {
  return Array.isArray(blocks) ? blocks.map((block) => asParams(block).text ?? '').join('') : '';
}

setTimeout(
  () =>
    void wire.serve(process.stdin).then(() => {
      if (process.env.FAKE_STAYS === undefined) process.exit(0);
      else setInterval(() => undefined, 60_000);
    }),
  Number(process.env.FAKE_START_MS ?? 0),
);
