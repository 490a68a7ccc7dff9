// A stand-in for `crush run`, after the source of Crush: the answer is printed as plain text, without a seam between
// messages, and kept in `crush.db`. Directives beside those of turn-script.mjs:
//   tool (a shell command that succeeds) · failed (one that fails) · think TEXT · fail TEXT (an error of the model)
//   cut (the answer ends at the token limit) · title (a conversation of a helper) · raw SQL
// Environment: FAKE_START_MS delays `--version`; FAKE_DATA_DIR is the folder for data of Crush's own settings; FAKE_NO_DATABASE keeps nothing, FAKE_NO_PROVIDER has no models.
// The leading argument `old-version` knows no --session.
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { perform } from '../../sim/turn-script.mjs';

const args = process.argv.slice(2);
const old = args[0] === 'old-version' && args.shift() !== undefined;
const argumentOf = (...flags) => {
  const at = args.findIndex((word) => flags.includes(word));
  return at < 0 ? undefined : args[at + 1];
};
const fail = (text) => {
  process.stderr.write(`\n   ERROR\n\n  ${text}\n\n`);
  process.exit(1);
};
if (args.includes('--version')) {
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.FAKE_START_MS ?? 0)));
  console.log('crush version v0.96.1');
  process.exit(0);
}
if (args.includes('--help')) {
  console.log(
    'USAGE\n  crush run [prompt...] [--flags]\nFLAGS\n  -c --cwd\n  -D --data-dir\n  -m --model\n  -q --quiet',
  );
  if (!old) console.log('  -s --session\n  -C --continue\n  --reasoning-effort');
  process.exit(0);
}
if (process.env.FAKE_NO_PROVIDER)
  fail("No providers configured - please run 'crush' to set up a provider interactively.");
if (args[0] === 'models') {
  console.log('anthropic/claude-one\nopenrouter/a/two');
  process.exit(0);
}

const folder = argumentOf('--data-dir', '-D') ?? process.env.FAKE_DATA_DIR ?? join(process.cwd(), '.crush');
const database = process.env.FAKE_NO_DATABASE ? undefined : openDatabase(folder);
if (args[0] === 'session') {
  const { changes } = database.prepare('DELETE FROM sessions WHERE id = ?').run(args.at(-1));
  process.exit(changes > 0 ? 0 : 1);
}

let prompt = '';
for await (const chunk of process.stdin) prompt += chunk;
const known = argumentOf('--session', '-s');
const session = known ?? randomUUID();
const now = () => Math.floor(Date.now() / 1000);
const insertSession = (id, parent) =>
  database
    ?.prepare(
      'INSERT INTO sessions (id, parent_session_id, title, updated_at, created_at) VALUES (?, ?, ?, ?, ?)',
    )
    .run(id, parent, prompt.slice(0, 30), now(), now());
if (known === undefined) insertSession(session, null);
const insert = (role, parts) => {
  const id = randomUUID();
  database
    ?.prepare(
      'INSERT INTO messages (id, session_id, role, parts, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
    )
    .run(id, session, role, JSON.stringify(parts), now(), now());
  return id;
};
const update = (id, parts) =>
  database?.prepare('UPDATE messages SET parts = ? WHERE id = ?').run(JSON.stringify(parts), id);
const finish = (reason, more = {}) => ({ type: 'finish', data: { reason, time: now(), ...more } });

// Crush puts an empty line behind what it reads from a pipe.
insert('user', [{ type: 'text', data: { text: `${prompt}\n\n` } }, finish('stop')]);
let calls = 0;
let parts = [];
let open = insert('assistant', parts);
const nextMessage = (reason) => {
  update(open, [...parts, finish(reason)]);
  parts = [];
  open = undefined;
};
const add = (part) => {
  open ??= insert('assistant', []);
  const last = parts.at(-1);
  if (part.type === 'text' && last?.type === 'text') last.data.text += part.data.text;
  else parts.push(part);
  update(open, parts);
};
const tool = (content, is_error) => {
  const id = `call_${++calls}`;
  add({ type: 'tool_call', data: { id, name: 'bash', input: '{"command":"make it"}', finished: true } });
  nextMessage('tool_use');
  insert('tool', [
    { type: 'tool_result', data: { tool_call_id: id, name: 'bash', content, is_error } },
    finish('stop'),
  ]);
};
const print = (text) => process.stdout.write(text);
process.on('SIGINT', () => {
  if (open !== undefined) nextMessage('canceled');
  fail('Context canceled.');
});

await perform(prompt, {
  say: (text) => {
    add({ type: 'text', data: { text } });
    print(text);
  },
  write: print,
  special: (word, rest) => {
    if (word === 'tool') tool('made', false);
    else if (word === 'failed') tool('no rule', true);
    else if (word === 'think') add({ type: 'reasoning', data: { thinking: rest } });
    else if (word === 'title') insertSession(`title-${session}`, session);
    else if (word === 'raw') database.exec(rest);
    else if (word === 'cut') {
      nextMessage('max_tokens');
      process.exit(0);
    } else if (word === 'fail') {
      nextMessage('error');
      update(lastMessage(), [finish('error', { message: 'Provider Error', details: rest })]);
      fail(`Agent processing failed: ${rest}.`);
    }
  },
});
if (open !== undefined) nextMessage('end_turn');
print('\n');

function lastMessage() {
  return database.prepare('SELECT id FROM messages ORDER BY rowid DESC LIMIT 1').get().id;
}

/** The tables as the first migrations of Crush make them. */
function openDatabase(path) {
  mkdirSync(path, { recursive: true });
  const home = process.env.CRUSH_GLOBAL_DATA ?? join(process.env.HOME, '.local', 'share', 'crush');
  mkdirSync(home, { recursive: true });
  const projects = [{ path: process.cwd(), data_dir: path }];
  writeFileSync(join(home, 'projects.json'), JSON.stringify({ projects }));
  const oldNode = Number(process.versions.node.split('.')[0]) < 22;
  const Sqlite = createRequire(import.meta.url)(oldNode ? 'better-sqlite3' : 'better-sqlite3-napi');
  const opened = new Sqlite(join(path, 'crush.db'));
  opened.pragma('journal_mode = WAL');
  opened.exec(`CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, parent_session_id TEXT, title TEXT NOT NULL,
      message_count INTEGER NOT NULL DEFAULT 0, prompt_tokens INTEGER NOT NULL DEFAULT 0,
      completion_tokens INTEGER NOT NULL DEFAULT 0, cost REAL NOT NULL DEFAULT 0.0, updated_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL, summary_message_id TEXT);
    CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, role TEXT NOT NULL,
      parts TEXT NOT NULL DEFAULT '[]', model TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      finished_at INTEGER, provider TEXT, is_summary_message INTEGER DEFAULT 0 NOT NULL);`);
  return opened;
}
