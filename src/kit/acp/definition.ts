import type { AgentContext, AgentDefinition } from '../../core/agent.ts';
import { COMMAND_OPTIONS, commandOf, workDirOf } from '../command-line.ts';
import { type OptionReader, readAgentOptions } from '../option-reader.ts';
import { AcpAgent, type AcpAgentConfig } from './agent.ts';
import type { AcpPreset } from './preset.ts';

/** What every ACP agent can be told. */
export const ACP_OPTIONS = [
  ...COMMAND_OPTIONS,
  'work_dir',
  'env',
  'mode',
  'model',
  'reasoning_effort',
  'effort',
  'display_name',
  'auth_method',
  'settings',
  'client_fs',
  'client_terminal',
] as const;

type AcpOptions = OptionReader<(typeof ACP_OPTIONS)[number]>;

/** An adapter with further options of its own reads those itself. */
export interface AcpParts {
  readonly type: string;
  readonly preset: AcpPreset | undefined;
  readonly options: AcpOptions;
  readonly context: AgentContext;
}

/**
 * The configuration of an ACP agent from its options: `command` (or `cmd`; string or list; needed without a preset),
 * `args`, `env`, `auth_method`, `display_name`, `mode`, `model`, `reasoning_effort` (or `effort`), `settings` (further
 * session options by id), `client_fs` and `client_terminal` (@default false), `work_dir`. An adapter that offers ACP as
 * one of its backends takes this and changes what it knows better:
 * `new AcpAgent({ ...acpConfig(parts), capabilities: …, store: … }, context)`.
 */
export function acpConfig({ type, preset, options, context }: AcpParts): AcpAgentConfig {
  const { provider } = context;
  const model = options.text('model') ?? provider?.model;
  return {
    type,
    label: options.text('display_name') ?? preset?.label ?? 'ACP agent',
    ...programOf(options, preset),
    env: { ...options.table('env'), ...provider?.env },
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
    authMethod: options.text('auth_method'),
    mode: options.text('mode'),
    model,
    effort: options.text('reasoning_effort') ?? options.text('effort'),
    settings: options.table('settings'),
    files: options.flag('client_fs'),
    terminals: options.flag('client_terminal'),
  };
}

/** An agent type of its own that is nothing but a preset. */
export function acpDefinition(type: string, preset: AcpPreset): AgentDefinition {
  return {
    type,
    binaries: [preset.command],
    options: ACP_OPTIONS,
    create: (raw, context) => {
      const config = readAgentOptions(ACP_OPTIONS, raw, (options) =>
        acpConfig({ type, preset, options, context }),
      );
      return new AcpAgent(config, context);
    },
  };
}

/** The preset's arguments follow a command that does not have them already, unless `args` says which ones count. */
function programOf(
  options: AcpOptions,
  preset: AcpPreset | undefined,
): { command: string; args: readonly string[] } {
  const given = commandOf(options);
  if (preset === undefined) {
    const named = (['command', 'cmd', 'cli_path'] as const).some((key) => options.value(key) !== undefined);
    if (given === undefined && !named)
      options.wrong(
        'command',
        'is missing: it names the program that speaks ACP, unless preset names a known one',
      );
    return given ?? { command: '', args: [] };
  }
  const args = options.texts('args');
  if (given === undefined) return { command: preset.command, args: args ?? preset.args };
  const complete = args !== undefined || preset.args.every((arg) => given.args.includes(arg));
  return complete ? given : { ...given, args: [...given.args, ...preset.args] };
}
