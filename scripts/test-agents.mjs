// Installs the pinned agent CLIs (test/real/programs.json) into .cache/agents and runs the suite over them; prints one
// line of counts at the end.
// Usage: npm run test:agents [-- [--all] [--agent TYPE]… [vitest arguments]]
//   --all         also the CLIs that are too heavy for every run
//   --agent TYPE  only the tests of this agent (files of test/real whose names begin with it)
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  agentPrograms,
  folderOf,
  ownerOf,
  pathOf,
  programs,
  UNDER_TEST,
  underTest,
  untested,
} from '../test/real/programs.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { all, agents, rest } = readArguments(process.argv.slice(2));
const pinned = agentPrograms();
const chosen = pinned.filter(({ agent, always }) =>
  agents.length > 0 ? agents.includes(agent) : all || always,
);
for (const agent of agents) {
  if (!pinned.some((one) => one.agent === agent)) {
    const known = [...new Set(pinned.map((one) => one.agent))].join(', ');
    console.error(`test-agents: no CLI is pinned for "${agent}"; pinned are ${known}`);
    process.exit(2);
  }
}
for (const program of chosen) {
  const needed = programs().find((one) => one.package === program.needs);
  if (needed) install(needed);
  install(program);
}

const reports = mkdtempSync(join(tmpdir(), 'cc-agents-'));
const report = join(reports, 'report.json');
const args = ['vitest', 'run', '--config', 'test/real/vitest.config.ts', '--reporter=default'];
args.push('--reporter=json', `--outputFile.json=${report}`, ...testFiles(), ...rest);
const env = { ...process.env, [UNDER_TEST]: underTest(chosen) };
const { status } = spawnSync('npx', args, { cwd: root, env, stdio: 'inherit' });
const { passed, failed } = counts(status === 0);
rmSync(reports, { recursive: true, force: true });
const skipped = untested(chosen);
if (skipped.length > 0 && agents.length === 0)
  console.log(`NOT TESTED in this run: ${skipped.join(', ')} (npm run test:agents -- --all)`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function readArguments(argv) {
  const agents = [];
  const rest = [];
  for (let at = 0; at < argv.length; at += 1) {
    if (argv[at] === '--agent') agents.push(argv[(at += 1)]);
    else if (argv[at] !== '--all') rest.push(argv[at]);
  }
  return { all: argv.includes('--all'), agents, rest };
}

/** A test file belongs to the agent whose type its name begins with; those of no agent always run. */
function testFiles() {
  const wanted = new Set(chosen.map(({ agent }) => agent));
  return readdirSync(join(root, 'test/real'))
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => {
      const owner = ownerOf(file);
      return owner === undefined ? agents.length === 0 : wanted.has(owner);
    })
    .map((file) => `test/real/${file}`);
}

/** A run that died, or a file that could not be loaded, counts as one failure. */
function counts(ok) {
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests || (ok ? 0 : Math.max(1, numFailedTestSuites)) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** Install scripts stay off: the programs are in their packages and need none. */
function install(program) {
  const { package: name, version } = program;
  const folder = folderOf(program);
  if (works(program)) return;
  console.log(`installing ${name}@${version} …`);
  mkdirSync(folder, { recursive: true });
  const flags = [
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--ignore-scripts',
    '--loglevel=error',
  ];
  const result = spawnSync('npm', ['install', ...flags, `${name}@${version}`], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (result.status === 0 && works(program)) return;
  console.error(`FAILED: ${name}@${version} could not be installed, so the real agents were not tested.`);
  process.exit(1);
}

/**
 * A program that needs another Node is not run here, and one that others drive over ACP may not tell its version: that
 * the package has the right one is enough.
 */
function works(program) {
  if (program.needs === undefined && program.adapter === undefined) {
    const result = spawnSync(pathOf(program), ['--version'], { encoding: 'utf8' });
    return result.status === 0 && `${result.stdout}${result.stderr}`.includes(program.version);
  }
  try {
    const own = join(folderOf(program), 'node_modules', program.package, 'package.json');
    return JSON.parse(readFileSync(own, 'utf8')).version === program.version;
  } catch {
    return false;
  }
}
