import {
  booleanOption,
  commandOf,
  envOption,
  invalid,
  stringOption,
  workDirOf,
} from '../../kit/command-line.ts';

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

type Raw = Readonly<Record<string, unknown>>;

/** Spinners of braille dots, and the status lines of well-known terminal agents. */
const STRIP_DEFAULT: readonly RegExp[] = [
  /^\s*[\u2801-\u28ff]/,
  /\besc to (?:interrupt|cancel)\b/i,
  /⏵⏵.*\(shift\+tab to cycle\)/,
];

/** Parses the open options record; throws `options_invalid` naming the key. */
export function parseOptions(raw: Raw, baseDir: string): TmuxOptions {
  const program = commandOf({ command: raw.command ?? raw.cmd, args: raw.args });
  const target = filled(raw, 'target');
  const session = filled(raw, 'session');
  if (target === undefined && session === undefined)
    throw invalid('session', 'is missing: it names the tmux session (or set "target" to an existing pane)');
  const promptPattern = pattern(raw, 'prompt_pattern');
  return {
    workDir: workDirOf(raw, baseDir),
    command: program?.command ?? 'tmux',
    args: program?.args ?? [],
    socket: filled(raw, 'socket'),
    session: session ?? '',
    pane: target ?? paneOf(raw),
    autoCreate: booleanOption(raw, 'auto_create') ?? target === undefined,
    windowPerSession: booleanOption(raw, 'window_per_session') ?? false,
    initCommand: filled(raw, 'init_command'),
    shell: filled(raw, 'shell'),
    env: envOption(raw, 'env'),
    promptPattern,
    busyPattern: pattern(raw, 'busy_pattern'),
    pollMs: amount(raw, 'poll_interval_ms', 200, 20),
    settleMs: amount(raw, 'settle_ms', 800, 0),
    quietMs: raw.quiet_ms === undefined && promptPattern ? undefined : amount(raw, 'quiet_ms', 5_000, 1),
    startupMs: amount(raw, 'startup_wait_ms', 0, 0) || 10_000,
    stripPatterns: patterns(raw, 'strip_patterns') ?? STRIP_DEFAULT,
    stripInputBlock: booleanOption(raw, 'strip_input_block') ?? true,
    interruptKeys: keys(raw, 'interrupt_keys') ?? ['C-c'],
    submitKey: keys(raw, 'submit_key')?.[0] ?? 'Enter',
    submitDelayMs: amount(raw, 'submit_delay_ms', 150, 0),
    historyLimit: amount(raw, 'history_limit', 50_000, 100),
    size: { width: amount(raw, 'width', 200, 20), height: amount(raw, 'height', 50, 5) },
    keepPane: booleanOption(raw, 'keep_pane') ?? true,
  };
}

/** `pane = 0` is a number as TOML writes it. */
function paneOf(raw: Raw): string | undefined {
  return typeof raw.pane === 'number' ? String(raw.pane) : filled(raw, 'pane');
}

function filled(raw: Raw, key: string): string | undefined {
  return stringOption(raw, key) || undefined;
}

function amount(raw: Raw, key: string, fallback: number, least: number): number {
  const value = raw[key];
  if (value === undefined) return fallback;
  const whole = typeof value === 'bigint' ? Number(value) : value;
  if (typeof whole !== 'number' || !Number.isInteger(whole) || whole < least)
    throw invalid(key, `must be a whole number of at least ${least}`);
  return whole;
}

function pattern(raw: Raw, key: string): RegExp | undefined {
  const source = filled(raw, key);
  return source === undefined ? undefined : compile(source, key);
}

function patterns(raw: Raw, key: string): RegExp[] | undefined {
  const value = raw[key];
  if (value === undefined) return undefined;
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string'))
    throw invalid(key, 'must be a list of regular expressions');
  return list.map((source) => compile(source, key));
}

/** Case-folding may be written in front, as other languages have it: `(?i)`. */
function compile(source: string, key: string): RegExp {
  const folded = source.startsWith('(?i)');
  try {
    return new RegExp(folded ? source.slice(4) : source, folded ? 'iu' : 'u');
  } catch {
    return compileLoosely(folded ? source.slice(4) : source, folded ? 'i' : '', key);
  }
}

/** Go's syntax allows escapes of plain characters (`\$`, `\#`), which the Unicode mode does not. */
function compileLoosely(source: string, flags: string, key: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw invalid(key, `is no regular expression: ${(cause as Error).message}`);
  }
}

function keys(raw: Raw, key: string): string[] | undefined {
  const value = raw[key];
  if (value === undefined) return undefined;
  const list = typeof value === 'string' ? value.split(/\s+/) : value;
  const valid = Array.isArray(list) && list.length > 0 && list.every((name) => KEY.test(String(name)));
  if (!valid) throw invalid(key, 'must name keys as tmux does, e.g. "Escape" or "C-c"');
  return list as string[];
}

const KEY = /^(?:[CMS]-)*(?:[!-~]|[A-Za-z][A-Za-z0-9]+)$/;
