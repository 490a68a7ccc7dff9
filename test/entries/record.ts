import { join } from 'node:path';
import { repository } from '../real/programs.mjs';
import { acp } from '../record/acp.ts';
import { recordClaudeCode } from '../record/claudecode.ts';
import { gemini } from '../record/gemini.ts';
import { kimi } from '../record/kimi.ts';
import { opencode } from '../record/opencode.ts';

/**
 * Makes the recordings that the unit tests replay anew, from the real CLIs.
 * Usage: npm run record -- AGENT [SCENARIO…] (after `npm run test:agents -- --agent AGENT` has installed it)
 * `acp/NAME` is an agent that the acp adapter drives.
 */
const AGENTS: Readonly<Record<string, (only: readonly string[]) => Promise<void>>> = {
  claudecode: () => recordClaudeCode(join(repository, 'test/agents/claudecode/recordings')),
  gemini: gemini.record,
  kimi: kimi.record,
  opencode: opencode.record,
  ...Object.fromEntries(Object.entries(acp).map(([name, { record }]) => [`acp/${name}`, record])),
};

const [name = '', ...only] = process.argv.slice(2);
const record = AGENTS[name];
if (record === undefined) {
  console.error(`Usage: npm run record -- AGENT [SCENARIO…]; agents are ${Object.keys(AGENTS).join(', ')}`);
  process.exitCode = 1;
} else {
  await record(only);
}
