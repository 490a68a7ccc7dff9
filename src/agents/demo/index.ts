import { join } from 'node:path';
import type { Agent, AgentContext, AgentDefinition } from '../../core/agent.ts';
import { AcpAgent } from '../../kit/acp/agent.ts';
import { workDirOf } from '../../kit/command-line.ts';
import { type RawOptions, readAgentOptions } from '../../kit/option-reader.ts';
import { demoCommand } from './locate.ts';
import { MEMORY_VARIABLE } from './memory.ts';

const OPTIONS = ['work_dir', 'env'] as const;

/** The built-in demo agent, for a first look without any agent installed. */
function create(raw: RawOptions, context: AgentContext): Agent {
  const { env, workDir } = readAgentOptions(OPTIONS, raw, (options) => ({
    env: options.table('env'),
    workDir: workDirOf(options, context.baseDir),
  }));
  return new AcpAgent(
    {
      type: 'demo',
      label: 'Demo agent',
      ...demoCommand(),
      env: { [MEMORY_VARIABLE]: join(context.cacheDir, 'demo-agent'), ...env },
      workDir,
      // It has no use for instructions, and would show them as what the person wrote.
      capabilities: { systemPrompt: true },
    },
    context,
  );
}

export const definition: AgentDefinition = { type: 'demo', binaries: [], options: OPTIONS, create };
