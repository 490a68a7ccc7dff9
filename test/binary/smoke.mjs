// Smoke test of the single executable (default: dist/cc-connect): nothing else is on its PATH, not even node.
// Ends with one line `N passed, N failed`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = resolve(
  process.argv[2] ?? join(root, 'dist', process.platform === 'win32' ? 'cc-connect.exe' : 'cc-connect'),
);
const home = mkdtempSync(join(tmpdir(), 'cc-binary-'));
const work = join(home, 'work');
mkdirSync(work);
const children = new Set();

/** Starts the executable; `input` is all of its standard input. */
function start(args, input) {
  const env = { HOME: home, PATH: '/nonexistent', LANG: 'C.UTF-8' };
  const child = spawn(program, args, { cwd: work, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const started = { child, out: '', err: '' };
  children.add(child);
  started.exit = new Promise((done) => {
    child.on('error', (error) => {
      started.err += error.message;
      done(-1);
    });
    child.on('close', (code) => {
      children.delete(child);
      done(code ?? -1);
    });
  });
  child.stdout.on('data', (chunk) => {
    started.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    started.err += chunk;
  });
  child.stdin.on('error', () => {});
  if (input !== undefined) child.stdin.end(input);
  return started;
}

async function run(args, input = '') {
  const started = start(args, input);
  const code = await started.exit;
  return { code, out: started.out, err: started.err };
}

async function until(what, look) {
  const end = Date.now() + 30_000;
  while (!look()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function daemon() {
  const started = start([]);
  await until('the daemon', () => started.err.includes('"msg":"ready"') || started.child.exitCode !== null);
  check(started.child.exitCode === null, `the daemon ended:\n${started.err}`);
  return started;
}

function check(condition, message) {
  if (!condition) throw new Error(message);
}

const tests = {
  'tells its version': async () => {
    const { code, out } = await run(['--version']);
    check(code === 0 && /^cc-connect \d/.test(out), out);
  },
  'chats with the demo agent, which writes its file when allowed': async () => {
    const chat = await run(['chat'], 'hello\ny\n');
    check(chat.code === 0, chat.out + chat.err);
    check(existsSync(join(work, 'cc-connect-demo.txt')), `no file:\n${chat.out}`);
  },
  'delivers what `send` was given, text and file': async () => {
    const one = await daemon();
    writeFileSync(join(work, 'report.txt'), 'all is well');
    const sent = await run(['send', '-s', 'terminal:default', '--file', 'report.txt', 'see this']);
    check(sent.code === 0, sent.err);
    const chat = await run(['chat'], '/version\n');
    check(chat.out.includes('see this'), chat.out + chat.err);
    const path = /report\.txt \(11 B\) (\S+)/.exec(chat.out)?.[1] ?? '';
    check(readFileSync(path, 'utf8') === 'all is well', 'the file has another content');
    one.child.kill('SIGTERM');
    check((await one.exit) === 0, one.err);
  },
  'gives agents itself as their cc-connect': async () => {
    const shim = readFileSync(join(home, '.cc-connect', 'run', 'bin', 'cc-connect'), 'utf8');
    check(shim.includes(program), shim);
  },
  'recovers after kill -9 in the middle of a turn': async () => {
    const first = await daemon();
    const asking = start(['chat', '-s', 'crash']);
    asking.child.stdin.write('hello\n');
    await until('the question', () => asking.out.includes('[1]'));
    first.child.kill('SIGKILL');
    asking.child.kill('SIGKILL');
    await Promise.all([first.exit, asking.exit]);
    const second = await daemon();
    const after = start(['chat', '-s', 'crash']);
    await until('the notice', () => after.out.length > 0);
    const notice = after.out.length;
    after.child.stdin.end('again\nn\n');
    check((await after.exit) === 0, after.out + after.err);
    check(after.out.slice(notice).includes('again'), after.out);
    const doctor = await run(['doctor']);
    check(doctor.out.includes('state.db is sound'), doctor.out);
    second.child.kill('SIGTERM');
    check((await second.exit) === 0, second.err);
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n${error.message}`);
  }
  for (const child of children) child.kill('SIGKILL');
}
rmSync(home, { recursive: true, force: true, maxRetries: 5 });
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
