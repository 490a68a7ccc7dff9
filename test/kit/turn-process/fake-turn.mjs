// A program of one turn: reads its prompt from stdin, one directive per line, and writes JSON lines, or plain ones with
// `--plain`. `--version` is answered at once.
//   say TEXT · tool NAME · end · hang · exit CODE · die · stderr TEXT · linger (lives on after its end)
//   child (a sleeping process in a group of its own, its pid is said) · args · env NAME · append FILE TEXT · raw TEXT
import { spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';

const args = process.argv.slice(2);
if (args.includes('--version')) {
  if (process.env.FAKE_BROKEN) {
    console.error(process.env.FAKE_BROKEN);
    process.exit(3);
  }
  console.log('fake 1.2.3');
  process.exit(0);
}
const plain = args.includes('--plain');
const write = (line) => process.stdout.write(`${plain ? (line.text ?? '') : JSON.stringify(line)}\n`);
const hang = () => new Promise((resolve) => setTimeout(resolve, 300_000));
process.on('SIGINT', () => {
  write({ type: 'say', text: 'bye' });
  process.exit(0);
});

let prompt = '';
for await (const chunk of process.stdin) prompt += chunk;
for (const line of prompt.split('\n')) {
  const [word, ...rest] = line.split(' ');
  const text = rest.join(' ');
  if (word === 'say') write({ type: 'say', text });
  else if (word === 'args') write({ type: 'say', text: JSON.stringify(args) });
  else if (word === 'env') write({ type: 'say', text: process.env[text] ?? 'unset' });
  else if (word === 'raw') process.stdout.write(`${text}\n`);
  else if (word === 'tool') write({ type: 'tool', id: text });
  else if (word === 'append') await appendFile(rest[0], `${rest.slice(1).join(' ')}\n`);
  else if (word === 'end') write({ type: 'end' });
  else if (word === 'child') {
    const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    child.unref();
    write({ type: 'say', text: String(child.pid) });
  } else if (word === 'stderr') process.stderr.write(`${text}\n`);
  else if (word === 'exit') process.exit(Number(text));
  else if (word === 'die') process.kill(process.pid, 'SIGKILL');
  if (word === 'hang' || word === 'linger' || word === 'die') await hang();
}
