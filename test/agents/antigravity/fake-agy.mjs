// A stand-in for Google's Antigravity CLI in print mode, after its documentation. Directives beside those of
// turn-script.mjs:
//   ask (runs the hooks of config/hooks.json for a command, and says the decision) · look (the same for a tool that only
//   reads) · tool · think TEXT · silent TEXT · fail TEXT · raw JSON
// Environment: FAKE_START_MS delays `--version`, FAKE_LOGGED_OUT=1 has no login. The leading argument `old-version`
// prints plain text.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { perform } from '../../sim/turn-script.mjs';

const args = process.argv.slice(2);
const old = args[0] === 'old-version';
const argumentOf = (flag) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
if (args.includes('--version')) {
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.FAKE_START_MS ?? 0)));
  console.log(old ? '1.0.5' : '1.1.8');
  process.exit(0);
}
if (args.includes('--help')) {
  console.log(
    'Usage of agy:\n  --conversation\n  --dangerously-skip-permissions\n  --print-timeout\n  --sandbox',
  );
  console.log('  -p\n  --add-dir\n  --gemini_dir');
  if (!old) console.log('  --output-format\n  --model');
  process.exit(0);
}
if (process.env.FAKE_LOGGED_OUT) {
  process.stderr.write('Authentication required: sign in with agy first\n');
  process.exit(1);
}

const geminiDir =
  args.find((word) => word.startsWith('--gemini_dir='))?.slice('--gemini_dir='.length) ??
  join(process.env.HOME, '.gemini');
const conversation =
  argumentOf('--conversation') ?? (old ? 'old-conversation' : 'c0ffee00-0000-4000-8000-000000000001');
const folder = join(geminiDir, 'antigravity-cli', 'conversations');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, `${conversation}.pb`), 'protobuf');

let prompt = argumentOf('-p') ?? '';
if (!old) for await (const chunk of process.stdin) prompt += chunk;
const put = (bytes) => process.stdout.write(bytes);
const write = (line) => (old ? undefined : put(`${JSON.stringify(line)}\n`));
const update = (step) => write({ event: 'step_update', step_update: step });
let step = 0;
let only;
const said = [];
const say = (text) => {
  said.push(text);
  if (old) return put(`${text}\n`);
  const half = Math.ceil(text.length / 2);
  step++;
  for (const text_delta of [text.slice(0, half), text.slice(half)])
    if (text_delta) update({ step_index: step, state: 'ACTIVE', step_type: 'agent_response', text_delta });
  update({ step_index: step, state: 'DONE', step_type: 'agent_response' });
};
const result = (more) => write({ event: 'result', result: { status: 'SUCCESS', response: '', ...more } });

write({ event: 'init', init: { conversation_id: conversation, model: 'fake' } });
await perform(prompt, {
  say,
  write: put,
  special: async (word, rest) => {
    if (word === 'ask') await say(await runHooks('run_command', { CommandLine: 'make it' }));
    else if (word === 'look') await say(await runHooks('view_file', { AbsolutePath: '/x' }));
    else if (word === 'think')
      update({ step_index: ++step, state: 'ACTIVE', step_type: 'agent_response', thinking_delta: rest });
    else if (word === 'tool') {
      const tool = { step_index: ++step, step_type: 'tool', tool_name: 'run_command' };
      const tool_info = { name: 'run_command', parameters: { CommandLine: 'make it' } };
      update({ ...tool, state: 'ACTIVE', tool_info });
      update({ ...tool, state: 'DONE', tool_info: { ...tool_info, output: 'made' } });
    } else if (word === 'silent') only = rest;
    else if (word === 'raw') put(`${rest}\n`);
    else if (word === 'fail') {
      result({ status: 'ERROR', error: rest });
      process.exit(1);
    }
  },
});
result({
  response: only ?? said.join('\n'),
  usage: { input_tokens: 10, output_tokens: 4, thinking_tokens: 1 },
});

/** The decision of the hooks: one refusal is enough. */
async function runHooks(name, toolArgs) {
  if (args.includes('--dangerously-skip-permissions')) return 'not asked';
  const file = join(geminiDir, 'config', 'hooks.json');
  const hooks = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const decisions = [];
  for (const { PreToolUse } of Object.values(hooks))
    for (const { hooks: commands } of PreToolUse ?? [])
      for (const { command } of commands) decisions.push(await runHook(command, { name, args: toolArgs }));
  return decisions.map(({ decision, reason }) => `${decision}${reason ? `: ${reason}` : ''}`).join(', ');
}

function runHook(command, toolCall) {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] });
    let out = '';
    // A hook that decides without reading has ended by now.
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.on('close', () => resolve(JSON.parse(out || '{"decision":"deny","reason":"no answer"}')));
    child.stdin.end(
      JSON.stringify({ conversationId: conversation, stepIdx: step, toolCall, transcriptPath: '' }),
    );
  });
}
