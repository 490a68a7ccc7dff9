import type { Agent, AgentContext, AgentDefinition } from '../../core/agent.ts';
import { AcpAgent } from '../../kit/acp/agent.ts';
import {
  booleanOption,
  commandOf,
  envOption,
  invalid,
  stringOption,
  workDirOf,
} from '../../kit/command-line.ts';

/**
 * Any agent that speaks the Agent Client Protocol on its stdio.
 *
 * Options: `command` (or `cmd`; string or list), `args`, `env`, `auth_method`, `display_name`, `mode`, `model`,
 * `client_fs` (@default false), `work_dir`.
 */
function create(options: Readonly<Record<string, unknown>>, context: AgentContext): Agent {
  const program = commandOf(options);
  if (program === undefined) throw invalid('command', 'is missing: it names the program that speaks ACP');
  return new AcpAgent(
    {
      type: 'acp',
      label: stringOption(options, 'display_name') ?? 'ACP agent',
      ...program,
      env: { ...envOption(options, 'env'), ...context.provider?.env },
      workDir: workDirOf(options, context.baseDir),
      authMethod: stringOption(options, 'auth_method'),
      mode: stringOption(options, 'mode'),
      model: stringOption(options, 'model') ?? context.provider?.model,
      files: booleanOption(options, 'client_fs'),
    },
    context,
  );
}

export const definition: AgentDefinition = { type: 'acp', binaries: [], create };
