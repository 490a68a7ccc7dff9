// Writes the table of docs/agents/README.md: which agent can do what, and how well that is proved. It reads
// test/agents/capabilities.json (the columns, with further names that tests use for them), the `[feature: …]` titles of
// test/agents/<type> (recorded or scripted) and of test/real (seen running, with the versions of programs.json), and
// test/agents/<type>/documented.json for what could not be run.
// Usage: node scripts/agents-table.mjs [--check]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentPrograms, ownerOf } from '../test/real/programs.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (path) => readFileSync(join(root, path), 'utf8');
const json = (path) => (existsSync(join(root, path)) ? JSON.parse(read(path)) : undefined);
const page = 'docs/agents/README.md';
const MARKS = { seen: '●', recorded: '◐', documented: '○', none: '' };

const capabilities = Object.entries(json('test/agents/capabilities.json'));
const pinned = agentPrograms();
const table = [
  `| Agent | Tested with | ${capabilities.map(([name]) => name).join(' | ')} |`,
  `|---|---|${capabilities.map(() => ':-:').join('|')}|`,
  ...agents().map(row),
].join('\n');
write();

/** Those with tests, with a pinned CLI or with documentation only. */
function agents() {
  const folders = readdirSync(join(root, 'test/agents'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => json(`test/agents/${name}/features.json`) || documented(name));
  return [...new Set([...folders, ...pinned.map(({ agent }) => agent)])].sort();
}

function row(agent) {
  const seen = titles('test/real', (file) => ownerOf(file) === agent);
  const own = existsSync(join(root, `test/agents/${agent}`))
    ? titles(`test/agents/${agent}`, () => true)
    : [];
  // A scripted program that was written after the documentation proves no more than that was read.
  const scripted = documented(agent);
  const marks = capabilities.map(([name, others]) => {
    const named = (features) => [name, ...others].some((one) => features.includes(one));
    if (named(seen)) return 'seen';
    if (named(own)) return scripted ? 'documented' : 'recorded';
    return scripted?.features.includes(name) ? 'documented' : 'none';
  });
  const cells = marks.map((mark) => MARKS[mark]);
  return `| ${link(agent)} | ${versions(agent, scripted)} | ${cells.join(' | ')} |`;
}

/** `{ "why": "…", "features": […] }`; undefined for an agent that runs under test. */
function documented(agent) {
  const found = json(`test/agents/${agent}/documented.json`);
  return found && { features: [], ...found };
}

/** Every feature named in the titles of a folder's tests. */
function titles(folder, wanted) {
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.test.ts') && wanted(file))
    .flatMap((file) => [...read(`${folder}/${file}`).matchAll(/\[feature: ([^\]]+)\]/g)])
    .flatMap(([, features]) => features.split(', '));
}

function versions(agent, scripted) {
  const own = pinned.filter((program) => program.agent === agent);
  if (own.length > 0)
    return own.map(({ version, always }) => (always ? version : `${version} (\`--all\`)`)).join(', ');
  return scripted?.why ?? 'recordings';
}

function link(agent) {
  const adapter =
    pinned.find((program) => program.agent === agent)?.adapter ?? documented(agent)?.adapter ?? agent;
  return existsSync(join(root, `docs/agents/${adapter}.md`)) ? `[${agent}](${adapter}.md)` : agent;
}

function write() {
  const before = read(page);
  const [start, end] = ['<!-- table:start -->', '<!-- table:end -->'];
  const from = before.indexOf(start);
  const to = before.indexOf(end);
  if (from < 0 || to < from) fail(`${page} has no place for the table`);
  const after = `${before.slice(0, from + start.length)}\n${table}\n${before.slice(to)}`;
  if (!process.argv.includes('--check')) writeFileSync(join(root, page), after);
  else if (after !== before) fail(`${page} is out of date; run: node scripts/agents-table.mjs`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
