/** Environment variable with the {@link CompanionConfig} as JSON. */
export const CONFIG_VARIABLE = 'CC_CONNECT_PI';
/** Carries a provider's key. Not one of pi's own names, so that no saved login takes its place. */
export const KEY_VARIABLE = 'PI_CC_CONNECT_API_KEY';
/** The provider that the companion registers. */
export const PROVIDER_ID = 'cc-connect';

/** Title of the companion's own dialogs; the rest of such a dialog is JSON. */
export const PERMISSION_TITLE = 'cc-connect:permission';
/** Entries by which a session file tells which prompt a message was: `data.id`. */
export const PROMPT_ENTRY = 'cc-connect-prompt';
/** Entries that tell where a process took over: what ran before was cut off. */
export const START_ENTRY = 'cc-connect-start';
export const MODE_COMMAND = 'cc-connect-mode';
export const PROMPT_COMMAND = 'cc-connect-prompt';

/** What the companion is told at its start. */
export interface CompanionConfig {
  /** Id of the permission mode. */
  readonly mode: string;
  /** Tools that are not asked about. */
  readonly allowed: readonly string[];
  /** A provider to be registered under {@link PROVIDER_ID}, as pi's `registerProvider` takes it. */
  readonly provider?: object;
  /** The id of the only prompt, where the process runs just one. */
  readonly prompt?: string;
}

/**
 * An extension for pi that is loaded into every process of ours. pi itself asks about nothing, takes providers only
 * from a file of the person's, and its session files do not tell prompts apart; its extensions can do all of that.
 * Plain JavaScript, because pi reads it from a file of its own.
 */
export const COMPANION = `// Written by cc-connect; changes are overwritten.
const READERS = new Set(['read', 'grep', 'find', 'ls']);

function companion(pi) {
  const config = JSON.parse(process.env.${CONFIG_VARIABLE} || '{"mode":"yolo","allowed":[]}');
  let mode = config.mode;
  let prompt = config.prompt;
  const allowed = new Set(config.allowed);

  if (config.provider) pi.registerProvider('${PROVIDER_ID}', config.provider);

  pi.registerCommand('${MODE_COMMAND}', {
    description: 'Used by cc-connect',
    handler: async (name) => {
      mode = name.trim();
    },
  });
  pi.registerCommand('${PROMPT_COMMAND}', {
    description: 'Used by cc-connect',
    handler: async (id) => pi.appendEntry('${PROMPT_ENTRY}', { id: id.trim() }),
  });
  pi.on('session_start', async () => pi.appendEntry('${START_ENTRY}', {}));
  pi.on('before_agent_start', async () => {
    if (prompt) pi.appendEntry('${PROMPT_ENTRY}', { id: prompt });
    prompt = undefined;
  });

  pi.on('tool_call', async (event, ctx) => {
    const { toolName: tool, toolCallId: id, input } = event;
    if (mode === 'yolo' || READERS.has(tool) || allowed.has(tool)) return undefined;
    if (mode === 'plan') return { block: true, reason: 'Only reading is allowed now: make a plan, change nothing.' };
    if (!ctx.hasUI) return { block: true, reason: 'Nobody can be asked for permission here.' };
    const answer = await ctx.ui.input('${PERMISSION_TITLE}', JSON.stringify({ tool, id, input }), { signal: ctx.signal });
    if (answer === 'always') allowed.add(tool);
    if (answer === 'allow' || answer === 'always') return undefined;
    const reason = answer === undefined || answer === 'deny' ? '' : answer.slice('deny:'.length);
    return { block: true, reason: reason === '' ? 'The user denied this.' : 'The user denied this: ' + reason };
  });
}

export { companion as default };
`;
