// Installs the pinned agent CLIs into .cache/agents and runs the suite over them; prints one line of counts at the end.
// Usage: npm run test:agents [-- <vitest arguments>]
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const platform = `${process.platform}-${process.arch}`;
const targets = {
  'linux-x64': 'x86_64-unknown-linux-musl',
  'linux-arm64': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
};

for (const version of ['2.1.329', '2.1.197']) {
  install('@anthropic-ai/claude-code', version, `@anthropic-ai/claude-code-${platform}/claude`);
}
install('@openai/codex', '0.169.0', `@openai/codex-${platform}/vendor/${targets[platform]}/bin/codex`);

const report = join(root, '.cache', 'agents', 'report.json');
rmSync(report, { force: true });
const args = ['vitest', 'run', '--config', 'test/real/vitest.config.ts', '--reporter=default'];
args.push('--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2));
const { status } = spawnSync('npx', args, { cwd: root, stdio: 'inherit' });
const { passed, failed } = counts(status === 0);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** A run that died, or a file that could not be loaded, counts as one failure. */
function counts(ok) {
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests || (ok ? 0 : Math.max(1, numFailedTestSuites)) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** Install scripts stay off: the program is in the platform package and needs none. */
function install(name, version, path) {
  const folder = join(root, '.cache', 'agents', `${name.split('/').at(-1)}-${version}`);
  const program = join(folder, 'node_modules', path);
  if (works(program, version)) return;
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
  if (result.status === 0 && works(program, version)) return;
  console.error(`FAILED: ${name}@${version} could not be installed, so the real agents were not tested.`);
  process.exit(1);
}

function works(program, version) {
  const result = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return result.status === 0 && result.stdout.includes(version);
}
