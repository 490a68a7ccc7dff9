// A stand-in for the Claude Code CLI that speaks its stream-json protocol on stdin and stdout.
// The prompt is its script, one directive per line:
//   say TEXT · ask (one permission) · hang (until interrupted) · garbage · huge BYTES · die · child (a sleeping process
//   in a group of its own; its pid is said, with a full stop) · raw JSON (a line as it is) · bytes HEX (stdout bytes as they are)
//   hold (a sleeping process that keeps our output open) · vanish (exits with 0) · complain (exits with 3 after a word
//   on stderr) · digest as the last line (the hash of the whole prompt is said)
//   demand (a control request nobody knows; its answer is said)
// Environment: FAKE_START_MS delays the first answer, FAKE_START_EXIT ends the program instead, FAKE_OLD=1 leaves out
// the lifecycle lines as older versions do, FAKE_DEAF=1 never takes a prompt, FAKE_STUBBORN=1 ignores interrupts.
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';

const sessionId = process.argv.includes('--resume')
  ? process.argv[process.argv.indexOf('--resume') + 1]
  : '5e551011-0000-4000-8000-000000000001';
const old = process.env.FAKE_OLD === '1';
const queue = [];
let running;
let ended = false;

const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

if (process.env.FAKE_START_EXIT) {
  process.stderr.write(`${process.env.FAKE_START_EXIT}\n`);
  process.exit(1);
}

let buffer = '';
process.stdin.on('data', (chunk) => {
  buffer += chunk;
  const lines = buffer.split('\n');
  buffer = lines.pop();
  for (const line of lines) read(JSON.parse(line));
});
process.stdin.on('end', () => {
  ended = true;
  for (const finish of approvals.values()) finish({ behavior: 'deny', message: 'stream closed' });
  leave();
});
const approvals = new Map();

function leave() {
  if (ended && running === undefined && queue.length === 0) process.exit(0);
}

async function read(line) {
  if (line.type === 'control_request') return control(line);
  if (line.type === 'control_response')
    return approvals.get(line.response.request_id)?.(line.response.response ?? line.response);
  if (line.type !== 'user' || process.env.FAKE_DEAF === '1') return;
  if (!old) lifecycle(line.uuid, 'queued');
  queue.push(line);
  if (running === undefined) await work();
}

async function control({ request_id, request }) {
  if (request.subtype === 'initialize') await sleep(Number(process.env.FAKE_START_MS ?? 0));
  const models = [{ value: 'default', displayName: 'Default' }];
  const reply =
    request.subtype === 'initialize' ? { commands: [{ name: 'compact', description: '' }], models } : {};
  if (request.subtype === 'set_permission_mode') reply.mode = request.mode;
  if (request.subtype === 'set_model') reply.model = request.model ?? 'fake-1';
  write({ type: 'control_response', response: { subtype: 'success', request_id, response: reply } });
  if (request.subtype === 'interrupt' && process.env.FAKE_STUBBORN !== '1') running?.interrupt();
}

function lifecycle(uuid, state) {
  write({ type: 'command_lifecycle', command_uuid: uuid, state, session_id: sessionId });
}

async function work() {
  while (queue.length > 0) {
    const line = queue.shift();
    let interrupt;
    const interrupted = new Promise((resolve) => {
      interrupt = () => resolve('interrupted');
    });
    running = { interrupt };
    if (!old) lifecycle(line.uuid, 'started');
    write({
      type: 'system',
      subtype: 'init',
      session_id: sessionId,
      model: 'fake-1',
      permissionMode: 'default',
    });
    write({ type: 'user', message: line.message, uuid: line.uuid, isReplay: true, session_id: sessionId });
    const said = [];
    let stopped = false;
    for (const step of stepsOf(String(line.message.content))) {
      const outcome = await Promise.race([perform(step, said), interrupted]);
      stopped = outcome === 'interrupted';
      if (stopped) break;
    }
    for (const id of approvals.keys()) write({ type: 'control_cancel_request', request_id: id });
    approvals.clear();
    running = undefined;
    const shared = {
      type: 'result',
      session_id: sessionId,
      total_cost_usd: 0.01,
      usage: { input_tokens: 1 },
    };
    if (stopped) {
      const subtype = 'error_during_execution';
      write({
        ...shared,
        subtype,
        is_error: true,
        terminal_reason: 'aborted_streaming',
        errors: ['[ede_diagnostic] x'],
      });
    } else
      write({
        ...shared,
        subtype: 'success',
        is_error: false,
        result: said.join('\n'),
        terminal_reason: 'completed',
      });
  }
  leave();
}

