import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { AppError } from '../../core/errors.ts';
import { findMode } from '../../kit/modes.ts';
import { MODES } from './modes.ts';

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

type Raw = Readonly<Record<string, unknown>>;

/** Parses the open options record; throws `options_invalid` naming the key. */
export function parseOptions(raw: Raw, baseDir: string): ClaudeCodeOptions {
  const command = commandOf(raw);
  return {
    workDir: resolve(baseDir, homePath(stringOf(raw, 'work_dir') ?? '.')),
    command,
    args: listOf(raw, 'args', /\s+/),
    env: mapOf(raw, 'env'),
    mode: modeOf(raw),
    model: stringOf(raw, 'model'),
    effort: effortOf(raw),
    allowedTools: listOf(raw, 'allowed_tools', ','),
    disallowedTools: listOf(raw, 'disallowed_tools', ','),
    systemPrompt: stringOf(raw, 'system_prompt'),
    appendSystemPrompt: stringOf(raw, 'append_system_prompt'),
    pluginDirs: listOf(raw, 'plugin_dir').map((dir) => resolve(baseDir, homePath(dir))),
    routerUrl: stringOf(raw, 'router_url'),
    routerApiKey: stringOf(raw, 'router_api_key'),
    argsFlag: stringOf(raw, 'cmd_args_flag') ?? stringOf(raw, 'cli_args_flag'),
    allowRootBypass: raw.allow_root_bypass === true,
  };
}

/** The efforts the CLI knows; others count as unset, as they always have. */
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

function effortOf(raw: Raw): string | undefined {
  const name = stringOf(raw, 'reasoning_effort') ?? stringOf(raw, 'effort');
  return name === undefined ? undefined : effortNamed(name);
}

function modeOf(raw: Raw): string {
  const name = stringOf(raw, 'mode');
  if (name === undefined) return 'default';
  const mode = findMode(MODES, name);
  if (mode === undefined) throw invalid('mode', `one of ${MODES.map((known) => known.id).join(', ')}`);
  return mode.id;
}

/** `cmd` is a list, or a string split at spaces outside quotes; the other names are older spellings. */
function commandOf(raw: Raw): readonly string[] {
  for (const key of ['cmd', 'command', 'cli_path']) {
    const value = raw[key];
    if (value === undefined || value === '') continue;
    const words = Array.isArray(value)
      ? listOf(raw, key)
      : typeof value === 'string'
        ? splitWords(value)
        : undefined;
    const [program, ...rest] = words ?? [];
    if (program === undefined) throw invalid(key, 'a program, as a string or a list of strings');
    return [homePath(program), ...rest];
  }
  return ['claude'];
}

function splitWords(value: string): string[] {
  const words = value.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

function homePath(path: string): string {
  return path === '~' || path.startsWith('~/') ? homedir() + path.slice(1) : path;
}

function stringOf(raw: Raw, key: string): string | undefined {
  const value = raw[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw invalid(key, 'a string');
  return value;
}

/** A list of strings; a single string is split at `separator`, or is the only member. */
function listOf(raw: Raw, key: string, separator?: string | RegExp): string[] {
  const value = raw[key];
  if (value === undefined || value === null || value === '') return [];
  if (typeof value === 'string') {
    const parts = separator === undefined ? [value] : value.split(separator);
    return parts.map((part) => part.trim()).filter((part) => part !== '');
  }
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw invalid(key, 'a list of strings');
  return value as string[];
}

function mapOf(raw: Raw, key: string): Record<string, string> {
  const value = raw[key];
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid(key, 'a table of strings');
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      if (!['string', 'number', 'boolean'].includes(typeof item)) throw invalid(`${key}.${name}`, 'a string');
      return [name, String(item)];
    }),
  );
}

function invalid(key: string, expected: string): AppError {
  return new AppError('options_invalid', `agent option "${key}" must be ${expected}`, { kind: 'validation' });
}
