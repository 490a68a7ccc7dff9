import { join } from 'node:path';
import type { Agent, AgentContext, AgentDefinition } from '../../core/agent.ts';
import { AcpAgent } from '../../kit/acp/agent.ts';
import { envOption, workDirOf } from '../../kit/command-line.ts';
import { demoCommand } from './locate.ts';
import { MEMORY_VARIABLE } from './memory.ts';

/** The built-in demo agent, for a first look without any agent installed. Options: `work_dir`, `env`. */
function create(options: Readonly<Record<string, unknown>>, context: AgentContext): Agent {
  return new AcpAgent(
    {
      type: 'demo',
      label: 'Demo agent',
      ...demoCommand(),
      env: { [MEMORY_VARIABLE]: join(context.cacheDir, 'demo-agent'), ...envOption(options, 'env') },
      workDir: workDirOf(options, context.baseDir),
      // It has no use for instructions, and would show them as what the person wrote.
      capabilities: { systemPrompt: true },
    },
    context,
  );
}

export const definition: AgentDefinition = { type: 'demo', binaries: [], create };
