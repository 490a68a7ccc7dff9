// npm test: build, types, lint, tests. Prints what each said when it failed, and one line of counts at the end.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const folder = mkdtempSync(join(tmpdir(), 'cc-test-'));
const report = join(folder, 'vitest.json');

/** Runs one step; its output is shown at once, or only on failure when quiet. */
function step(name, command, args, { quiet = false } = {}) {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.on('close', (code) => {
      if (code !== 0 && quiet) process.stdout.write(Buffer.concat(output));
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name} (${seconds} s)`);
      resolve(code === 0);
    });
  });
}

/** Passed and failed tests as vitest counted them; a run that died counts as one failure. */
function counts(ok) {
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    // A file that could not be loaded has no failed test of its own.
    const failed = numFailedTests || (ok ? 0 : Math.max(1, numFailedTestSuites));
    return { passed: numPassedTests, failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

const steps = [];
steps.push(await step('build', process.execPath, ['scripts/build.mjs'], { quiet: true }));
steps.push(await step('typecheck', bin('tsc'), ['--noEmit', '-p', 'tsconfig.json'], { quiet: true }));
steps.push(await step('lint', bin('biome'), ['check', '--error-on-warnings', '.'], { quiet: true }));
const tested = await step('tests', bin('vitest'), [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);
const { passed, failed } = counts(tested);
rmSync(folder, { recursive: true, force: true });
const total = {
  passed: passed + steps.filter(Boolean).length,
  failed: failed + steps.filter((ok) => !ok).length,
};
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
