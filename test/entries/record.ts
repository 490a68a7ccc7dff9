import { fileURLToPath } from 'node:url';
import { recordClaudeCode } from '../record/claudecode.ts';

/**
 * Makes the recordings that the unit tests replay anew, from the real CLIs.
 * Usage: npm run record -- claudecode (after `npm run test:agents` has installed them)
 */
const which = process.argv[2];
if (which === 'claudecode') {
  await recordClaudeCode(fileURLToPath(new URL('../../test/agents/claudecode/recordings/', import.meta.url)));
} else {
  console.error('Usage: npm run record -- claudecode');
  process.exitCode = 1;
}
