/** The command line of the real CLI, as far as it matters to the scripted one. */
export interface ClaudeArguments {
  readonly version: boolean;
  readonly resume: string | undefined;
  readonly sessionId: string | undefined;
  readonly mode: string;
  readonly model: string;
  readonly partial: boolean;
  readonly replay: boolean;
  readonly asks: boolean;
  readonly allowed: readonly string[];
  readonly unknown: string | undefined;
}

const VALUED = new Set([
  '--output-format',
  '--input-format',
  '--permission-prompt-tool',
  '--permission-mode',
  '--resume',
  '--session-id',
  '--model',
  '--effort',
  '--allowedTools',
  '--disallowedTools',
  '--plugin-dir',
  '--system-prompt',
  '--system-prompt-file',
  '--append-system-prompt',
  '--append-system-prompt-file',
  '--max-context-tokens',
  '--mcp-config',
  '--add-dir',
]);
const PLAIN = new Set([
  '--verbose',
  '--include-partial-messages',
  '--replay-user-messages',
  '--fork-session',
  '--allow-dangerously-skip-permissions',
  '--dangerously-skip-permissions',
  '-p',
  '--print',
  '--version',
  '-v',
]);

export function parseArguments(argv: readonly string[]): ClaudeArguments {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  let unknown: string | undefined;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (VALUED.has(word)) values.set(word, argv[++at] ?? '');
    else if (PLAIN.has(word)) flags.add(word);
    else if (word.startsWith('-')) unknown ??= word;
  }
  return {
    version: flags.has('--version') || flags.has('-v'),
    resume: values.get('--resume'),
    sessionId: values.get('--session-id'),
    mode: values.get('--permission-mode') ?? 'default',
    model: values.get('--model') ?? 'scripted-model',
    partial: flags.has('--include-partial-messages'),
    replay: flags.has('--replay-user-messages'),
    asks: values.get('--permission-prompt-tool') === 'stdio',
    allowed: (values.get('--allowedTools') ?? '').split(',').filter((name) => name !== ''),
    unknown,
  };
}
