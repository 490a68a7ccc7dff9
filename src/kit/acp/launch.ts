import { childEnvironment } from '../child-environment.ts';
import type { AcpPreset, ModelLaunch, ModelSource } from './preset.ts';

/** How the agent's program is started for one conversation. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The wanted model or mode is already part of the start, so the session need not be told. */
  readonly modelGiven: boolean;
  readonly modeGiven: boolean;
}

/** What a start is made of; see `AcpAgentConfig`. */
export interface LaunchParts {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly preset?: AcpPreset;
  readonly source?: ModelSource;
}

/**
 * Puts together a start. Precedence of the environment, low to high: the preset's defaults, the session, what the
 * preset makes of the model source, the configuration; but the daemon's own `CC_` variables stay.
 */
export function launchOf(
  parts: LaunchParts,
  base: Readonly<Record<string, string>>,
  wanted: { readonly model?: string | undefined; readonly mode?: string | undefined },
): Launch {
  const { model, mode = '' } = wanted;
  const { preset } = parts;
  const source = model === undefined ? { ...parts.source } : { ...parts.source, model };
  const given = preset?.model?.(source) ?? {};
  const bare = preset?.model?.({ ...source, model: undefined }) ?? {};
  return {
    command: parts.command,
    args: [...parts.args, ...(preset?.modeArgs?.[mode] ?? []), ...(given.args ?? [])],
    env: childEnvironment({ ...preset?.env, ...base }, [
      set(given.env),
      preset?.modeEnv?.[mode] ?? {},
      parts.env,
    ]),
    modeGiven: preset?.modeArgs !== undefined,
    modelGiven: source.model !== undefined && JSON.stringify(bare) !== JSON.stringify(given),
  };
}

function set(env: ModelLaunch['env'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** What any program needs; the daemon's own environment also holds secrets that are no business of an agent. */
const ORDINARY =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TERM|TMPDIR|TEMP|TMP|TZ|XDG_.*|(HTTPS?|NO|ALL)_PROXY|SYSTEMROOT|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|USERPROFILE|PROGRAM.*)$/i;

/** An environment for questions outside of a conversation. */
export function ordinaryEnvironment(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && ORDINARY.test(name)) found[name] = value;
  }
  return found;
}
