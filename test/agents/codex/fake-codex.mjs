// A stand-in for the Codex CLI: `app-server` and `exec --json`.
// The prompt is its script, one directive per line:
//   say TEXT · ask (one permission) · question · hang (until interrupted) · garbage · huge BYTES · die · fail · retry
//   child (a sleeping process in a group of its own; its pid is said, with a full stop) · raw JSON (a line as it is)
//   hold (dies while a child holds its output open) · vanish (exits with 0) · complain (exits with 3 after a word on
//   stderr) · digest as the last line (the hash of the whole prompt is said)
//   demand (a request nobody knows; its answer is said)
// Environment: FAKE_START_MS delays the first answer, FAKE_START_EXIT ends the program instead,
// FAKE_LATE_START=1 replies to turn/start after its turn/started.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';

const args = process.argv.slice(2);
const LEAVING = ['die', 'hold', 'vanish', 'complain'];
const THREAD = '01a1fc96-b625-7232-a30a-cc65e0f1fe74';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

if (process.env.FAKE_START_EXIT) {
  process.stderr.write(`${process.env.FAKE_START_EXIT}\n`);
  process.exit(1);
}
const exec = args.includes('exec');
if (args.includes('--version')) {
  await sleep(Number(process.env.FAKE_START_MS ?? 0));
  write('codex-cli 0.169.0');
} else if (exec) {
  await runExec();
} else {
  serve();
}

// ---- what both do ----

