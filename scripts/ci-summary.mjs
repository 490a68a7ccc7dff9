// Adds up lines `N passed, N failed` from the log files named as arguments; a log without one counts as one failure.
// Prints the sum as one line; exit code 1 when anything failed.
import { readFileSync } from 'node:fs';

const sum = { passed: 0, failed: 0 };
for (const file of process.argv.slice(2)) {
  const last = [...read(file).matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  sum.passed += last ? Number(last[1]) : 0;
  sum.failed += last ? Number(last[2]) : 1;
  if (!last) console.log(`${file}: no summary line; the step did not finish`);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    console.log(`${file}: ${error.code}`);
    return '';
  }
}

console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed === 0 ? 0 : 1;
