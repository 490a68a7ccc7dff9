// A stand-in for pi: `--mode rpc` and `--mode json`.
// The prompt is its script, one directive per line:
//   say TEXT · ask (one permission) · hang (until aborted) · garbage · huge BYTES · die · fail TEXT
//   child (a sleeping process in a group of its own; its pid is said, with a full stop) · raw JSON (a line as it is)
//   hold (dies while a child holds its output open) · vanish (exits with 0) · complain (exits with 3 after a word on
//   stderr) · digest as the last line (the hash of the whole prompt is said)
//   deaf (takes no more input, works on a while, then complains) · late (goes on without heeding an abort) · echo (says argv and what the companion was told)
// Environment: FAKE_START_MS delays the first answer, FAKE_START_EXIT ends the program instead with that text,
// FAKE_NO_COMPANION=1 knows no commands of ours, FAKE_REFUSE=TEXT refuses prompts.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const args = process.argv.slice(2);
const SESSION = '01a1fc9d-efa9-725d-ace9-9a5f6c7ce8d8';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const model = (id) => ({ id, name: `The ${id}`, provider: 'fake', reasoning: true, contextWindow: 1000 });

let abort = () => undefined;
let aborted = false;
let streaming = false;
const dialogs = new Map();

if (process.env.FAKE_START_EXIT) {
  process.stderr.write(`${process.env.FAKE_START_EXIT}\n`);
  process.exit(1);
}
await sleep(Number(process.env.FAKE_START_MS ?? 0));
if (args.includes('--version')) process.stderr.write('0.74.2\n');
else if (args.includes('--list-models'))
  process.stdout.write(process.env.FAKE_MODELS ?? 'No models available\n');
else if (args.includes('json')) await runJson();
else serve();

async function runJson() {
  let prompt = '';
  for await (const chunk of process.stdin) prompt += chunk;
  write({ type: 'session', version: 3, id: SESSION, cwd: process.cwd() });
  await runAgent(prompt);
}

async function runAgent(prompt) {
  aborted = false;
  streaming = true;
  const stopped = new Promise((resolve) => {
    abort = () => {
      aborted = true;
      resolve();
    };
  });
  write({ type: 'agent_start' });
  write({ type: 'turn_start' });
  const content = [];
  const say = (text) => {
    content.push({ type: 'text', text });
    const contentIndex = content.length - 1;
    const tell = (event) =>
      write({ type: 'message_update', assistantMessageEvent: { contentIndex, ...event } });
    tell({ type: 'text_start' });
    tell({ type: 'text_delta', delta: text });
    tell({ type: 'text_end', content: text });
  };
  write({ type: 'message_start', message: { role: 'assistant', content: [] } });
  let errorMessage;
  for (const directive of stepsOf(prompt)) {
    const [name, ...rest] = directive.split(' ');
    const text = rest.join(' ');
    if (aborted) break;
    if (name === 'say') say(text);
    else if (name === 'hang') {
      content.length === 0 && say('wait');
      await Promise.race([stopped, sleep(300_000)]);
    } else if (name === 'late') await sleep(300_000);
    else if (name === 'garbage') garbage();
    else if (name === 'huge') say('x'.repeat(Number(text)));
    else if (name === 'child') say(`${childProcess()}.`);
    else if (['die', 'hold', 'complain', 'vanish'].includes(name)) leave(name);
    else if (name === 'deaf') {
      await sleep(200);
      leave('complain');
    } else if (name === 'fail') errorMessage = text;
    else if (name === 'raw') write(JSON.parse(text));
    else if (name === 'echo') say(JSON.stringify({ args, told: JSON.parse(process.env.CC_CONNECT_PI) }));
    else if (name === 'ask') await Promise.race([stopped, askOnce(say)]);
  }
  const stopReason = aborted ? 'aborted' : errorMessage === undefined ? 'stop' : 'error';
  const usage = { input: 10, output: 5, cacheRead: 1, cacheWrite: 2, totalTokens: 18, cost: { total: 0.5 } };
  write({ type: 'message_end', message: { role: 'assistant', content, stopReason, errorMessage, usage } });
  streaming = false;
  write({ type: 'agent_end', messages: [] });
}