function childProcess() {
  const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
  child.unref();
  return child.pid;
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

function garbage() {
  process.stdout.write('no json at all\n[1,2,3]\n"text"\n{"id":\n');
  process.stdout.write(Buffer.from('{"type":"x\xff\xfe"}\n', 'latin1'));
  write({ method: 'item/agentMessage/delta', params: null });
  write({ method: 'never/heard', params: { threadId: THREAD } });
  write({ method: 'item/completed', params: { threadId: THREAD, item: { type: 'fromTheFuture', id: 7 } } });
  write({ id: 4711, result: {} });
  write({ type: 'item.completed', item: null });
}

// ---- exec ----

async function runExec() {
  let prompt = '';
  for await (const chunk of process.stdin) prompt += chunk;
  write({ type: 'thread.started', thread_id: THREAD });
  write({
    type: 'item.completed',
    item: { id: 'item_0', type: 'error', message: 'Model metadata for `x` not found.' },
  });
  write({ type: 'turn.started' });
  let items = 1;
  const say = (text) =>
    write({ type: 'item.completed', item: { id: `item_${items++}`, type: 'agent_message', text } });
  for (const directive of stepsOf(prompt)) {
    const [name, ...rest] = directive.split(' ');
    if (name === 'say') say(rest.join(' '));
    else if (name === 'hang') await sleep(300_000);
    else if (name === 'garbage') garbage();
    else if (name === 'huge') say('x'.repeat(Number(rest[0])));
    else if (name === 'child') say(`${childProcess()}.`);
    else if (LEAVING.includes(name)) leave(name);
    else if (name === 'fail') {
      const message = 'unexpected status 401 Unauthorized: no';
      write({ type: 'error', message: `Reconnecting... 1/5 (${message})` });
      write({ type: 'error', message });
      write({ type: 'turn.failed', error: { message } });
      process.exit(1);
    } else if (name === 'run') {
      const item = { id: `item_${items++}`, type: 'command_execution', command: "/bin/bash -lc 'echo hi'" };
      write({
        type: 'item.started',
        item: { ...item, aggregated_output: '', exit_code: null, status: 'in_progress' },
      });
      write({
        type: 'item.completed',
        item: { ...item, aggregated_output: 'hi\n', exit_code: 0, status: 'completed' },
      });
    } else if (name === 'args') say(JSON.stringify(args));
  }
  const usage = { input_tokens: 10, cached_input_tokens: 4, output_tokens: 3, reasoning_output_tokens: 0 };
  write({ type: 'turn.completed', usage });
}

// ---- app-server ----

function serve() {
  const open = new Map();
  let turn;
  let turns = 0;
  let requests = 0;
  let last = { approvalPolicy: undefined };

  const note = (method, params) => write({ method, params: { threadId: THREAD, ...params }, emittedAtMs: 1 });
  const ask = (method, params) => {
    const id = requests++;
    write({ method, id, params: { threadId: THREAD, turnId: turn.id, itemId: 'item-0', ...params } });
    return new Promise((resolve) => open.set(id, resolve));
  };

  async function call({ id, method, params }) {
    const reply = (result) => write({ id, result });
    const error = (message) => write({ id, error: { code: -32600, message } });
    if (method === 'initialize') {
      await sleep(Number(process.env.FAKE_START_MS ?? 0));
      write({ method: 'configWarning', params: { summary: 'x', details: null } });
      return reply({ userAgent: 'fake', codexHome: '/nowhere' });
    }
    if (method === 'thread/start' || method === 'thread/resume') {
      if (params.threadId === '00000000-0000-7000-8000-000000000000')
        return error(`no rollout found for thread id ${params.threadId}`);
      last = params;
      return reply({
        thread: { id: params.threadId ?? THREAD },
        model: params.model ?? 'fake-1',
        reasoningEffort: null,
      });
    }
    if (method === 'model/list') {
      if (params.cursor) return reply({ data: [{ id: 'b', model: 'b', hidden: true }], nextCursor: null });
      const supportedReasoningEfforts = [{ reasoningEffort: 'low' }, { reasoningEffort: 'high' }];
      return reply({
        data: [{ id: 'a', model: 'a', displayName: 'A', description: 'first', supportedReasoningEfforts }],
        nextCursor: '1',
      });
    }
    if (method === 'turn/interrupt') {
      if (turn?.id !== params.turnId) return error('no active turn to interrupt');
      reply({});
      turn.interrupt();
      return;
    }
    if (method === 'turn/steer') {
      if (turn?.id !== params.expectedTurnId) return error('no active turn to steer');
      reply({ turnId: turn.id });
      userMessage(params);
      turn.steer(params.input[0].text);
      return;
    }
    if (method === 'thread/compact/start') {
      reply({});
      return work('compact', {});
    }
    if (method !== 'turn/start') return error(`unknown variant ${method}`);
    last = { ...last, ...params };
    if (turn !== undefined) {
      reply({ turn: { id: turn.id } });
      return userMessage(params);
    }
    const text = params.input.find((part) => part.type === 'text')?.text ?? '';
    const turnId = `turn-${turns + 1}`;
    if (process.env.FAKE_LATE_START !== '1') reply({ turn: { id: turnId, status: 'inProgress' } });
    const working = work(text, params);
    if (process.env.FAKE_LATE_START === '1') reply({ turn: { id: turnId, status: 'inProgress' } });
    return working;
  }

  function userMessage(params) {
    const item = {
      type: 'userMessage',
      id: 'u',
      clientId: params.clientUserMessageId ?? null,
      content: params.input,
    };
    note('item/started', { turnId: turn.id, item });
    note('item/completed', { turnId: turn.id, item });
  }

  async function work(text, params) {
    const id = `turn-${++turns}`;
    let interrupt;
    let steer;
    const interrupted = new Promise((resolve) => {
      interrupt = () => resolve('interrupted');
    });
    const steered = new Promise((resolve) => {
      steer = resolve;
    });
    turn = { id, interrupt, steer };
    note('turn/started', { turn: { id, status: 'inProgress', items: [] } });
    if (params.input) userMessage(params);
    let messages = 0;
    let final = null;
    const say = (words) => {
      const item = { type: 'agentMessage', id: `msg-${id}-${messages++}`, text: '' };
      note('item/started', { turnId: id, item });
      for (const piece of words.match(/[\s\S]{1,65536}/g) ?? [])
        note('item/agentMessage/delta', { turnId: id, itemId: item.id, delta: piece });
      final = { ...item, text: words };
      note('item/completed', { turnId: id, item: final });
    };
    let status = 'completed';
    let failure = null;
    for (const directive of stepsOf(text)) {
      const [name, ...rest] = directive.split(' ');
      if (name === 'say') say(rest.join(' '));
      else if (name === 'garbage') garbage();
      else if (name === 'huge') {
        final = { type: 'agentMessage', id: 'huge', text: 'x'.repeat(Number(rest[0])) };
        note('item/completed', { turnId: id, item: final });
      } else if (name === 'child') say(`${childProcess()}.`);
      else if (name === 'raw') process.stdout.write(`${rest.join(' ')}\n`);
      else if (LEAVING.includes(name)) leave(name);
      else if (name === 'demand') say(JSON.stringify(await ask('item/tool/call', {})));
      else if (name === 'settings') say(JSON.stringify(last));
      else if (name === 'steered') say(await steered);
      else if (name === 'compact') {
        note('item/started', { turnId: id, item: { type: 'contextCompaction', id: 'c' } });
        note('item/completed', { turnId: id, item: { type: 'contextCompaction', id: 'c' } });
      } else if (name === 'retry') {
        note('item/agentMessage/delta', { turnId: id, itemId: 'cut', delta: 'cut off' });
        note('error', {
          turnId: id,
          willRetry: true,
          error: { message: 'Reconnecting... 1/5', additionalDetails: 'gone' },
        });
      } else if (name === 'fail') {
        status = 'failed';
        failure = {
          message: 'unexpected status 429',
          codexErrorInfo: { httpConnectionFailed: { httpStatusCode: 429 } },
        };
        note('error', { turnId: id, willRetry: false, error: failure });
        break;
      } else if (name === 'hang' || name === 'ask' || name === 'question') {
        const request =
          name === 'hang'
            ? new Promise(() => {})
            : name === 'ask'
              ? ask('item/commandExecution/requestApproval', {
                  command: "/bin/bash -lc 'touch made.txt'",
                  cwd: '/w',
                  availableDecisions: [
                    'accept',
                    { acceptWithExecpolicyAmendment: { execpolicy_amendment: ['touch', 'made.txt'] } },
                    'cancel',
                  ],
                })
              : ask('item/tool/requestUserInput', {
                  questions: [
                    {
                      id: 'colour',
                      header: 'Colour',
                      question: 'Which?',
                      options: [
                        { label: 'Red', description: 'warm' },
                        { label: 'Blue', description: '' },
                      ],
                    },
                  ],
                });
        const answer = await Promise.race([request, interrupted]);
        if (answer === 'interrupted') {
          for (const requestId of open.keys()) note('serverRequest/resolved', { requestId });
          open.clear();
          status = 'interrupted';
          break;
        }
        say(JSON.stringify(answer));
      }
    }
    const total = {
      totalTokens: 100 * turns,
      inputTokens: 80 * turns,
      outputTokens: 20 * turns,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
    };
    const lastUsage = {
      totalTokens: 100,
      inputTokens: 80,
      outputTokens: 20,
      cachedInputTokens: 10,
      cacheWriteInputTokens: 0,
    };
    note('thread/tokenUsage/updated', {
      turnId: id,
      tokenUsage: { total, last: lastUsage, modelContextWindow: 1000 },
    });
    turn = undefined;
    note('turn/completed', { turn: { id, status, error: failure, items: final === null ? [] : [final] } });
  }

  let buffer = '';
  process.stdin.on('data', (chunk) => {
    buffer += chunk;
    const lines = buffer.split('\n');
    buffer = lines.pop();
    for (const line of lines) {
      const message = JSON.parse(line);
      if (message.method !== undefined) {
        if (message.id !== undefined) call(message);
        continue;
      }
      const resolve = open.get(message.id);
      open.delete(message.id);
      if (resolve === undefined) continue;
      note('serverRequest/resolved', { requestId: message.id });
      resolve(message.result ?? message.error);
    }
  });
  process.stdin.on('end', () => process.exit(0));
}
