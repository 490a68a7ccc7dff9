/** One line of a recording: when (ms), which way, and the raw line. */
export interface RecordedLine {
  readonly t: number;
  readonly dir: 'in' | 'out' | 'err';
  readonly line: string;
}

/** Fields that hold the vendor's own texts and lists, and nothing the adapter reads. */
const DROPPED: Readonly<Record<string, readonly string[]>> = {
  init: [
    'tools',
    'slash_commands',
    'terminal_slash_commands',
    'agents',
    'skills',
    'plugins',
    'memory_paths',
    'messaging_socket_path',
  ],
  result: ['subagent_stats', 'model_usage_since_last_result', 'fast_mode_state', 'fast_mode_disabled_reason'],
  reply: [
    'agents',
    'account',
    'available_output_styles',
    'categories',
    'gridRows',
    'effective',
    'feedback_mode',
  ],
};

const LONGEST_TEXT = 600;
/** What vendors write about their commands, models and options is longer than what a model says of a tool call. */
const LONGEST_DESCRIPTION = 80;
/** Lists of an ACP agent, and how much of them is kept. */
const KEPT: Readonly<Record<string, number>> = {
  availableCommands: 4,
  availableModels: 4,
  availableSkillDetails: 0,
  options: 8,
};
const COMMANDS_KEPT = 4;

/** Makes a recorded line small and free of vendor texts. Lines that are no JSON stay as they are. */
export function trimLine(entry: RecordedLine): RecordedLine {
  let message: Record<string, unknown>;
  try {
    message = JSON.parse(entry.line) as Record<string, unknown>;
  } catch {
    return entry;
  }
  if (message.subtype === 'init') drop(message, 'init');
  if (message.type === 'result') drop(message, 'result');
  if (message.type === 'control_response') trimReply(message);
  if (message.type === 'user' && entry.dir === 'out') delete message.tool_use_result_meta;
  return { ...entry, line: JSON.stringify(shorten(message)) };
}

function trimReply(message: Record<string, unknown>): void {
  const outer = message.response as Record<string, unknown> | undefined;
  const body = outer?.response as Record<string, unknown> | undefined;
  if (body === undefined) return;
  drop(body, 'reply');
  if (!Array.isArray(body.commands)) return;
  // The built-in ones are few and plain; the others are described at length.
  const commands = body.commands as { name?: string; description?: string }[];
  const kept = commands.filter(({ name }) => ['compact', 'context', 'clear', 'cost'].includes(name ?? ''));
  body.commands = (kept.length > 0 ? kept : commands)
    .slice(0, COMMANDS_KEPT)
    .map(({ name }) => ({ name, description: '' }));
}

function drop(message: Record<string, unknown>, kind: string): void {
  for (const key of DROPPED[kind] ?? []) delete message[key];
}

/** Long texts lose their end; text and tool results keep what tests compare. */
function shorten(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
  if (Array.isArray(value)) return value.map(shorten);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shorten(less(key, inner))]));
}

function less(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, KEPT[key] ?? value.length);
  const long = key === 'description' && typeof value === 'string' && value.length > LONGEST_DESCRIPTION;
  return long ? '' : value;
}
