import type { AgentContext, AgentDefinition } from '../../core/agent.ts';
import { booleanOption, commandOf, envOption, invalid, stringOption, workDirOf } from '../command-line.ts';
import { AcpAgent, type AcpAgentConfig } from './agent.ts';
import type { AcpPreset } from './preset.ts';

/** The options every ACP agent has; an adapter with further ones of its own reads those itself. */
export interface AcpParts {
  readonly type: string;
  readonly preset: AcpPreset | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  readonly context: AgentContext;
}

/**
 * The configuration of an ACP agent from its options: `command` (or `cmd`; string or list; needed without a preset),
 * `args`, `env`, `auth_method`, `display_name`, `mode`, `model`, `effort`, `settings` (further session options by
 * id), `client_fs` and `client_terminal` (@default false), `work_dir`. An adapter that offers ACP as one of its
 * backends takes this and changes what it knows better:
 * `new AcpAgent({ ...acpConfig(parts), capabilities: …, store: … }, context)`.
 */
export function acpConfig({ type, preset, options, context }: AcpParts): AcpAgentConfig {
  const { provider } = context;
  const model = stringOption(options, 'model') ?? provider?.model;
  return {
    type,
    label: stringOption(options, 'display_name') ?? preset?.label ?? 'ACP agent',
    ...programOf(options, preset),
    env: { ...envOption(options, 'env'), ...provider?.env },
    workDir: workDirOf(options, context.baseDir),
    ...(preset === undefined ? {} : { preset }),
    source: {
      ...(provider === undefined ? {} : { name: provider.name }),
      ...(provider?.apiKey === undefined ? {} : { apiKey: provider.apiKey }),
      ...(provider?.baseUrl === undefined ? {} : { baseUrl: provider.baseUrl }),
      ...(model === undefined ? {} : { model }),
    },
    models: (provider?.models ?? []).map(({ model, alias }) =>
      alias === undefined ? { id: model } : { id: model, label: alias },
    ),
    authMethod: stringOption(options, 'auth_method'),
    mode: stringOption(options, 'mode'),
    model,
    effort: stringOption(options, 'effort'),
    settings: envOption(options, 'settings'),
    files: booleanOption(options, 'client_fs'),
    terminals: booleanOption(options, 'client_terminal'),
  };
}

/** An agent type of its own that is nothing but a preset. */
export function acpDefinition(type: string, preset: AcpPreset): AgentDefinition {
  return {
    type,
    binaries: [preset.command],
    create: (options, context) => new AcpAgent(acpConfig({ type, preset, options, context }), context),
  };
}

/** The preset's arguments follow a command that does not have them already, unless `args` says which ones count. */
function programOf(
  options: Readonly<Record<string, unknown>>,
  preset: AcpPreset | undefined,
): { command: string; args: readonly string[] } {
  const given = commandOf(options);
  if (preset === undefined) {
    if (given === undefined) {
      throw invalid(
        'command',
        'is missing: it names the program that speaks ACP, unless preset names a known one',
      );
    }
    return given;
  }
  if (given === undefined) {
    const own =
      options.args === undefined ? preset.args : commandOf({ command: 'x', args: options.args })?.args;
    return { command: preset.command, args: own ?? [] };
  }
  const complete = options.args !== undefined || preset.args.every((arg) => given.args.includes(arg));
  return complete ? given : { ...given, args: [...given.args, ...preset.args] };
}
