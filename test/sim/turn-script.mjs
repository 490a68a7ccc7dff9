// What scripted programs of one turn have in common. The prompt is the script, one directive per line:
//   say TEXT · hang · garbage · huge COUNT · child (a sleeping process in a group of its own; its pid is said, with a
//   full stop) · die · hold (dies while a child holds the output open) · complain (a word on stderr, exit 3)
//   vanish (exit 0) · digest as the last line (the hash of the whole prompt is said) · env NAME · args
//   anything else is handed to `special(word, rest)`
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';

/** Performs a prompt. `say` tells a whole text, `write` puts raw bytes on the output. */
export async function perform(prompt, { say, write, special }) {
  if (prompt.endsWith('\ndigest')) return say(createHash('sha256').update(prompt).digest('hex'));
  for (const line of prompt.split('\n')) {
    const [word, ...words] = line.split(' ');
    const rest = words.join(' ');
    if (word === 'say') await say(rest);
    else if (word === 'hang') await new Promise((resolve) => setTimeout(resolve, 300_000));
    else if (word === 'huge') await say('x'.repeat(Number(rest)));
    else if (word === 'env') await say(process.env[rest] ?? 'unset');
    else if (word === 'args') await say(JSON.stringify(process.argv.slice(2)));
    else if (word === 'garbage') garbage(write);
    else if (word === 'child') {
      const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
      child.unref();
      await say(`${child.pid}.`);
    } else if (LEAVING.includes(word)) await leave(word, Number(rest || '3'), write);
    else await special?.(word, rest);
  }
}

const LEAVING = ['die', 'hold', 'complain', 'vanish'];

async function leave(how, code, write) {
  // What was said must be on its way before the end.
  await new Promise((resolve) => setTimeout(resolve, 300));
  if (how === 'hold') spawn('sleep', ['300'], { detached: true, stdio: 'inherit' });
  if (how === 'complain') process.stderr.write('the reason why\n');
  if (how === 'die' || how === 'hold') process.kill(process.pid, 'SIGKILL');
  else process.exit(how === 'complain' ? code : 0);
  write('');
}

function garbage(write) {
  write('no json at all\n[1,2,3]\n"text"\n{"type":\n');
  write(Buffer.from('{"type":"x\xff\xfe"}\n', 'latin1'));
  write(
    '{"type":"assistant"}\n{"type":"never_heard","message":null}\n{"type":"tool_call","tool_call":7}\n{}\n',
  );
}
