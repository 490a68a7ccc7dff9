// Writes the tables of docs/agents/<agent>.md from the tests: which feature is proved where, and for Claude Code what the
// transcript holds after a kill. Every agent with a features.json has them.
// Usage: node scripts/agent-checklist.mjs [--check] [agent …]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentPrograms, ownerOf } from '../test/real/programs.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (path) => readFileSync(join(root, path), 'utf8');
const all = readdirSync(join(root, 'test/agents')).filter((agent) =>
  existsSync(join(root, `test/agents/${agent}/features.json`)),
);
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

for (const agent of named.length > 0 ? named : all) {
  const page = `docs/agents/${agent}.md`;
  const before = read(page);
  const listed = put(page, before, 'checklist', checklist(agent));
  const after = agent === 'claudecode' ? put(page, listed, 'transcript', transcript()) : listed;
  if (!process.argv.includes('--check')) writeFileSync(join(root, page), after);
  else if (after !== before) fail(`${page} is out of date; run: node scripts/agent-checklist.mjs`);
}

/** Tests register what they prove in their titles: `[feature: one, another] what happens`. */
function checklist(agent) {
  const how = JSON.parse(read(`test/agents/${agent}/features.json`));
  const tests = new Map(Object.keys(how).map((feature) => [feature, []]));
  for (const [folder, file] of testFiles(agent)) {
    for (const [, features, title] of read(`${folder}/${file}`).matchAll(
      /\[feature: ([^\]]+)\]\s*([^'"`\n]*)/g,
    )) {
      const what = `${folder.replace('test/', '')}/${file.replace('.test.ts', '')}${title ? `: ${title.trim()}` : ''}`;
      for (const feature of features.split(', ')) {
        if (!tests.has(feature)) fail(`${file} proves "${feature}", which features.json does not explain`);
        tests.get(feature).push(what);
      }
    }
  }
  for (const [feature, proofs] of tests) if (proofs.length === 0) fail(`no test proves "${feature}"`);
  const rows = [...tests].map(
    ([feature, proofs]) => `| ${feature} | ${cell(how[feature])} | ${proofs.map(cell).join('<br>')} |`,
  );
  return ['| Feature | How | Tests |', '|---|---|---|', ...rows].join('\n');
}

/** The agent's own folder, and the files over the real CLIs that its adapter drives. */
function testFiles(agent) {
  const driven = new Set(
    agentPrograms()
      .filter((program) => (program.adapter ?? program.agent) === agent)
      .map((program) => program.agent),
  );
  const real = readdirSync(join(root, 'test/real')).filter((file) => driven.has(ownerOf(file)));
  const own = readdirSync(join(root, `test/agents/${agent}`));
  return [
    ...own.map((file) => [`test/agents/${agent}`, file]),
    ...real.map((file) => ['test/real', file]),
  ].filter(([, file]) => file.endsWith('.test.ts'));
}

/** From what the real CLI was seen to leave behind (test/real/claudecode-transcript.test.ts). */
function transcript() {
  const all = JSON.parse(read('test/real/claudecode-transcript.json'));
  const stages = {
    waiting: 'before the first word of the answer',
    text: 'during the text',
    approval: 'while an approval is open',
    tool: 'while a tool runs',
    result: 'at the moment of the result',
    settled: 'half a second after the result',
  };
  const rows = [];
  for (const [stage, words] of Object.entries(stages)) {
    for (const killed of ['daemon', 'cli']) {
      const cells = ['2.1.329', '2.1.197'].map((version) => {
        const found = all.filter(
          (row) => row.version === version && row.stage === stage && row.killed === killed,
        );
        const tool =
          stage === 'approval' || stage === 'tool'
            ? (row) => `; tool ${row.made ? 'ran' : 'did not run'}`
            : () => '';
        return [...new Set(found.map((row) => cell(`${row.settled}${tool(row)}`)))].join(' or ');
      });
      rows.push(`| ${words} | ${killed === 'cli' ? 'the CLI' : 'the daemon'} | ${cells.join(' | ')} |`);
    }
  }
  return ['| Killed | Who | 2.1.329 | 2.1.197 |', '|---|---|---|---|', ...rows].join('\n');
}

function put(page, text, name, table) {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) fail(`${page} has no place for the ${name}`);
  return `${text.slice(0, from + start.length)}\n${table}\n${text.slice(to)}`;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\\n', ' ');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
