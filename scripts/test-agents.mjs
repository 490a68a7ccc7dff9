// Installs the pinned agent CLIs into .cache/agents and runs the suite over them.
// Usage: npm run test:agents [-- <vitest arguments>]
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const versions = ['2.1.329', '2.1.197'];

for (const version of versions) install('@anthropic-ai/claude-code', version);
const args = ['vitest', 'run', '--config', 'test/real/vitest.config.ts', ...process.argv.slice(2)];
process.exit(spawnSync('npx', args, { cwd: root, stdio: 'inherit' }).status ?? 1);

/** Install scripts stay off: the program is in the platform package and needs none. */
function install(name, version) {
  const folder = join(root, '.cache', 'agents', `${name.split('/').at(-1)}-${version}`);
  const program = join(folder, 'node_modules', `${name}-${process.platform}-${process.arch}`, 'claude');
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
  return result.status === 0 && result.stdout.startsWith(version);
}
