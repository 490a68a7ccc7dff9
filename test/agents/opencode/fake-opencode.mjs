// A stand-in for `opencode run --format json`. The prompt is its script, one directive per line:
//   say TEXT · hang · garbage · huge BYTES · die · child (a sleeping process; its pid is said, with a full stop) · args
//   hold (dies while a child holds its output open) · vanish (exits with 0) · complain (exits with 3 after a word on
//   stderr) · digest as the last line (the hash of the whole prompt is said)
// Environment: FAKE_START_MS delays `--version`; FAKE_NO_MODELS makes `models` fail.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';

const args = process.argv.slice(2);
const write = (type, part) =>
  process.stdout.write(`${JSON.stringify({ type, sessionID: 'ses_fake', part })}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (text) => write('text', { type: 'text', text });

if (args.includes('--version') || args.includes('--help')) {
  await sleep(Number(process.env.FAKE_START_MS ?? 0));
  console.log(args.includes('--version') ? '1.18.33' : '--format --session --thinking --auto');
  process.exit(0);
}
if (args[0] === 'models') {
  if (process.env.FAKE_NO_MODELS) process.exit(1);
  console.log('Fetching the list\nanthropic/one\nopenrouter/a/two');
  process.exit(0);
}
let prompt = '';
for await (const chunk of process.stdin) prompt += chunk;
write('step_start', {});
const hash = createHash('sha256').update(prompt).digest('hex');
for (const line of prompt.endsWith('\ndigest') ? [`say ${hash}`] : prompt.split('\n')) {
  const [word, ...rest] = line.split(' ');
  if (word === 'say') say(rest.join(' '));
  else if (word === 'args') say(JSON.stringify(args));
  else if (word === 'huge') say('x'.repeat(Number(rest[0])));
  else if (word === 'child') {
    const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    child.unref();
    say(`${child.pid}.`);
  } else if (word === 'garbage') {
    process.stdout.write('no json at all\n[1,2,3]\n"text"\n{"type":\n');
    process.stdout.write(Buffer.from('{"type":"x\xff\xfe"}\n', 'latin1'));
    write('tool_use', null);
    write('from_the_future', {});
  } else if (word === 'vanish') {
    process.exit(0);
  } else if (word === 'complain') {
    process.stderr.write('the reason why\n');
    process.exit(3);
  } else if (word === 'die' || word === 'hold') {
    if (word === 'hold') spawn('sleep', ['300'], { detached: true, stdio: 'inherit' });
    await sleep(50);
    process.kill(process.pid, 'SIGKILL');
  }
  if (['hang', 'die', 'hold'].includes(word)) await sleep(300_000);
}
write('step_finish', { reason: 'stop', tokens: { total: 13, input: 10, output: 3, cache: {} }, cost: 0 });
