// A scripted interactive program for a terminal: it draws a prompt, takes bracketed paste, shows a spinner while it
// works, and does what the lines of its input say.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';

const PROMPT = process.env.FAKE_PROMPT ?? 'fake> ';
const out = (text) => process.stdout.write(text);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let input = '';
let pasting = false;
let working = false;
let interrupted = false;

process.stdin.setRawMode?.(true);
process.stdin.setEncoding('utf8');
if (process.env.FAKE_START_MS) await wait(Number(process.env.FAKE_START_MS));
out(process.env.FAKE_NO_PASTE ? '' : '\x1b[?2004h');
out(`Welcome to the fake program.\r\n\r\n${PROMPT}`);
process.stdin.on('data', (data) => take(data));

let carry = '';
function take(data) {
  let rest = carry + data;
  carry = '';
  while (rest !== '') {
    if (rest.startsWith('\x1b[200~') || rest.startsWith('\x1b[201~')) {
      pasting = rest.startsWith('\x1b[200~');
      rest = rest.slice(6);
    } else if (
      rest[0] === '\x1b' &&
      rest.length < 6 &&
      '\x1b[200~'.startsWith(rest.slice(0, 5)) &&
      rest.length > 1
    ) {
      carry = rest;
      return;
    } else {
      const char = String.fromCodePoint(rest.codePointAt(0));
      rest = rest.slice(char.length);
      key(char);
    }
  }
}

function key(char) {
  if (char === '\x03' || char === '\x1b') interrupted = true;
  else if (char === '\r' && !pasting) {
    const text = input;
    input = '';
    out('\r\n');
    void work(text);
  } else {
    const plain = char === '\r' ? '\n' : char;
    input += plain;
    out(plain === '\n' ? '\r\n' : plain);
  }
}

async function work(text) {
  if (working) return;
  working = true;
  interrupted = false;
  await spin(Number(process.env.FAKE_SPIN_MS ?? 250));
  const lines = text.split('\n');
  if (lines.at(-1) === 'digest') out(`${createHash('sha256').update(text).digest('hex')}\r\n`);
  else for (const line of lines) await command(line);
  if (process.env.FAKE_STATUS) out(`status: ${text.length} chars\r\n`);
  working = false;
  out(PROMPT);
}

async function spin(ms) {
  const frames = '⠋⠙⠹⠸⠼⠴';
  const end = Date.now() + ms;
  for (let at = 0; Date.now() < end && !interrupted; at++) {
    out(`\r${frames[at % frames.length]} Thinking (${at})`);
    await wait(60);
  }
  out('\r\x1b[K');
}

async function command(line) {
  const [word, ...rest] = line.split(' ');
  const argument = rest.join(' ');
  if (interrupted) return;
  if (word === 'say') out(`${argument}\r\n`);
  else if (word === 'slowly') {
    for (const part of argument.split(' ')) {
      out(`${part}\r\n`);
      await wait(500);
    }
  } else if (word === 'think') await spin(Number(argument));
  else if (word === 'silent') await wait(Number(argument));
  else if (word === 'clear') out('\x1b[2J\x1b[H');
  else if (word === 'huge') out(`${'x'.repeat(Number(argument))}\r\n`);
  else if (word === 'lines') for (let at = 1; at <= Number(argument); at++) out(`line ${at}\r\n`);
  else if (word === 'garbage') out(Buffer.from([0x7b, 0xff, 0xfe, 0x22, 0x07, 0x0d, 0x0a, 0xc3, 0x0d, 0x0a]));
  else if (word === 'env') out(`${process.env[argument] ?? 'unset'}\r\n`);
  else if (word === 'hang') await hang();
  else if (word === 'die') {
    await wait(200);
    process.kill(process.pid, 'SIGKILL');
    await wait(5_000);
  } else if (word === 'exit') {
    if (argument !== '0') out('the reason why\r\n');
    process.exit(Number(argument));
  } else if (word === 'child') {
    const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    out(`${child.pid}.\r\n`);
  } else if (word === 'hold') spawn('sleep', ['300'], { detached: true, stdio: 'inherit' });
  else out(`unknown: ${line}\r\n`);
}

async function hang() {
  while (!interrupted) await wait(30);
  out('interrupted\r\n');
}
