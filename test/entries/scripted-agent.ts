import { runScriptedClaude } from '../sim/agent/claude-program.ts';

runScriptedClaude(process.argv.slice(2));
