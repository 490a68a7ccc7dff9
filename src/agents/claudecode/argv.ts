import type { SessionSpec } from '../../core/agent.ts';
import type { ClaudeCodeOptions } from './options.ts';

/** Files that carry long texts; argv is limited in length and visible to everyone. */
export interface PromptFiles {
  readonly append: string | undefined;
  readonly replace: string | undefined;
}

export interface Settings {
  readonly mode: string;
  readonly model: string | undefined;
  readonly effort: string | undefined;
}

/** Program and arguments of a session. */
export function commandLine(
  options: ClaudeCodeOptions,
  spec: Pick<SessionSpec, 'resume' | 'allowedTools'>,
  settings: Settings,
  files: PromptFiles,
): { readonly command: string; readonly args: readonly string[] } {
  const [command = 'claude', ...leading] = options.command;
  const inner = innerArguments(options, spec, settings, files);
  if (options.argsFlag === undefined) return { command, args: [...leading, ...options.args, ...inner] };
  return { command, args: [...leading, ...options.args, options.argsFlag, inner.map(shellQuoted).join(' ')] };
}

function innerArguments(
  options: ClaudeCodeOptions,
  spec: Pick<SessionSpec, 'resume' | 'allowedTools'>,
  settings: Settings,
  files: PromptFiles,
): string[] {
  const args = ['--output-format', 'stream-json', '--input-format', 'stream-json'];
  // Without --verbose the CLI refuses stream-json; without stdio prompts nothing is ever asked.
  args.push(
    '--verbose',
    '--permission-prompt-tool',
    'stdio',
    '--include-partial-messages',
    '--replay-user-messages',
  );
  if (settings.mode !== 'default') args.push('--permission-mode', settings.mode);
  if (spec.resume !== undefined) args.push('--resume', spec.resume);
  const allowed = [...new Set([...options.allowedTools, ...spec.allowedTools])];
  if (allowed.length > 0) args.push('--allowedTools', allowed.join(','));
  if (options.disallowedTools.length > 0) args.push('--disallowedTools', options.disallowedTools.join(','));
  for (const dir of options.pluginDirs) args.push('--plugin-dir', dir);
  if (files.replace !== undefined) args.push('--system-prompt-file', files.replace);
  if (files.append !== undefined) args.push('--append-system-prompt-file', files.append);
  if (settings.effort !== undefined) args.push('--effort', settings.effort);
  if (settings.model !== undefined) args.push('--model', settings.model);
  return args;
}

function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