async function askOnce(say) {
  const call = { toolCallId: 't1', toolName: 'bash', args: { command: 'make' } };
  write({ type: 'tool_execution_start', ...call });
  const asked = { tool: 'bash', id: 't1', input: call.args };
  const title = 'cc-connect:permission';
  write({
    type: 'extension_ui_request',
    id: 'd1',
    method: 'input',
    title,
    placeholder: JSON.stringify(asked),
  });
  const answer = await new Promise((resolve) => dialogs.set('d1', resolve));
  const isError = answer.value !== 'allow';
  const result = { content: [{ type: 'text', text: isError ? 'no' : 'made' }] };
  write({ type: 'tool_execution_end', toolCallId: 't1', toolName: 'bash', result, isError });
  say(`answer: ${answer.value}`);
}

function stepsOf(prompt) {
  if (!prompt.endsWith('\ndigest')) return prompt.split('\n');
  return [`say ${createHash('sha256').update(prompt).digest('hex')}`];
}

function leave(how) {
  if (how === 'hold') spawn('sleep', ['300'], { detached: true, stdio: 'inherit' });
  if (how === 'complain') process.stderr.write('the reason why\n');
  if (how === 'die' || how === 'hold') process.kill(process.pid, 'SIGKILL');
  else process.exit(how === 'complain' ? 3 : 0);
}

function childProcess() {
  const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
  child.unref();
  return child.pid;
}

function garbage() {
  process.stdout.write('no json at all\n[1,2,3]\n"text"\n{"id":\n');
  process.stdout.write(Buffer.from('{"type":"x\xff\xfe"}\n', 'latin1'));
  write({ type: 'message_update', assistantMessageEvent: null });
  write({ type: 'message_end' });
  write({ type: 'never_heard', message: { role: 'assistant' } });
  write({ type: 'response', command: 'never_asked', success: false, error: 'x' });
  write({ type: 'tool_execution_end', toolCallId: 7 });
  write({ type: 'extension_ui_request', id: 's', method: 'setStatus', statusText: 'x' });
}

function serve() {
  let current = model('first');
  let pending = 0;
  const commands = process.env.FAKE_NO_COMPANION
    ? []
    : ['cc-connect-mode', 'cc-connect-prompt', 'own'].map((name) => ({ name, description: `does ${name}` }));
  const answers = {
    get_state: () => {
      const state = { model: current, thinkingLevel: 'medium', isStreaming: streaming, sessionId: SESSION };
      const left = pending;
      pending = 0;
      return { ...state, pendingMessageCount: left };
    },
    get_commands: () => ({ commands }),
    get_available_models: () => ({ models: [model('first'), model('second')] }),
    set_model: ({ modelId }) => {
      current = model(modelId);
      return current;
    },
    set_thinking_level: ({ level }) => write({ type: 'thinking_level_changed', level }),
    steer: ({ message }) => {
      if (message.startsWith('/')) throw new Error('not a message');
      pending = message === 'too late' ? 1 : 0;
    },
    abort: () => abort(),
    compact: () => {
      throw new Error('Nothing to compact (session too small)');
    },
    prompt: ({ message }) => {
      if (message.startsWith('/')) return process.stderr.write(`${message}\n`);
      if (process.env.FAKE_REFUSE) throw new Error(process.env.FAKE_REFUSE);
      setImmediate(() => void runAgent(message));
      streaming = true;
    },
  };
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (text) => {
    const command = JSON.parse(text);
    if (command.type === 'extension_ui_response') {
      dialogs.get(command.id)?.(command);
      dialogs.delete(command.id);
      return;
    }
    const reply = { id: command.id, type: 'response', command: command.type };
    // Closed before the answer: whoever asks on account of it finds it so.
    if (command.type === 'prompt' && command.message === 'deaf') {
      process.stdin.once('close', () => {
        closeSync(0); // Node leaves it open
        write({ ...reply, success: true });
        void runAgent('deaf');
      });
      process.stdin.destroy();
      return;
    }
    try {
      const data = answers[command.type]?.(command);
      write({ ...reply, success: true, ...(typeof data === 'object' ? { data } : {}) });
    } catch (error) {
      write({ ...reply, success: false, error: error.message });
    }
  });
  process.stdin.on('end', () => process.exit(0));
}
