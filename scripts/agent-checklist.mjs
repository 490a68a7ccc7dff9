// Writes the tables of docs/agents/<agent>.md from the tests: which feature is proved where, and for Claude Code what the
// transcript holds after a kill. Every agent with a features.json has them.
// Usage: node scripts/agent-checklist.mjs [--check] [agent …]
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { agentPrograms, ownerOf } from '../test/real/programs.mjs';
import { cell, checklist, chosen, put, read, settle, testsIn } from './checklist.mjs';

const agents = fileURLToPath(new URL('../test/agents', import.meta.url));
const all = readdirSync(agents).filter((agent) => existsSync(`${agents}/${agent}/features.json`));

for (const agent of chosen(all)) {
  const page = `docs/agents/${agent}.md`;
  const how = JSON.parse(read(`test/agents/${agent}/features.json`));
  const listed = put(page, read(page), 'checklist', checklist(how, testFiles(agent)));
  const whole = agent === 'claudecode' ? put(page, listed, 'transcript', transcript()) : listed;
  settle(page, whole, 'agent-checklist.mjs');
}

/** The agent's own folder, and the files over the real CLIs that its adapter drives. */
function testFiles(agent) {
  const driven = new Set(
    agentPrograms()
      .filter((program) => (program.adapter ?? program.agent) === agent)
      .map((program) => program.agent),
  );
  const real = testsIn('test/real').filter(([, file]) => driven.has(ownerOf(file)));
  return [...testsIn(`test/agents/${agent}`), ...real];
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
