import { commandOf, workDirOf } from '../../kit/command-line.ts';
import { type OptionReader, type RawOptions, readAgentOptions } from '../../kit/option-reader.ts';

export const OPTIONS = [
  'work_dir',
  'command',
  'cmd',
  'cli_path',
  'args',
  'socket',
  'session',
  'target',
  'pane',
  'auto_create',
  'window_per_session',
  'init_command',
  'shell',
  'env',
  'prompt_pattern',
  'busy_pattern',
  'poll_interval_ms',
  'settle_ms',
  'quiet_ms',
  'startup_wait_ms',
  'strip_patterns',
  'strip_input_block',
  'interrupt_keys',
  'submit_key',
  'submit_delay_ms',
  'history_limit',
  'width',
  'height',
  'keep_pane',
] as const;

type Option = (typeof OPTIONS)[number];
type Options = OptionReader<Option>;

/** Options of the `tmux` agent, read from `[projects.agent.options]`. */
export interface TmuxOptions {
  /** Absolute. @default the base directory */
  readonly workDir: string;
  /** The tmux program. @default "tmux" */
  readonly command: string;
  readonly args: readonly string[];
  /** Name (`-L`) or path (`-S`) of the server's socket; the person's usual server otherwise. */
  readonly socket: string | undefined;
  /** Session to find or create. */
  readonly session: string;
  /** Pane to attach to: `%5`, `window`, `window.pane`, or a whole target `session:window.pane`. */
  readonly pane: string | undefined;
  /** Creates what is missing. @default true, unless `target` names somebody's pane */
  readonly autoCreate: boolean;
  /** A window of its own for every conversation. @default false */
  readonly windowPerSession: boolean;
  /** The program to talk to, in panes that are created here. */
  readonly initCommand: string | undefined;
  /** Shell of created panes. @default tmux's `default-shell` */
  readonly shell: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** A line that says that the program waits for input. Otherwise the line at the cursor is learnt. */
  readonly promptPattern: RegExp | undefined;
  /** While it matches a line of the screen, the turn goes on. */
  readonly busyPattern: RegExp | undefined;
  /** @default 200 */
  readonly pollMs: number;
  /** Silence with the prompt in sight that ends a turn. @default 800 */
  readonly settleMs: number;
  /** Silence that ends a turn where no prompt is known; with `prompt_pattern` only if it is set. */
  readonly quietMs: number | undefined;
  /** How long a created program may take to be ready. @default 10000 */
  readonly startupMs: number;
  /** Lines that are no answer: spinners, status lines. */
  readonly stripPatterns: readonly RegExp[];
  /** Removes the echo of what was typed, and what stands unchanged below the answer. @default true */
  readonly stripInputBlock: boolean;
  /** Keys, as tmux names them, that stop a running turn. @default ["C-c"] */
  readonly interruptKeys: readonly string[];
  /** Key that submits what was typed. @default "Enter" */
  readonly submitKey: string;
  /** Pause between text and submit key; some programs take a key that follows at once as part of a paste. @default 150 */
  readonly submitDelayMs: number;
  /** Lines a created pane remembers. @default 50000 */
  readonly historyLimit: number;
  /** Columns and rows of created windows. @default 200 × 50 */
  readonly size: { readonly width: number; readonly height: number };
  /** A pane created here outlives the daemon. Otherwise it ends with the conversation's process. @default true */
  readonly keepPane: boolean;
}

/** Spinners of braille dots, and the status lines of well-known terminal agents. */
const STRIP_DEFAULT: readonly RegExp[] = [
  /^\s*[\u2801-\u28ff]/,
  /\besc to (?:interrupt|cancel)\b/i,
  /⏵⏵.*\(shift\+tab to cycle\)/,
];

/** Parses the open options record; throws `OptionsError`. */
export function parseOptions(raw: RawOptions, baseDir: string): TmuxOptions {
  return readAgentOptions(OPTIONS, raw, (options) => {
    const program = commandOf(options);
    const target = options.text('target');
    const session = options.text('session');
    if (target === undefined && session === undefined)
      options.wrong('session', 'is missing: it names the tmux session (or set "target" to an existing pane)');
    const pane = paneOf(options);
    const promptPattern = pattern(options, 'prompt_pattern');
    const quietMs = options.whole('quiet_ms', 1);
    return {
      workDir: workDirOf(options, baseDir),
      command: program?.command ?? 'tmux',
      args: program?.args ?? options.texts('args') ?? [],
      socket: options.text('socket'),
      session: session ?? '',
      pane: target ?? pane,
      autoCreate: options.flag('auto_create') ?? target === undefined,
      windowPerSession: options.flag('window_per_session') ?? false,
      initCommand: options.text('init_command'),
      shell: options.text('shell'),
      env: options.table('env'),
      promptPattern,
      busyPattern: pattern(options, 'busy_pattern'),
      pollMs: options.whole('poll_interval_ms', 20) ?? 200,
      settleMs: options.whole('settle_ms', 0) ?? 800,
      quietMs: quietMs ?? (promptPattern ? undefined : 5_000),
      startupMs: options.whole('startup_wait_ms', 0) || 10_000,
      stripPatterns: patterns(options, 'strip_patterns') ?? STRIP_DEFAULT,
      stripInputBlock: options.flag('strip_input_block') ?? true,
      interruptKeys: keys(options, 'interrupt_keys') ?? ['C-c'],
      submitKey: keys(options, 'submit_key')?.[0] ?? 'Enter',
      submitDelayMs: options.whole('submit_delay_ms', 0) ?? 150,
      historyLimit: options.whole('history_limit', 100) ?? 50_000,
      size: { width: options.whole('width', 20) ?? 200, height: options.whole('height', 5) ?? 50 },
      keepPane: options.flag('keep_pane') ?? true,
    };
  });
}

/** `pane = 0` is a number as TOML writes it. */
function paneOf(options: Options): string | undefined {
  const value = options.value('pane');
  return typeof value === 'number' ? String(value) : options.text('pane');
}

function pattern(options: Options, key: Option): RegExp | undefined {
  const source = options.text(key);
  return source === undefined ? undefined : compile(options, source, key);
}

function patterns(options: Options, key: Option): RegExp[] | undefined {
  const value = options.value(key);
  const list = typeof value === 'string' ? [value] : options.texts(key);
  return list?.flatMap((source) => compile(options, source, key) ?? []);
}

/** Case-folding may be written in front, as other languages have it: `(?i)`. */
function compile(options: Options, source: string, key: Option): RegExp | undefined {
  const folded = source.startsWith('(?i)');
  const plain = folded ? source.slice(4) : source;
  try {
    return new RegExp(plain, folded ? 'iu' : 'u');
  } catch {
    return compileLoosely(options, plain, folded ? 'i' : '', key);
  }
}

/** Go's syntax allows escapes of plain characters (`\$`, `\#`), which the Unicode mode does not. */
function compileLoosely(options: Options, source: string, flags: string, key: Option): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    return options.wrong(key, `is no regular expression: ${(cause as Error).message}`);
  }
}

function keys(options: Options, key: Option): string[] | undefined {
  const names = options.texts(key, /\s+/);
  if (names === undefined || (names.length > 0 && names.every((name) => KEY.test(name)))) return names;
  return options.wrong(key, 'must name keys as tmux does, e.g. "Escape" or "C-c"');
}

const KEY = /^(?:[CMS]-)*(?:[!-~]|[A-Za-z][A-Za-z0-9]+)$/;