function stepsOf(prompt) {
  if (!prompt.endsWith('\ndigest')) return prompt.split('\n');
  return [`say ${createHash('sha256').update(prompt).digest('hex')}`];
}

async function perform(step, said) {
  const [verb, ...words] = step.split(' ');
  const rest = words.join(' ');
  if (verb === 'say') return say(rest, said);
  if (verb === 'ask') return ask(said);
  if (verb === 'demand') return demand(said);
  if (verb.startsWith('[image:')) return say(step, said);
  if (verb === 'hang') return new Promise(() => {});
  if (verb === 'huge') return say('x'.repeat(Number(rest)), said);
  if (verb === 'raw') return void process.stdout.write(`${rest}\n`);
  if (verb === 'bytes') return void process.stdout.write(Buffer.from(rest, 'hex'));
  if (verb === 'die') process.kill(process.pid, 'SIGKILL');
  if (verb === 'hold') spawn('sleep', ['300'], { detached: true, stdio: 'inherit' });
  if (verb === 'vanish') process.exit(0);
  if (verb === 'complain') {
    process.stderr.write('the reason why\n');
    process.exit(3);
  }
  if (verb === 'garbage') {
    process.stdout.write(
      'plain words\n{"type":"assistant","message":{"content":[{"type":"te\n[1,2]\n"text"\nnull\n\n',
    );
    process.stdout.write(Buffer.from([0xff, 0xfe, 0x80, 0x0a]));
    write({ type: 'result_of_nothing' });
    write({ type: 'assistant' });
    write({ type: 'stream_event', event: { type: 'content_block_delta', index: 9, delta: null } });
    return;
  }
  if (verb === 'child') {
    const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    await say(`${child.pid}.`, said);
  }
}

async function say(words, said) {
  said.push(words);
  const id = `msg_${randomUUID()}`;
  const event = (body) =>
    write({ type: 'stream_event', event: body, session_id: sessionId, parent_tool_use_id: null });
  event({ type: 'message_start', message: { id, model: 'fake-1', usage: { input_tokens: 1 } } });
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
  const half = Math.ceil(words.length / 2);
  for (const text of [words.slice(0, half), words.slice(half)]) {
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
  }
  write({
    type: 'assistant',
    message: { id, model: 'fake-1', content: [{ type: 'text', text: words }] },
    session_id: sessionId,
  });
  event({ type: 'content_block_stop', index: 0 });
  await sleep(1);
}

async function demand(said) {
  const request_id = randomUUID();
  write({ type: 'control_request', request_id, request: { subtype: 'hook_callback' } });
  const answer = await new Promise((resolve) => approvals.set(request_id, resolve));
  approvals.delete(request_id);
  await say(answer.error, said);
}

async function ask(said) {
  const request_id = randomUUID();
  const input = { command: 'touch made' };
  write({
    type: 'control_request',
    request_id,
    request: {
      subtype: 'can_use_tool',
      tool_name: 'Bash',
      input,
      permission_suggestions: [],
      tool_use_id: 't1',
    },
  });
  const answer = await new Promise((resolve) => approvals.set(request_id, resolve));
  approvals.delete(request_id);
  await say(answer.behavior === 'allow' ? 'allowed' : `denied: ${answer.message}`, said);
}
