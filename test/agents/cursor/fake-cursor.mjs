// A stand-in for Cursor's CLI in print mode, after its documentation. Directives beside those of turn-script.mjs:
//   tool (a shell command that succeeds) · failed (one that fails) · rejected (one that was not allowed) · think TEXT
//   fail TEXT (an error result) · silent TEXT (only the result tells it) · raw JSON
// Environment: FAKE_START_MS delays `--version`, the leading argument `old-version` knows neither --trust nor --stream-partial-output,
// FAKE_LOGGED_OUT=1 has no login.
import { perform } from '../../sim/turn-script.mjs';

const args = process.argv.slice(2);
// Another program, as far as what is remembered of its flags goes.
const old = args[0] === 'old-version';
const session_id = args.includes('--resume')
  ? args[args.indexOf('--resume') + 1]
  : 'c6b62c6f-7ead-4fd6-9922-e952131177ff';
const put = (bytes) => process.stdout.write(bytes);
const write = (line) => put(`${JSON.stringify({ ...line, session_id })}\n`);
const end = (code, text) => {
  process.stderr.write(`${text}\n`);
  process.exit(code);
};

if (args.includes('--version')) {
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.FAKE_START_MS ?? 0)));
  console.log('2026.10.02-a1b2c3d');
  process.exit(0);
}
if (args.includes('--help')) {
  console.log(
    'Usage: agent [options] [prompt]\n  -p, --print\n  --output-format <format>\n  --resume [chatId]',
  );
  console.log('  --model <model>\n  --mode <mode>\n  -f, --force\n  --workspace <path>');
  if (!old) console.log('  --stream-partial-output\n  --trust');
  process.exit(0);
}
if (args.includes('status')) {
  if (process.env.FAKE_LOGGED_OUT) console.log('Not logged in');
  else console.log('Logged in as somebody@example.org');
  process.exit(0);
}
if (process.env.FAKE_LOGGED_OUT)
  end(1, "Authentication required. Please run 'agent login' first, or set CURSOR_API_KEY.");
for (const flag of ['--trust', '--stream-partial-output'])
  if (old && args.includes(flag)) end(1, `error: unknown option '${flag}'`);

const said = [];
let calls = 0;
const message = (text) => ({ role: 'assistant', content: [{ type: 'text', text }] });
const partial = args.includes('--stream-partial-output');
const say = (text, more = {}) => {
  said.push(text);
  if (partial) {
    const half = Math.ceil(text.length / 2);
    for (const piece of [text.slice(0, half), text.slice(half)])
      if (piece) write({ type: 'assistant', message: message(piece), timestamp_ms: 1 });
  }
  write({ type: 'assistant', message: message(text), ...more });
};
const tool = (result) => {
  const call_id = `call_${++calls}`;
  const call = { shellToolCall: { args: { command: 'make it', workingDirectory: '' } } };
  write({ type: 'tool_call', subtype: 'started', call_id, tool_call: call });
  const done = { shellToolCall: { ...call.shellToolCall, result } };
  write({ type: 'tool_call', subtype: 'completed', call_id, tool_call: done });
};
const result = (more) =>
  write({ type: 'result', subtype: 'success', is_error: false, duration_ms: 5, ...more });

write({ type: 'system', subtype: 'init', apiKeySource: 'login', cwd: process.cwd(), model: 'Fake 1' });
const prompt = args.at(-1);
write({ type: 'user', message: { role: 'user', content: [{ type: 'text', text: prompt }] } });
let only;
await perform(prompt, {
  say,
  write: put,
  special: (word, rest) => {
    if (word === 'tool') tool({ success: { command: 'make it', exitCode: 0, stdout: 'made\n', stderr: '' } });
    else if (word === 'failed') tool({ failure: { exitCode: 2, stdout: '', stderr: 'no rule\n' } });
    else if (word === 'rejected') tool({ rejected: { reason: 'not allowed' } });
    else if (word === 'think') {
      write({ type: 'thinking', subtype: 'delta', text: rest, timestamp_ms: 1 });
      write({ type: 'thinking', subtype: 'completed', timestamp_ms: 1 });
    } else if (word === 'aside') say(rest, { model_call_id: 'm1', ...(partial ? { timestamp_ms: 1 } : {}) });
    else if (word === 'silent') only = rest;
    else if (word === 'raw') put(`${rest}\n`);
    else if (word === 'fail') {
      result({ subtype: 'error', is_error: true, result: rest });
      process.exit(1);
    }
  },
});
result({ result: only ?? said.join(''), usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 2 } });
