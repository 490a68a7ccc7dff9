// Writes the tables of docs/agents/claudecode.md from the tests: which feature is proved where, and what the
// transcript holds after a kill. Usage: node scripts/agent-checklist.mjs [--check]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, 'docs/agents/claudecode.md');
const read = (path) => readFileSync(join(root, path), 'utf8');

const before = readFileSync(page, 'utf8');
const after = put(put(before, 'checklist', checklist()), 'transcript', transcript());
if (process.argv.includes('--check')) {
  if (after !== before)
    fail('docs/agents/claudecode.md is out of date; run: node scripts/agent-checklist.mjs');
} else writeFileSync(page, after);

/** Tests register what they prove in their titles: `[feature: one, another] what happens`. */
function checklist() {
  const how = JSON.parse(read('test/agents/claudecode/features.json'));
  const tests = new Map(Object.keys(how).map((feature) => [feature, []]));
  for (const folder of ['test/agents/claudecode', 'test/real']) {
    for (const file of readdirSync(join(root, folder)).filter((name) => name.endsWith('.test.ts'))) {
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
  }
  for (const [feature, proofs] of tests) if (proofs.length === 0) fail(`no test proves "${feature}"`);
  const rows = [...tests].map(
    ([feature, proofs]) => `| ${feature} | ${cell(how[feature])} | ${proofs.map(cell).join('<br>')} |`,
  );
  return ['| Feature | How | Tests |', '|---|---|---|', ...rows].join('\n');
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

function put(text, name, table) {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) fail(`docs/agents/claudecode.md has no place for the ${name}`);
  return `${text.slice(0, from + start.length)}\n${table}\n${text.slice(to)}`;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\\n', ' ');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
