import { resolve } from 'node:path';
import { expandHome, workDirOf } from '../../kit/command-line.ts';
import { modeOption } from '../../kit/modes.ts';
import { type OptionReader, type RawOptions, readAgentOptions } from '../../kit/option-reader.ts';
import { MODES } from './modes.ts';

export const OPTIONS = [
  'work_dir',
  'cmd',
  'command',
  'cli_path',
  'args',
  'env',
  'mode',
  'model',
  'reasoning_effort',
  'effort',
  'allowed_tools',
  'disallowed_tools',
  'system_prompt',
  'append_system_prompt',
  'plugin_dir',
  'router_url',
  'router_api_key',
  'cmd_args_flag',
  'cli_args_flag',
  'allow_root_bypass',
] as const;

type Options = OptionReader<(typeof OPTIONS)[number]>;

/** Options of the `claudecode` agent, read from `[projects.agent.options]`. */
export interface ClaudeCodeOptions {
  /** Absolute. @default the base directory */
  readonly workDir: string;
  /** Program and leading arguments. @default ["claude"] */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** @default "default" */
  readonly mode: string;
  readonly model: string | undefined;
  readonly effort: string | undefined;
  readonly allowedTools: readonly string[];
  readonly disallowedTools: readonly string[];
  /** Replaces the CLI's own system prompt. */
  readonly systemPrompt: string | undefined;
  readonly appendSystemPrompt: string | undefined;
  readonly pluginDirs: readonly string[];
  /** Claude Code Router or another gateway. */
  readonly routerUrl: string | undefined;
  readonly routerApiKey: string | undefined;
  /** Flag by which a wrapper program takes the inner arguments as one shell-quoted string. */
  readonly argsFlag: string | undefined;
  /** Lets the `bypassPermissions` mode run as root. @default false */
  readonly allowRootBypass: boolean;
}

/** Parses the open options record; throws `OptionsError`. */
export function parseOptions(raw: RawOptions, baseDir: string): ClaudeCodeOptions {
  return readAgentOptions(OPTIONS, raw, (options) => {
    const olderFlag = options.text('cli_args_flag');
    return {
      workDir: workDirOf(options, baseDir),
      command: commandOf(options),
      args: options.texts('args', /\s+/) ?? [],
      env: options.table('env'),
      mode: modeOption(options, MODES, 'default'),
      model: options.text('model'),
      effort: effortOf(options),
      allowedTools: options.texts('allowed_tools', ',') ?? [],
      disallowedTools: options.texts('disallowed_tools', ',') ?? [],
      systemPrompt: options.text('system_prompt'),
      appendSystemPrompt: options.text('append_system_prompt'),
      pluginDirs: pluginDirs(options).map((dir) => resolve(baseDir, expandHome(dir))),
      routerUrl: options.text('router_url'),
      routerApiKey: options.text('router_api_key'),
      argsFlag: options.text('cmd_args_flag') ?? olderFlag,
      allowRootBypass: options.flag('allow_root_bypass') ?? false,
    };
  });
}

/** The efforts the CLI knows. */
const EFFORTS: Readonly<Record<string, string>> = {
  low: 'low',
  med: 'medium',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'max',
};

/** The CLI's name for an effort; undefined when it has none. */
export function effortNamed(name: string): string | undefined {
  return EFFORTS[name.trim().toLowerCase()];
}

function effortOf(options: Options): string | undefined {
  const key = (['reasoning_effort', 'effort'] as const).find((one) => options.word(one) !== undefined);
  if (key === undefined) return undefined;
  const effort = effortNamed(options.word(key) ?? '');
  return effort ?? options.wrong(key, `must be one of ${[...new Set(Object.values(EFFORTS))].join(', ')}`);
}

/** `cmd` is a list, or a string split at spaces outside quotes; the other names are older spellings. */
function commandOf(options: Options): readonly string[] {
  const keys = ['cmd', 'command', 'cli_path'] as const;
  const key = keys.find((name) => ![undefined, ''].includes(options.value(name) as string));
  if (key === undefined) return ['claude'];
  const given = options.value(key);
  const [program, ...rest] = (typeof given === 'string' ? splitWords(given) : options.texts(key)) ?? [];
  if (program === undefined) options.wrong(key, 'must be a program, as text or a list of texts');
  return [expandHome(program ?? ''), ...rest];
}

function splitWords(value: string): string[] {
  const words = value.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

/** One folder, or a list of them. */
function pluginDirs(options: Options): readonly string[] {
  const value = options.value('plugin_dir');
  const dirs = typeof value === 'string' ? [value] : (options.texts('plugin_dir') ?? []);
  return dirs.map((dir) => dir.trim()).filter((dir) => dir !== '');
}
